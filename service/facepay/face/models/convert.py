"""Convert dlib's face network to an ONNX graph with the same weights and fewer, faster steps.

Input `chips` is N x 150 x 150 x 3 uint8 RGB, as `embed.Embedder.align` makes them. Output
`descriptors` is N x 128 float32, before scaling to unit length. Every affine layer is folded into
the convolution before it, and `(pixel - mean) / 256` into the first one, in float64. That changes a
descriptor by less than 1e-6.

Rules:

- The layers must come in exactly the order and with the shapes of this network. Otherwise `convert`
  raises WeightsError.
- A change of the graph requires a change of `converted.VERSIONS`.
- While serving, only `model_cache` imports this module, and only without a cached file. Only this
  module and `quantise` need the onnx package for it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from facepay.face.models.converted import INPUT, OUTPUT, VERSIONS
from facepay.face.models.weights import Layer, Network, WeightsError

# Both are from 2022: every onnxruntime since 1.14 reads them, and no newer operator is needed.
_OPSET = 17
_IR_VERSION = 8
_PIXEL_SCALE = 256.0

_STEM = ("con_4", "affine_", "relu_", "max_pool_2")
_PLAIN = ("con_4", "affine_", "relu_", "con_4", "affine_", "add_prev_", "relu_")
_DOWN = ("con_4", "affine_", "relu_", "con_4", "affine_", "avg_pool_2", "add_prev_", "relu_")
_TAIL = ("avg_pool_2", "fc_2")
_BLOCKS = (_PLAIN,) * 3 + (_DOWN, *(_PLAIN,) * 3) + (_DOWN, *(_PLAIN,) * 2) * 2 + (_DOWN,)

Doubles = NDArray[np.float64]


def convert(network: Network) -> bytes:
    """Return the serialised ONNX model.

    Raises WeightsError where the layers are not those of this network.
    """
    expected = sum((_STEM, *_BLOCKS, _TAIL), ())
    if tuple(layer.kind for layer in network.layers) != expected:
        raise WeightsError("the layers do not follow each other as in dlib's face network")
    layers = iter(network.layers)

    def following(kinds: Sequence[str]) -> list[Layer]:
        return [next(layers) for _ in kinds]

    graph = _Graph(network)
    graph.stem(following(_STEM))
    for kinds in _BLOCKS:
        graph.block(following(kinds))
    graph.tail(following(_TAIL))
    model = graph.model()
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


class _Graph:
    """Nodes in the order of their addition; `_shape` is channels, rows and columns by name."""

    def __init__(self, network: Network) -> None:
        self._means = np.array(network.means, dtype=np.float64)
        self._side = network.side
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._shape: dict[str, tuple[int, int, int]] = {}
        self._last = INPUT
        self._outputs = 0

    def stem(self, layers: Sequence[Layer]) -> None:
        conv, affine, _relu, pool = layers
        planes = self._node("Transpose", [INPUT], perm=[0, 3, 1, 2])
        pixels = self._node("Cast", [planes], to=TensorProto.FLOAT)
        self._shape[pixels] = (3, self._side, self._side)
        filters, bias = _fold(conv, affine, channels=3)
        # w * (x - mean) / 256 + b: without padding the mean can be folded into the bias everywhere.
        filters = filters / _PIXEL_SCALE
        bias = bias - np.einsum("fcyx,c->f", filters, self._means)
        seen = self._relu(self._convolve(pixels, conv, filters, bias))
        self._last = self._pool("MaxPool", seen, pool)

    def block(self, layers: Sequence[Layer]) -> None:
        first, first_affine, _relu, second, second_affine, *rest = layers
        before = self._last
        inner = self._relu(self._convolve_folded(before, first, first_affine))
        deep = self._convolve_folded(inner, second, second_affine)
        down = rest[0].kind == "avg_pool_2"
        shortcut = self._pool("AveragePool", before, rest[0]) if down else before
        self._last = self._relu(self._add(deep, shortcut))

    def tail(self, layers: Sequence[Layer]) -> None:
        pool, matrix = layers
        _require(pool.numbers[:2] == (0, 0))
        outputs, inputs = matrix.numbers
        _require(matrix.params.size == outputs * inputs)
        mean = self._node("GlobalAveragePool", [self._last])
        flat = self._node("Flatten", [mean], axis=1)
        weights = self._constant(matrix.params.reshape(inputs, outputs))
        self._nodes.append(helper.make_node("Gemm", [flat, weights], [OUTPUT]))
        self._outputs = outputs

    def model(self) -> onnx.ModelProto:
        side = self._side
        chips = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["N", side, side, 3])
        found = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", self._outputs])
        graph = helper.make_graph(self._nodes, "facepay", [chips], [found], self._constants)
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
            producer_name="facepay",
            producer_version=VERSIONS["fp32"],
        )

    def _node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _relu(self, name: str) -> str:
        shape = self._shape[name]
        made = self._node("Relu", [name])
        self._shape[made] = shape
        return made

    def _convolve_folded(self, name: str, conv: Layer, affine: Layer) -> str:
        filters, bias = _fold(conv, affine, channels=self._shape[name][0])
        return self._convolve(name, conv, filters, bias)

    def _convolve(self, name: str, conv: Layer, filters: Doubles, bias: Doubles) -> str:
        count, *window = conv.numbers
        constants = [self._constant(values.astype(np.float32)) for values in (filters, bias)]
        made = self._node("Conv", [name, *constants], **_window(window))
        self._shape[made] = (count, *self._output_size(name, window))
        return made

    def _pool(self, kind: str, name: str, pool: Layer) -> str:
        made = self._node(kind, [name], **_window(pool.numbers))
        self._shape[made] = (self._shape[name][0], *self._output_size(name, pool.numbers))
        return made

    def _output_size(self, name: str, window: Sequence[int]) -> tuple[int, int]:
        """Return rows and columns of the picture after a window has passed over it."""
        _channels, rows, columns = self._shape[name]
        kernel_y, kernel_x, step_y, step_x, pad_y, pad_x = window
        return (
            (rows + 2 * pad_y - kernel_y) // step_y + 1,
            (columns + 2 * pad_x - kernel_x) // step_x + 1,
        )

    def _add(self, one: str, other: str) -> str:
        shapes = self._shape[one], self._shape[other]
        channels, rows, columns = (max(lengths) for lengths in zip(*shapes, strict=True))
        whole = (channels, rows, columns)
        made = self._node("Add", [self._padded(name, whole) for name in (one, other)])
        self._shape[made] = whole
        return made

    def _padded(self, name: str, whole: tuple[int, int, int]) -> str:
        """Pad the smaller operand of an addition with zeros, as dlib does."""
        missing = [more - less for more, less in zip(whole, self._shape[name], strict=True)]
        if not any(missing):
            return name
        return self._node("Pad", [name, self._constant(np.array([0, 0, 0, 0, 0, *missing]))])


def _window(numbers: Sequence[int]) -> dict[str, list[int]]:
    kernel_y, kernel_x, step_y, step_x, pad_y, pad_x = numbers
    return {
        "kernel_shape": [kernel_y, kernel_x],
        "strides": [step_y, step_x],
        "pads": [pad_y, pad_x, pad_y, pad_x],
    }


def _fold(conv: Layer, affine: Layer, *, channels: int) -> tuple[Doubles, Doubles]:
    """Return filters (filters, channels, rows, columns) and biases of convolution and affine."""
    count, rows, columns = conv.numbers[:3]
    weights = count * channels * rows * columns
    _require(conv.params.size == weights + count)
    _require(affine.params.size == 2 * count)
    filters = conv.params[:weights].astype(np.float64).reshape(count, channels, rows, columns)
    bias = conv.params[weights:].astype(np.float64)
    gamma, beta = affine.params.astype(np.float64).reshape(2, count)
    return filters * gamma[:, None, None, None], bias * gamma + beta


def _require(fits: bool) -> None:
    if not fits:
        raise WeightsError("a layer has another shape than in dlib's face network")
