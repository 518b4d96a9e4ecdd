"""Quantise the converted network to 8-bit integers: a quarter of the bytes, a third of the time.

It is static quantisation in ONNX's QDQ form. Every convolution, addition and pooling reads and
writes unsigned bytes. Filters are signed and scaled per channel, and biases have 32 bits. The
layers after the last addition (the mean and the matrix) stay in float32.

Rules:

- The ranges of all activations are data (`int8_ranges.json`), measured once by `make int8-ranges`
  on rendered captures of public-domain portraits. Making the model needs no face.
- Filters use 7 bits, -63 to 63. The sum of two products then always fits into 16 bits. A processor
  without VNNI, which adds them in 16 bits, computes the same integers and the same decisions.
- Where a range begins at 0, the lower end of the byte replaces the rectifier, which is left out. A
  change of any number here requires a change of `converted.VERSIONS`.

This module supports the operators of this network and no others.
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
# Operators that stay in float32: the last pooling, and the matrix behind it.
_KEPT = ("GlobalAveragePool", "Flatten", "Gemm")


def shipped_ranges() -> dict[str, tuple[float, float]]:
    """Return the least and greatest value of each activation, by name in the converted graph."""
    text = (files("facepay.face.models") / _RANGES).read_text(encoding="utf-8")
    return {name: (float(low), float(high)) for name, (low, high) in json.loads(text).items()}


def activations(model: bytes) -> list[str]:
    """Return the names of all activations that are computed in bytes and need a range."""
    graph = onnx.load_from_string(model).graph
    rectified = set(_rectified(graph))
    wanted = ("Conv", "Add", "Relu", "MaxPool", "AveragePool", "Pad")
    nodes = [node for node in graph.node if node.op_type in wanted]
    return [node.output[0] for node in nodes if node.output[0] not in rectified]


def quantise(model: bytes, ranges: Ranges) -> bytes:
    """Return the same network in bytes.

    Raises KeyError where an activation has no range, and onnx's InferenceError where shapes
    contradict each other.
    """
    proto = onnx.load_from_string(model)
    quantised = _Quantised(proto.graph, ranges)
    del proto.graph.node[:]
    del proto.graph.initializer[:]
    proto.graph.node.extend(quantised.nodes)
    proto.graph.initializer.extend(quantised.constants)
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString(deterministic=True))


def _rectified(graph: Any) -> dict[str, str]:
    """Map each node's output that only a rectifier reads to the output of the rectifier."""
    return {node.input[0]: node.output[0] for node in graph.node if node.op_type == "Relu"}


class _Quantised:
    """Quantise the nodes in order. Values keep their names; `_scale` is the size of one step."""

    def __init__(self, graph: Any, ranges: Ranges) -> None:
        self._floats = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self._ranges = ranges
        self._rectified = _rectified(graph)
        self._scale: dict[str, float] = {}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        for node in graph.node:
            self._add_node(node)

    def _add_node(self, node: onnx.NodeProto) -> None:
        kind = node.op_type
        if kind == "Relu":
            return  # the bytes of the node before it begin at 0
        if kind == "Transpose" and node.input[0] == INPUT:
            self.nodes.append(node)
        elif kind == "Cast":
            # The pixels are bytes already, with scale 1 and zero at 0.
            self._dequantise(node.input[0], node.output[0], 1.0, 0)
        elif kind in _KEPT:
            self._copy_node(node)
        else:
            self._quantise_node(node)

    def _copy_node(self, node: onnx.NodeProto) -> None:
        self.nodes.append(node)
        for name in node.input:
            if name in self._floats:
                self._constant(name, self._floats[name])

    def _quantise_node(self, node: onnx.NodeProto) -> None:
        (plain,) = node.output
        # The lower end of this node's bytes replaces a rectifier that follows.
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
        """Add filters as signed bytes per channel, and biases in steps of filter times source."""
        weights = self._floats[filters].astype(np.float64)
        largest = np.abs(weights).reshape(len(weights), -1).max(axis=1)
        scales = np.maximum(largest, 1e-12) / _LARGEST_FILTER
        whole = np.rint(weights / scales[:, None, None, None]).astype(np.int8)
        self._add_integers(filters, whole, scales)
        steps = scales * self._scale[source]
        whole_bias = np.rint(self._floats[bias].astype(np.float64) / steps).astype(np.int32)
        self._add_integers(bias, whole_bias, steps)

    def _add_integers(self, name: str, whole: NDArray[Any], scales: NDArray[Any]) -> None:
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


def with_activation_outputs(model: bytes) -> bytes:
    """Return the model with every activation that needs a range as an output."""
    names = activations(model)
    proto = onnx.load_from_string(model)
    del proto.graph.output[:]
    proto.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    return bytes(proto.SerializeToString())
