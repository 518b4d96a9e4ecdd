"""An embedding network whose interface differs from dlib's, to test model cards.

Inside it is dlib's own network, so that it really distinguishes people. Outside it looks like
ArcFace-class networks: 112 x 112 BGR planes of float32 in, 512 numbers out, compared by cosine. The
last layer is a fixed random embedding of 128 dimensions in 512, which keeps angles.
"""

from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from facepay.face.model_store import ModelStore
from facepay.face.models import model_cache
from facepay.face.models.converted import INPUT, OUTPUT

SIDE, DIMENSIONS = 112, 512
NAME = "another-network"


def write(directory: Path) -> tuple[Path, Path]:
    """Write the network's file and its card."""
    file, card = directory / "another.onnx", directory / "card.toml"
    file.write_bytes(_network())
    card.write_text(card_text(sha256(file.read_bytes()).hexdigest()))
    return file, card


def card_text(digest: str) -> str:
    scale = SIDE / 150
    shipped = ModelStore().card("dlib-resnet-v1-fp32").alignment.points
    points = ", ".join(f"[{x * scale}, {y * scale}]" for x, y in shipped)
    return f"""
name = "{NAME}"
source = "made for this test"
licence = "CC0-1.0"
file = "another.onnx"
sha256 = "{digest}"
format = "onnx"
[input]
name = "data"
side = {SIDE}
layout = "NCHW"
dtype = "float32"
channels = "BGR"
mean = [127.5, 127.5, 127.5]
scale = [128, 128, 128]
[output]
name = "fc1"
dimensions = {DIMENSIONS}
[alignment]
landmarks = "dlib-5"
points = [{points}]
[comparison]
distance = "cosine"
mirrored = false
"""


def _to_dlib_input() -> list[onnx.NodeProto]:
    """Turn planes of scaled BGR, 112 pixels a side, into dlib's rows of RGB, 150 a side."""
    return [
        helper.make_node("Mul", ["data", "times"], ["scaled"]),
        helper.make_node("Add", ["scaled", "plus"], ["pixels"]),
        helper.make_node("Gather", ["pixels", "to_rgb"], ["rgb"], axis=1),
        helper.make_node("Shape", ["rgb"], ["shape"]),
        helper.make_node("Slice", ["shape", "zero", "one"], ["count"]),
        helper.make_node("Concat", ["count", "rest"], ["wanted"], axis=0),
        helper.make_node("Resize", ["rgb", "", "", "wanted"], ["large"], mode="linear"),
        helper.make_node("Clip", ["large", "least", "most"], ["clipped"]),
        helper.make_node("Round", ["clipped"], ["rounded"]),
        helper.make_node("Transpose", ["rounded"], ["rows"], perm=[0, 2, 3, 1]),
        helper.make_node("Cast", ["rows"], [INPUT], to=TensorProto.UINT8),
    ]


def _network() -> bytes:
    inner = onnx.load_from_string(model_cache.load_model("fp32"))
    graph = inner.graph
    spread, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((DIMENSIONS, 128)))
    constants = {
        "spread": spread.T.astype(np.float32),
        "times": np.float32(128),
        "plus": np.float32(127.5),
        "to_rgb": np.array([2, 1, 0]),
        "least": np.float32(0),
        "most": np.float32(255),
    }
    constants |= {"zero": np.array([0]), "one": np.array([1]), "rest": np.array([3, 150, 150])}
    nodes = [
        *_to_dlib_input(),
        *graph.node,
        helper.make_node("MatMul", [OUTPUT, "spread"], ["fc1"]),
    ]
    made = helper.make_graph(
        nodes,
        "another",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, ["N", DIMENSIONS])],
        [
            *graph.initializer,
            *(numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()),
        ],
    )
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", 17)], ir_version=inner.ir_version
    )
    return bytes(model.SerializeToString())
