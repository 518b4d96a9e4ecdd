"""Read dlib's face recognition weights into numpy: `dlib_face_recognition_resnet_model_v1.dat`.

`convert` makes an ONNX graph of them. This module imports neither dlib nor the package that carries
the file. The format is dlib's own serialisation (docs/adr/0008-onnx.md).

A file is accepted only when it is consumed to the last byte and contains exactly the number of
floats of this network. Otherwise WeightsError says where reading stopped. `convert` verifies the
order and meaning of the layers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PACKAGE = "face_recognition_models"
NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
FLOATS = 5_614_592

_LOSS = "loss_metric_2"
_INPUT = "input_rgb_image_sized"
_INNERMOST = 3  # the version of the innermost layer
_MAX_NESTING = 1000


def _empty() -> Floats:
    return np.zeros(0, dtype=np.float32)


class WeightsError(ValueError):
    """The file is another one than expected, or incomplete."""


@dataclass(frozen=True, slots=True, repr=False)
class Layer:
    """One layer in forward order; `kind` is dlib's name for it.

    `numbers` of con_4 are filters, kernel (rows, columns), stride (2) and padding (2). Those of
    max_pool_2 and avg_pool_2 are kernel, stride and padding, where a kernel of 0 is the whole
    picture. Those of fc_2 are outputs and inputs. `params` is flat, and empty for layers that have
    none.
    """

    kind: str
    numbers: tuple[int, ...] = ()
    params: Floats = field(default_factory=_empty)


@dataclass(frozen=True, slots=True, repr=False)
class Network:
    """Layers of the network; `means` of R, G and B are subtracted first, `side` is in pixels."""

    means: tuple[float, ...]
    side: int
    layers: tuple[Layer, ...]


def find_weights(name: str = NETWORK) -> Path:
    """Return the path of the installed file `name`.

    The package is found but never imported.

    Raises FileNotFoundError.
    """
    spec = find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place) / "models" / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name} of the package {PACKAGE} is not installed")


def parse_weights(content: bytes) -> Network:
    """Parse the file. Raises WeightsError where it is truncated, padded or another one."""
    reader = _Reader(content)
    depth = _read_head(reader)
    means, side = _read_input(reader)
    layers = []
    while not reader.at_end:
        layers.append(_read_layer(reader))
        if len(layers) == 1:
            reader.integer()  # the innermost layer has one more number
    if len(layers) != depth:
        reader.refuse(f"{len(layers)} layers where {depth} were announced")
    if reader.floats != FLOATS:
        reader.refuse(f"{reader.floats} weights where the network has {FLOATS}")
    return Network(means, side, tuple(layers))


def _read_head(reader: "_Reader") -> int:
    """Read the loss and the version of every layer, and return how many layers follow."""
    reader.expect(1)
    if reader.string() != _LOSS:
        reader.refuse("the network was not trained with loss_metric")
    reader.floating()  # margin
    reader.floating()  # the library's distance threshold, which facepay does not use
    ordinary = 0
    for _ in range(_MAX_NESTING):
        version = reader.integer()
        if version == _INNERMOST:
            return ordinary + 1
        if version not in (1, 2):
            break
        ordinary += version == 2  # tags and skips have version 1 and no content
    reader.refuse("its layers have unknown versions")


def _read_input(reader: "_Reader") -> tuple[tuple[float, ...], int]:
    if reader.string() != _INPUT:
        reader.refuse("its input is not a picture of fixed size")
    means = tuple(reader.floating() for _ in range(3))
    rows, columns = reader.integer(), reader.integer()
    if rows != columns:
        reader.refuse("its input is not square")
    return means, rows


def _read_layer(reader: "_Reader") -> Layer:
    kind = reader.string()
    if kind not in _DETAILS:
        reader.refuse("it has a layer of an unknown kind")
    layer = _DETAILS[kind](reader, kind)
    for _ in range(3):
        reader.boolean()
    for _ in range(3):
        if reader.tensor().size:
            reader.refuse("it is a network in training")
    return layer


def _convolution(reader: "_Reader", kind: str) -> Layer:
    params = reader.tensor()
    numbers = tuple(reader.integer() for _ in range(7))
    reader.alias(2)
    reader.multipliers(4)
    return Layer(kind, numbers, params)


def _affine(reader: "_Reader", kind: str) -> Layer:
    params = reader.tensor()
    reader.alias(2)
    reader.integer()  # mode: convolutional everywhere in this network
    return Layer(kind, (), params)


def _pooling(reader: "_Reader", kind: str) -> Layer:
    return Layer(kind, tuple(reader.integer() for _ in range(6)))


def _matrix(reader: "_Reader", kind: str) -> Layer:
    numbers = (reader.integer(), reader.integer())
    params = reader.tensor()
    reader.alias(2)
    reader.integer()  # bias mode; `convert` verifies by the size that there is no bias
    reader.multipliers(4)
    return Layer(kind, numbers, params)


_DETAILS: dict[str, Callable[["_Reader", str], Layer]] = {
    "con_4": _convolution,
    "affine_": _affine,
    "max_pool_2": _pooling,
    "avg_pool_2": _pooling,
    "fc_2": _matrix,
    "relu_": lambda _reader, kind: Layer(kind),
    "add_prev_": lambda _reader, kind: Layer(kind),
}


class _Reader:
    """Reads dlib's primitive values one after the other."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0
        self.floats = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._content)

    def refuse(self, why: str) -> NoReturn:
        raise WeightsError(f"not dlib's face recognition weights: {why} (byte {self._at})")

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._content):
            self.refuse("it breaks off")
        taken = self._content[self._at : end]
        self._at = end
        return taken

    def integer(self) -> int:
        """Read a byte with length and sign, and then the magnitude."""
        (head,) = self._take(1)
        length = head & 0x0F
        if length > 8 or head & 0x70:
            self.refuse("an integer is malformed")
        magnitude = int.from_bytes(self._take(length), "little")
        return -magnitude if head & 0x80 else magnitude

    def expect(self, version: int) -> None:
        if self.integer() != version:
            self.refuse(f"a part has another version than {version}")

    def size(self) -> int:
        size = self.integer()
        if not 0 <= size <= len(self._content):
            self.refuse("a length is impossible")
        return size

    def floating(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        if abs(exponent) > 1000 or abs(mantissa) > 2**53:
            self.refuse("a number is malformed")
        return float(mantissa * 2.0**exponent)

    def boolean(self) -> bool:
        character = self._take(1)
        if character not in (b"0", b"1"):
            self.refuse("a truth value is malformed")
        return character == b"1"

    def string(self) -> str:
        return self._take(self.size()).decode("ascii", errors="replace")

    def tensor(self) -> Floats:
        """Read a tensor as a flat array; its stored shape adds nothing to that of the layer."""
        self.expect(2)
        count = 1
        for _ in range(4):
            count *= self.size()
        values = np.frombuffer(self._take(4 * count), dtype="<f4")
        if not np.isfinite(values).all():
            self.refuse("a weight is not a finite number")
        self.floats += count
        return values

    def alias(self, count: int) -> None:
        """Skip views into a tensor: their shapes follow from the layer's numbers."""
        for _ in range(count):
            self.expect(1)
            for _ in range(4):
                self.size()

    def multipliers(self, count: int) -> None:
        """Skip the learning rates of the parts, which only training needs."""
        for _ in range(count):
            self.floating()
