"""Read model cards: everything that the engine must know about an embedding network, as TOML.

Another network is another file and another card, and no code. A card names the source and licence
of the network, the SHA-256 of its file, the alignment of a face in its input, and the comparison of
two descriptors. `identity` is a digest over the fields that affect a descriptor or its comparison.
Descriptors of two cards with the same identity can be compared; descriptors of different identities
never are.

A card is accepted only as a whole: an unknown or missing field raises a CardError that names it.
This module does not read network files (`model_store` does) and does not run them (`models.session`
does).
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from facepay.face.models.converted import VERSIONS

DEFAULT = "dlib-resnet-v1-int8"
DLIB = "dlib-resnet"  # dlib's own file, which `convert` converts
ONNX = "onnx"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?")
FILE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_TEXT = 100_000
_LARGEST_NUMBER = 1e6
_MOST_PIXELS = 512
_MOST_DIMENSIONS = 4096

_Table = TypeVar("_Table")


class CardError(ValueError):
    """The card cannot be accepted; the message names the field."""


@dataclass(frozen=True, slots=True)
class Input:
    """Input of a network; `side` in pixels. Each channel is fed as (value - mean) / scale."""

    name: str
    side: int
    layout: str  # NHWC | NCHW
    dtype: str  # uint8 | float32
    channels: str  # RGB | BGR
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Output:
    """Output of a network: its name, and the dimensions of a descriptor."""

    name: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """Positions of the five landmarks in the input, (x, y) in pixels, in their usual order."""

    landmarks: str  # dlib-5
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Comparison of unit-length descriptors; `mirrored` averages in that of the mirror image."""

    distance: str  # euclidean | cosine (1 - cosine similarity)
    mirrored: bool


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Card of a network.

    `format` is dlib-resnet (with `precision` fp32 or int8) or onnx (with precision "").
    """

    name: str
    source: str
    licence: str
    file: str
    sha256: str
    format: str
    precision: str
    input: Input
    output: Output
    alignment: Alignment
    comparison: Comparison

    @property
    def identity(self) -> str:
        """Return 64 hex digits over the fields that affect a descriptor or its comparison.

        Name, source, licence and file name do not.
        """
        decisive = asdict(self)
        for label in ("name", "source", "licence", "file"):
            del decisive[label]
        if self.format == DLIB:
            decisive["converter"] = VERSIONS[self.precision]
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def parse_card(text: str) -> ModelCard:
    """Parse the text of a card. Raises CardError with the name of the field."""
    table = read_toml(text)
    table.setdefault("precision", "")
    parts: dict[str, Any] = {
        "input": read_input(read_part(table, "input")),
        "output": read_table(Output, read_part(table, "output"), "output"),
        "alignment": _alignment(read_part(table, "alignment")),
        "comparison": read_table(Comparison, read_part(table, "comparison"), "comparison"),
    }
    card = read_table(ModelCard, {**table, **parts}, "the card")
    _validate(card)
    return card


def read_toml(text: str) -> dict[str, Any]:
    """Parse TOML of limited length. Raises CardError, as every function here that reads a part."""
    if len(text) > _MOST_TEXT:
        raise CardError("the card is too long")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise CardError(f"the card is not TOML: {error}") from None


def read_part(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the table [name]. Raises CardError."""
    found = table.get(name)
    if not isinstance(found, dict):
        raise CardError(f"[{name}] is missing")
    return found


def read_input(table: Mapping[str, Any]) -> Input:
    """Read the table [input]. Raises CardError."""
    triples = {
        name: read_numbers(table.get(name), 3, f"input.{name}") for name in ("mean", "scale")
    }
    return read_table(Input, {**table, **triples}, "input")


def _alignment(table: Mapping[str, Any]) -> Alignment:
    points = table.get("points")
    if not isinstance(points, list) or len(points) != 5:
        raise CardError("alignment.points: five points are needed")
    pairs = tuple(read_numbers(point, 2, "alignment.points") for point in points)
    return read_table(Alignment, {**table, "points": pairs}, "alignment")


def read_numbers(found: object, count: int, where: str) -> tuple[float, ...]:
    """Read a list of exactly `count` numbers. Raises CardError."""
    if not isinstance(found, list) or len(found) != count:
        raise CardError(f"{where}: {count} numbers are needed")
    if not all(type(value) in (int, float) and abs(value) <= _LARGEST_NUMBER for value in found):
        raise CardError(f"{where}: {count} numbers are needed")
    return tuple(float(value) for value in found)


def read_table(kind: type[_Table], table: Mapping[str, Any], where: str) -> _Table:
    """Read all fields, of the right types, and no others. Raises CardError."""
    known = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    for name in table.keys() - known.keys():
        raise CardError(f"{where}: {name} is not a field")
    for name, wanted in known.items():
        if name not in table:
            raise CardError(f"{where}: {name} is missing")
        if wanted in (str, int, bool, float) and not _is_a(table[name], wanted):
            raise CardError(f"{where}: {name} must be a {getattr(wanted, '__name__', wanted)}")
    return kind(**table)


def _is_a(found: object, wanted: object) -> bool:
    if wanted is float:
        return type(found) in (int, float) and abs(found) <= _LARGEST_NUMBER  # type: ignore[arg-type]
    return type(found) is wanted


def _validate(card: ModelCard) -> None:
    least, most = 0.0, float(card.input.side)
    inside = all(least <= value <= most for point in card.alignment.points for value in point)
    allowed_precision = tuple(VERSIONS) if card.format == DLIB else ("",)
    checks = (
        (_NAME.fullmatch(card.name), "name: lower-case letters, digits, dots and hyphens"),
        (card.licence.strip() and card.source.strip(), "source and licence must be named"),
        ((card.licence + card.source).isprintable(), "source and licence: a line of text each"),
        (FILE_NAME.fullmatch(card.file), "file: a file name without a path"),
        (not card.file.endswith((".toml", ".part")), "file: .toml is for cards, .part for none"),
        (SHA256.fullmatch(card.sha256), "sha256: 64 hex digits"),
        (card.format in (DLIB, ONNX), "format: dlib-resnet or onnx"),
        (card.precision in allowed_precision, "precision: fp32 or int8, of dlib-resnet only"),
        (16 <= card.input.side <= _MOST_PIXELS, "input.side: 16 to 512 pixels"),
        (card.input.layout in ("NHWC", "NCHW"), "input.layout: NHWC or NCHW"),
        (card.input.dtype in ("uint8", "float32"), "input.dtype: uint8 or float32"),
        (card.input.channels in ("RGB", "BGR"), "input.channels: RGB or BGR"),
        (all(card.input.scale), "input.scale: not zero"),
        (1 < card.output.dimensions <= _MOST_DIMENSIONS, "output.dimensions: 2 to 4096"),
        (card.alignment.landmarks == "dlib-5", "alignment.landmarks: dlib-5"),
        (inside, "alignment.points: inside of the input"),
        (
            card.comparison.distance in ("euclidean", "cosine"),
            "comparison.distance: euclidean or cosine",
        ),
    )
    for sound, otherwise in checks:
        if not sound:
            raise CardError(otherwise)
