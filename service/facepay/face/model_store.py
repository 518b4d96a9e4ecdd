"""Find and add embedding networks: those that ship with facepay, and those that an operator added.

An added network is `NAME.toml` (the card) and the file that the card names, in one directory. A
file is verified by the SHA-256 in its card every time it is loaded. The store refuses a network
that does not run, whose output is not as its card says, or that keeps numbers in another file. It
never overwrites an added network, even when two are added at once.

The store downloads nothing. It judges neither accuracy (`calibration` measures it) nor licences:
the card names the licence, and the operator has read it.
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
    """The network is missing or not as its card says; the message says which and why."""


class ModelStore:
    """Store of networks. `directory` holds the added ones, and is None where there are none."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory

    def cards(self) -> list[ModelCard]:
        """Return all cards, shipped ones first. Raises CardError on a damaged one."""
        shipped = (files("facepay.face.models") / "cards").iterdir()
        texts = [card.read_text(encoding="utf-8") for card in sorted(shipped, key=str)]
        if self._directory is not None and self._directory.is_dir():
            added = sorted(self._directory.glob("*.toml"))
            texts += [_read_text(card) for card in added]
        return [parse_card(text) for text in texts]

    def card(self, name: str) -> ModelCard:
        """Return the card of this name. Raises ModelError where there is none, and CardError."""
        for card in self.cards():
            if card.name == name:
                return card
        known = ", ".join(card.name for card in self.cards())
        raise ModelError(f"there is no model {name}; known models are: {known}")

    def embedder(self, name: str = DEFAULT) -> Embedder:
        """Return the embedder of the network `name`, which is loaded at its first use.

        Raises ModelError or CardError.
        """
        card = self.card(name)
        return Embedder(card, Network(lambda: self._load(card)))

    def add(self, file: Path, text: str) -> ModelCard:
        """Verify a network and store it with its card.

        `file` is the network, and `text` the card as TOML.

        Raises CardError or ModelError; then nothing is stored.
        """
        card = parse_card(text)
        if self._directory is None:
            raise ModelError("no directory for models is set: set FACEPAY_MODELS")
        if card.format == DLIB or card.name in {known.name for known in self.cards()}:
            raise ModelError(f"a model {card.name} exists already, or ships with facepay")
        content = _read(file, card)
        require_self_contained(card.name, content)
        _require_running(card, content)
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The card is written last, because a file without a card is not a model. The same network
        # under another card shares its file.
        _store(self._directory / card.file, content)
        _store(self._directory / f"{card.name}.toml", text.encode())
        return card

    def verify(self, card: ModelCard) -> None:
        """Verify that the file is the one of the card and runs. Raises ModelError."""
        _require_running(card, self._load(card))

    def _load(self, card: ModelCard) -> bytes:
        if card.format == DLIB:
            weights = find_weights(card.file)
            _read(weights, card)
            return model_cache.load_model(card.precision, weights=weights)
        if self._directory is None:
            raise ModelError(
                f"{card.file} is missing: no directory for models is set (FACEPAY_MODELS)"
            )
        content = _read(self._directory / card.file, card)
        require_self_contained(card.name, content)
        return content


def _read_text(card: Path) -> str:
    try:
        return card.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CardError(f"{card.name} is not UTF-8 text") from None


def _read(file: Path, card: ModelCard) -> bytes:
    return read_network(file, name=card.name, expected_sha256=card.sha256)


def read_network(file: Path, *, name: str, expected_sha256: str) -> bytes:
    """Read the file of the card `name`, and verify its SHA-256.

    Raises ModelError where it cannot be read, is larger than 1 GiB, or has another SHA-256.
    """
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
    """Run the network on two grey chips, and check the shape of its output."""
    embedder = Embedder(card, Network(lambda: content))
    side = card.input.side
    chips = [np.full((side, side, 3), grey, dtype=np.uint8) for grey in (96, 160)]
    try:
        embedder.describe_fused(chips)
    except Exception as error:  # onnxruntime has no common base for what it raises
        raise ModelError(f"{card.name} does not run: {type(error).__name__}") from None


def require_self_contained(name: str, content: bytes) -> None:
    """Require that the whole network is in this file, because the card has no other SHA-256.

    Raises ModelError.
    """
    # Imported here, because only added networks need the onnx package.
    import onnx

    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # protobuf raises errors of its own
        raise ModelError(f"{name} does not run: {type(error).__name__}") from None
    if _has_external_data(model, onnx.TensorProto):
        raise ModelError(f"{name} keeps a part of its network in another file")


def _has_external_data(message: Any, tensor: type[Any]) -> bool:
    """Return whether a tensor of the graph, of a nested graph or of a function says so."""
    if isinstance(message, tensor):
        return bool(message.data_location or message.external_data)
    nested = (value for field, value in message.ListFields() if field.type == field.TYPE_MESSAGE)
    return any(
        _has_external_data(each, tensor)
        for value in nested
        for each in ([value] if hasattr(value, "ListFields") else value)
    )


def _store(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all. Raises ModelError where another one is there."""
    with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", suffix=".part") as part:
        part.write(content)
        part.flush()
        try:
            os.link(part.name, path)
        except FileExistsError:
            if path.read_bytes() != content:
                raise ModelError(
                    f"another file {path.name} exists already; it is not replaced"
                ) from None
