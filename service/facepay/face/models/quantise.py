"""The converted network in 8-bit integers: a quarter of the bytes, a third of the time.

Static quantisation in ONNX's QDQ form: every convolution, addition and pooling takes and gives
unsigned bytes, filters are signed and scaled for each channel on its own, biases are 32 bits. What
follows the last addition (the mean and the matrix) stays in float32.

Rules:
- the ranges of all activations are data (`int8_ranges.json`), measured once by `make int8-ranges`
  on rendered captures of public-domain portraits: no face is needed to make the model;
- filters use 7 bits, -63 to 63. The sum of two products then always fits into 16 bits, so that a
  processor without VNNI, which adds them there, gets the same integers and the same decisions;
- where a range begins at 0, the byte's own lower end does the work of the rectifier, which is left
  out. `converted.VERSIONS` changes with whatever changes a number here.

It knows the operators of this network and no others.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from facepay.face.models.converted import INPUT

Ranges = Mapping[str, tuple[float, float]]

_RANGES = "int8_ranges.json"
_LARGEST_FILTER = 63
_LARGEST_BYTE = 255
# In whole float32: what pools the last picture to numbers, and the matrix behind it.
_KEPT = ("GlobalAveragePool", "Flatten", "Gemm")


def shipped_ranges() -> dict[str, tuple[float, float]]:
    """The least and the greatest value of each activation, by its name in the converted graph."""
    text = (files("facepay.face.models") / _RANGES).read_text(encoding="utf-8")
    return {name: (float(low), float(high)) for name, (low, high) in json.loads(text).items()}


def activations(model: bytes) -> list[str]:
    """The names that need a range: everything that is computed in bytes."""
    graph = onnx.load_from_string(model).graph
    rectified = set(_rectified(graph))
    wanted = ("Conv", "Add", "Relu", "MaxPool", "AveragePool", "Pad")
    nodes = [node for node in graph.node if node.op_type in wanted]
    return [node.output[0] for node in nodes if node.output[0] not in rectified]


def quantise(model: bytes, ranges: Ranges) -> bytes:
    """The same network in bytes. Raises KeyError where an activation has no range."""
    proto = onnx.load_from_string(model)
    quantised = _Quantised(proto.graph, ranges)
    del proto.graph.node[:]
    del proto.graph.initializer[:]
    proto.graph.node.extend(quantised.nodes)
    proto.graph.initializer.extend(quantised.constants)
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString(deterministic=True))


def _rectified(graph: Any) -> dict[str, str]:
    """The output of each node that a rectifier alone reads, and that rectifier's output."""
    return {node.input[0]: node.output[0] for node in graph.node if node.op_type == "Relu"}


class _Quantised:
    """Walks the nodes once; every value keeps its name, `_scale` says how much a step of it is."""

    def __init__(self, graph: Any, ranges: Ranges) -> None:
        self._floats = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self._ranges = ranges
        self._rectified = _rectified(graph)
        self._scale: dict[str, float] = {}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        for node in graph.node:
            self._take(node)

    def _take(self, node: onnx.NodeProto) -> None:
        kind = node.op_type
        if kind == "Relu":
            return  # the bytes of what comes before it begin at 0
        if kind == "Transpose" and node.input[0] == INPUT:
            self.nodes.append(node)
        elif kind == "Cast":
            # The pixels are bytes already: scale 1, zero at 0.
            self._dequantise(node.input[0], node.output[0], 1.0, 0)
        elif kind in _KEPT:
            self._keep(node)
        else:
            self._in_bytes(node)

    def _keep(self, node: onnx.NodeProto) -> None:
        self.nodes.append(node)
        for name in node.input:
            if name in self._floats:
                self._constant(name, self._floats[name])

    def _in_bytes(self, node: onnx.NodeProto) -> None:
        (plain,) = node.output
        # A rectifier that follows is the lower end of this node's bytes.
        name = self._rectified.get(plain, plain)
        if node.op_type == "Conv":
            self._filters(*node.input)
        made = onnx.NodeProto()
        made.CopyFrom(node)
        made.output[0] = f"{name}_float"
        self.nodes.append(made)
        if node.op_type == "Pad":
            self._constant(node.input[1], self._floats[node.input[1]])
        self._quantise(name)

    def _filters(self, source: str, filters: str, bias: str) -> None:
        """Each channel's filters in signed bytes, each bias in steps of filter times source."""
        weights = self._floats[filters].astype(np.float64)
        largest = np.abs(weights).reshape(len(weights), -1).max(axis=1)
        scales = np.maximum(largest, 1e-12) / _LARGEST_FILTER
        whole = np.rint(weights / scales[:, None, None, None]).astype(np.int8)
        self._whole(filters, whole, scales)
        steps = scales * self._scale[source]
        whole_bias = np.rint(self._floats[bias].astype(np.float64) / steps).astype(np.int32)
        self._whole(bias, whole_bias, steps)

    def _whole(self, name: str, whole: NDArray[Any], scales: NDArray[Any]) -> None:
        self._constant(f"{name}_whole", whole)
        self._constant(f"{name}_scale", scales.astype(np.float32))
        self._constant(f"{name}_zero", np.zeros(len(scales), whole.dtype))
        inputs = [f"{name}_whole", f"{name}_scale", f"{name}_zero"]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [name], axis=0))

    def _quantise(self, name: str) -> None:
        low, high = self._ranges[name]
        low, high = min(low, 0.0), max(high, 0.0)
        scale = max(high - low, 1e-12) / _LARGEST_BYTE
        parts = [f"{name}_scale", f"{name}_zero"]
        made = helper.make_node("QuantizeLinear", [f"{name}_float", *parts], [f"{name}_bytes"])
        self.nodes.append(made)
        self._dequantise(f"{name}_bytes", name, scale, round(-low / scale))

    def _dequantise(self, source: str, name: str, scale: float, zero: int) -> None:
        self._constant(f"{name}_scale", np.float32(scale))
        self._constant(f"{name}_zero", np.uint8(zero))
        inputs = [source, f"{name}_scale", f"{name}_zero"]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [name]))
        self._scale[name] = scale

    def _constant(self, name: str, values: Any) -> None:
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))


def measured_inside(model: bytes) -> bytes:
    """The model with every activation that needs a range as an output, for measuring them."""
    names = activations(model)
    proto = onnx.load_from_string(model)
    del proto.graph.output[:]
    proto.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    return bytes(proto.SerializeToString())
