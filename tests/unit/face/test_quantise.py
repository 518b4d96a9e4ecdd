"""Only a sound network is quantised: the service never caches one that cannot run."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from facepay.face.models.quantise import activations, quantise

FILTERS, DIMENSIONS = 4, 2


def network(promised: int = DIMENSIONS) -> bytes:
    """Make a network of one convolution, with `promised` dimensions in its declared output."""
    rng = np.random.default_rng(1)
    values = {
        "filters": rng.normal(size=(FILTERS, 3, 3, 3)),
        "bias": rng.normal(size=FILTERS),
        "matrix": rng.normal(size=(FILTERS, DIMENSIONS)),
    }
    nodes = [
        helper.make_node("Transpose", ["chips"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["planes"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["pixels", "filters", "bias"], ["conv"]),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("GlobalAveragePool", ["relu"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "matrix"], ["descriptors"]),
    ]
    chips = helper.make_tensor_value_info("chips", TensorProto.UINT8, ["N", 8, 8, 3])
    found = helper.make_tensor_value_info("descriptors", TensorProto.FLOAT, ["N", promised])
    constants = [numpy_helper.from_array(np.float32(each), name) for name, each in values.items()]
    graph = helper.make_graph(nodes, "small", [chips], [found], constants)
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    return bytes(model.SerializeToString())


def described(model: bytes, chips: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["descriptors"], {"chips": chips})[0])


def test_the_quantised_network_describes_as_the_whole_one_does() -> None:
    chips = np.random.default_rng(2).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    ranges = dict.fromkeys(activations(network()), (0.0, 2000.0))
    whole, small = described(network(), chips), described(quantise(network(), ranges), chips)
    assert np.abs(small - whole).max() < 0.03 * np.abs(whole).max()


def test_a_network_whose_shapes_contradict_each_other_is_refused() -> None:
    contradictory = network(promised=DIMENSIONS + 1)
    with pytest.raises(onnx.shape_inference.InferenceError, match="Inferred shape"):
        quantise(contradictory, dict.fromkeys(activations(contradictory), (0.0, 2000.0)))


def test_an_activation_without_a_measured_range_is_refused() -> None:
    with pytest.raises(KeyError, match="relu"):
        quantise(network(), {})
