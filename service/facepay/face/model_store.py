"""The networks that are there: those that ship with facepay, and those that an operator added.

An added network is `NAME.toml` (the card) and the file that the card names, in one directory. Files
are believed by the SHA-256 in their card, every time they are loaded; a network that does not run,
gives something else than its card promises, or keeps numbers in another file than the one with that
SHA-256, is refused. What was added is never overwritten, also where two are added at once.

It downloads nothing, and it judges neither accuracy (`calibration`) nor licences: the card says the
licence, and the operator has read it.
"""

import os
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

from facepay.face.models import model_cache
from facepay.face.models.cards import DEFAULT, DLIB, CardError, ModelCard, parse_card
from facepay.face.models.session import Network
from facepay.face.models.weights import find_weights
from facepay.face.recognition.embed import Embedder

_MOST_BYTES = 1 << 30


class ModelError(ValueError):
    """The network is not there, or not what its card says; the message says which and why."""


class ModelStore:
    """`directory` holds the added networks; None where there are none."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory

    def cards(self) -> list[ModelCard]:
        """All cards, those that ship first. Raises CardError on a damaged one."""
        shipped = (files("facepay.face.models") / "cards").iterdir()
        texts = [card.read_text(encoding="utf-8") for card in sorted(shipped, key=str)]
        if self._directory is not None and self._directory.is_dir():
            added = sorted(self._directory.glob("*.toml"))
            texts += [_text(card) for card in added]
        return [parse_card(text) for text in texts]

    def card(self, name: str) -> ModelCard:
        """Raises ModelError where there is none of this name."""
        for card in self.cards():
            if card.name == name:
                return card
        known = ", ".join(card.name for card in self.cards())
        raise ModelError(f"there is no model {name}; there are: {known}")

    def embedder(self, name: str = DEFAULT) -> Embedder:
        """The network itself is loaded at the first use. Raises ModelError, CardError."""
        card = self.card(name)
        return Embedder(card, Network(lambda: self._load(card)))

    def add(self, file: Path, text: str) -> ModelCard:
        """Keep a network and its card. Raises CardError, ModelError; then nothing is kept."""
        card = parse_card(text)
        if self._directory is None:
            raise ModelError("no directory for models is set: FACEPAY_MODELS")
        if card.format == DLIB or card.name in {known.name for known in self.cards()}:
            raise ModelError(f"a model {card.name} is there already, or ships with facepay")
        content = _read(file, card)
        require_whole(card.name, content)
        _require_running(card, content)
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The card last: a file without a card is not a model. The same network under another card
        # shares its file.
        _keep(self._directory / card.file, content)
        _keep(self._directory / f"{card.name}.toml", text.encode())
        return card

    def verify(self, card: ModelCard) -> None:
        """The file is the one of the card, and runs. Raises ModelError."""
        _require_running(card, self._load(card))

    def _load(self, card: ModelCard) -> bytes:
        if card.format == DLIB:
            weights = find_weights(card.file)
            _read(weights, card)
            return model_cache.load_model(card.precision, weights=weights)
        if self._directory is None:
            raise ModelError(f"{card.file} is not there")
        content = _read(self._directory / card.file, card)
        require_whole(card.name, content)
        return content


def _text(card: Path) -> str:
    try:
        return card.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CardError(f"{card.name} is not UTF-8 text") from None


def _read(file: Path, card: ModelCard) -> bytes:
    return read_network(file, name=card.name, expected_sha256=card.sha256)


def read_network(file: Path, *, name: str, expected_sha256: str) -> bytes:
    """The file of a card of this name. Raises ModelError."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ModelError(f"{file.name} is larger than 1 GiB")
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file.name} cannot be read: {error.strerror}") from None
    if sha256(content).hexdigest() != expected_sha256:
        raise ModelError(f"{file.name} is not the file of the card {name}: another SHA-256")
    return content


def _require_running(card: ModelCard, content: bytes) -> None:
    """Two grey chips go through; what comes out has the shape the card says."""
    embedder = Embedder(card, Network(lambda: content))
    side = card.input.side
    chips = [np.full((side, side, 3), grey, dtype=np.uint8) for grey in (96, 160)]
    try:
        embedder.fused(chips)
    except Exception as error:  # onnxruntime has no common base for what it raises
        raise ModelError(f"{card.name} does not run: {type(error).__name__}") from None


def require_whole(name: str, content: bytes) -> None:
    """All of the network is in this file: of another one no SHA-256 is known."""
    # Only added networks come here; a worker with one that ships never needs the onnx package.
    import onnx

    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # protobuf's own
        raise ModelError(f"{name} does not run: {type(error).__name__}") from None
    if _points_elsewhere(model, onnx.TensorProto):
        raise ModelError(f"{name} keeps a part of its network in another file")


def _points_elsewhere(message: Any, tensor: type[Any]) -> bool:
    """Whether any tensor says so: of the graph, of graphs within it, of functions."""
    if isinstance(message, tensor):
        return bool(message.data_location or message.external_data)
    nested = (value for field, value in message.ListFields() if field.type == field.TYPE_MESSAGE)
    return any(
        _points_elsewhere(each, tensor)
        for value in nested
        for each in ([value] if hasattr(value, "ListFields") else value)
    )


def _keep(path: Path, content: bytes) -> None:
    """Whole or not at all. Raises ModelError where something else is there."""
    with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", suffix=".part") as part:
        part.write(content)
        part.flush()
        try:
            os.link(part.name, path)
        except FileExistsError:
            if path.read_bytes() != content:
                raise ModelError(f"{path.name} is there already, and another one") from None
