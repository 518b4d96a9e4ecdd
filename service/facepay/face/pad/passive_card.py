"""Read the card of a pack of passive networks, which score a single picture as bona fide or not.

Cards work as in `models.cards`: another pack is another card and other files, and no code. A card
is accepted only as a whole. A file is verified by its SHA-256 each time it is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from facepay.face.models.cards import (
    FILE_NAME,
    SHA256,
    CardError,
    Input,
    Output,
    read_input,
    read_part,
    read_table,
    read_toml,
)

CARD = "passive.toml"
_MOST_NETWORKS = 8


@dataclass(frozen=True, slots=True)
class FaceBox:
    """Box from which the crops are made, in outer-eye widths.

    `below_eyes` is the distance of its middle below the middle of the eyes.
    """

    width: float
    height: float
    below_eyes: float


@dataclass(frozen=True, slots=True)
class PassiveNetwork:
    """One network; `enlarged` is the factor by which its crop exceeds the face's box."""

    file: str
    sha256: str
    enlarged: float


@dataclass(frozen=True, slots=True)
class PassiveCard:
    """Card of a pack.

    `bona_fide` is the index of the output class "bona fide". The scores of the networks are
    averaged.
    """

    name: str
    source: str
    licence: str
    bona_fide: int
    input: Input
    output: Output
    face: FaceBox
    networks: tuple[PassiveNetwork, ...]


def card_for(directory: Path) -> PassiveCard:
    """Read the card beside the files in `directory`, or else the one that ships.

    Raises CardError or OSError.
    """
    own = directory / CARD
    if own.is_file():
        return parse_passive_card(own.read_text(encoding="utf-8", errors="replace"))
    shipped = files("facepay.face.pad") / "cards" / "minifasnet.toml"
    return parse_passive_card(shipped.read_text(encoding="utf-8"))


def parse_passive_card(text: str) -> PassiveCard:
    """Parse a card. Raises CardError with the name of the field."""
    table = read_toml(text)
    networks = table.get("networks")
    if not isinstance(networks, list) or not 1 <= len(networks) <= _MOST_NETWORKS:
        raise CardError(f"[[networks]]: 1 to {_MOST_NETWORKS} are needed")
    parts: dict[str, Any] = {
        "input": read_input(read_part(table, "input")),
        "output": read_table(Output, read_part(table, "output"), "output"),
        "face": read_table(FaceBox, read_part(table, "face"), "face"),
        "networks": tuple(_network(each) for each in networks),
    }
    card = read_table(PassiveCard, {**table, **parts}, "the card")
    _validate(card)
    return card


def _network(table: object) -> PassiveNetwork:
    if not isinstance(table, Mapping):
        raise CardError("[[networks]]: a table each")
    return read_table(PassiveNetwork, table, "networks")


def _validate(card: PassiveCard) -> None:
    checks = (
        (card.source.strip() and card.licence.strip(), "source and licence must be named"),
        ((card.source + card.licence + card.name).isprintable(), "name, source: a line of text"),
        (0 <= card.bona_fide < card.output.dimensions, "bona_fide: one of the output's classes"),
        (16 <= card.input.side <= 512, "input.side: 16 to 512 pixels"),
        ((card.input.layout, card.input.dtype) == ("NCHW", "float32"), "input: NCHW, float32"),
        (card.input.channels in ("RGB", "BGR"), "input.channels: RGB or BGR"),
        (all(card.input.scale), "input.scale: not zero"),
        (card.face.width > 0 and card.face.height > 0, "face: a width and a height above 0"),
        (all(FILE_NAME.fullmatch(net.file) for net in card.networks), "networks.file: a file name"),
        (all(SHA256.fullmatch(net.sha256) for net in card.networks), "networks.sha256: 64 digits"),
        (all(1 <= net.enlarged <= 16 for net in card.networks), "networks.enlarged: 1 to 16"),
    )
    for sound, otherwise in checks:
        if not sound:
            raise CardError(otherwise)
