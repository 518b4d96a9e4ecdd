"""The optional networks: described by a card, verified by digests, absent without files."""

from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from facepay.face.model_store import ModelError
from facepay.face.models.cards import CardError
from facepay.face.observe import Observation
from facepay.face.pad import passive
from facepay.face.pad.passive import PassivePack, open_pack
from facepay.face.pad.passive_card import CARD, parse_passive_card
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.thresholds import thresholds
from tests.support.heads import burst

SHIPPED = (files("facepay.face.pad") / "cards" / "minifasnet.toml").read_text()


def network() -> bytes:
    """Make a network whose score is the share of blue in the crop, 0 to 1."""
    nodes = [
        helper.make_node("ReduceMean", ["bgr"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Div", ["mean", "full"], ["share"]),
        helper.make_node("Gemm", ["share", "mix"], ["prob"]),
    ]
    mix = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], np.float32)  # blue is the class 1
    constants = [
        numpy_helper.from_array(np.float32(255), "full"),
        numpy_helper.from_array(mix, "mix"),
    ]
    given = helper.make_tensor_value_info("bgr", TensorProto.FLOAT, ["n", 3, 80, 80])
    made = helper.make_tensor_value_info("prob", TensorProto.FLOAT, ["n", 3])
    graph = helper.make_graph(nodes, "blue", [given], [made], constants)
    opset = [helper.make_opsetid("", 13)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    return bytes(model.SerializeToString())


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    content = network()
    digest = sha256(content).hexdigest()
    head, _, _ = SHIPPED.partition("[[networks]]")
    card = head + f'[[networks]]\nfile = "blue.onnx"\nsha256 = "{digest}"\nenlarged = 2.7\n'
    (tmp_path / "blue.onnx").write_bytes(content)
    (tmp_path / CARD).write_text(card)
    return tmp_path


def coloured(blue: int) -> Observation:
    stored = BytesIO()
    Image.new("RGB", (640, 480), (20, 20, blue)).save(stored, "PNG")
    pixels = Image.open(stored)
    jpeg = BytesIO()
    pixels.save(jpeg, "JPEG", quality=95)
    observation = burst(("turn_left",))
    for frame in observation.seen:
        frame.image = jpeg.getvalue()
    return observation


def judged(pack: PassivePack | None, blue: int) -> Signal | None:
    return passive.judge(coloured(blue), pack, thresholds().passive)


@pytest.mark.parametrize(
    ("blue", "verdict"), [(230, Verdict.PASS), (130, Verdict.NOT_MEASURABLE), (60, Verdict.FAIL)]
)
def test_the_networks_judge_by_their_card_and_the_thresholds(
    directory: Path, blue: int, verdict: Verdict
) -> None:
    signal = judged(open_pack(directory), blue)
    assert signal is not None
    assert signal.verdict is verdict
    assert signal.score == pytest.approx(blue / 255, abs=0.02)


def test_an_installation_without_networks_has_no_passive_signal() -> None:
    assert judged(None, 10) is None


def test_a_network_of_another_digest_is_refused(directory: Path) -> None:
    (directory / "blue.onnx").write_bytes(network() + b"\0")
    with pytest.raises(ModelError, match="SHA-256"):
        open_pack(directory)


def test_a_folder_without_the_files_of_the_shipped_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        open_pack(tmp_path)


def test_a_network_with_another_output_than_its_card_says_is_refused(directory: Path) -> None:
    model = onnx.load_from_string(network())
    model.graph.initializer[1].CopyFrom(numpy_helper.from_array(np.ones((3, 2), np.float32), "mix"))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 2
    content = model.SerializeToString()
    (directory / "blue.onnx").write_bytes(content)
    card = (directory / CARD).read_text()
    old = sha256(network()).hexdigest()
    (directory / CARD).write_text(card.replace(old, sha256(content).hexdigest()))
    with pytest.raises(ModelError, match="promises"):
        open_pack(directory)


def test_the_shipped_card_is_complete() -> None:
    card = parse_passive_card(SHIPPED)
    assert (card.name, card.licence, len(card.networks)) == ("minifasnet", "Apache-2.0", 2)


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ("bona_fide = 1", "bona_fide = 3"),
        ("bona_fide = 1", "bona_fide = -1"),
        ('layout = "NCHW"', 'layout = "NHWC"'),
        ("enlarged = 2.7", "enlarged = 0.1"),
        ("enlarged = 2.7", ""),
        ("width = 1.55", "width = nan"),
        ("width = 1.55", "width = 0"),
        ('file = "minifasnet_v2', 'file = "../minifasnet_v2'),
        ("[[networks]]", "[[nets]]"),
        ("[face]", "[box]"),
        ('name = "minifasnet"', ""),
        ('name = "minifasnet"', "name = 3"),
    ],
)
def test_an_incomplete_or_malformed_card_is_refused(found: str, instead: str) -> None:
    assert found in SHIPPED
    with pytest.raises(CardError):
        parse_passive_card(SHIPPED.replace(found, instead, 1))
