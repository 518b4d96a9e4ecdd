"""The converted network gives the descriptors of dlib's own.

Equality is shown on the chips of rendered captures and on pictures no network was made for.
"""

import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations
from pathlib import Path

import dlib
import numpy as np
import pytest
from numpy.typing import NDArray

from facepay.adapters.dlib_face import DlibFaceEngine
from facepay.domain.errors import FaceUnavailable
from facepay.face import model_store
from facepay.face.detection.detect import find_faces
from facepay.face.frames.decode import Pixels, to_grey
from facepay.face.model_store import ModelStore
from facepay.face.models import model_cache
from facepay.face.models.converted import INPUT, OUTPUT
from facepay.face.models.landmark_trees import LANDMARKS
from facepay.face.models.session import Network
from facepay.face.models.weights import find_weights
from facepay.face.observe import Observation, SentFrame, observe
from facepay.face.recognition import recognise
from facepay.face.recognition.embed import Embedder
from facepay_rehearsal import bursts
from facepay_rehearsal.renderer.portraits import portrait
from tests.support import dlib_network
from tests.support.renders import rendered

# The package imports pkg_resources, which warns that it is deprecated.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import face_recognition as reference_package

MOST = 1e-5  # what docs/adr/0008-onnx.md promises

LIMIT = 0.30  # about where one stranger in 10,000 begins; the report has the exact place

STEPS = [("turn_left", "turn_right"), ("turn_right", "turn_right")]


def observation(name: str, steps: tuple[str, ...], seed: int) -> Observation:
    shots = rendered(bursts.genuine, name, steps, seed)
    return observe([SentFrame(shot.jpeg, shot.step) for shot in shots], mirrored=False)


@pytest.fixture(scope="module")
def captures() -> list[Observation]:
    return [observation(name, steps, 3) for name in ("eileen", "grace") for steps in STEPS]


@pytest.fixture(scope="module")
def fp32() -> Embedder:
    return ModelStore().embedder("dlib-resnet-v1-fp32")


@pytest.fixture(scope="module")
def int8() -> Embedder:
    return ModelStore().embedder()


@pytest.fixture(scope="module")
def chips(captures: list[Observation], fp32: Embedder) -> Pixels:
    frames = [frame for one in captures for frame in one.seen if frame.near_frontal]
    return np.stack([recognise.take_chip(frame.image, frame.points, fp32) for frame in frames])


def network(precision: str) -> Network:
    return Network(partial(model_cache.load_model, precision))


def run(precision: str, chips: Pixels) -> NDArray[np.float32]:
    return network(precision).run(OUTPUT, {INPUT: chips})


def test_every_descriptor_equals_dlibs(chips: Pixels) -> None:
    assert len(chips) >= 20
    assert np.abs(run("fp32", chips) - dlib_network.run(chips)).max() <= MOST


def test_pictures_that_are_no_faces_are_described_as_dlib_does() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2, 150, 150, 3), np.uint8)
    flat = [np.full((150, 150, 3), grey, np.uint8) for grey in (0, 255)]
    chips = np.stack([*noise, *flat])
    assert np.abs(run("fp32", chips) - dlib_network.run(chips)).max() <= MOST


def test_a_chip_is_cut_as_dlib_cuts_it(fp32: Embedder) -> None:
    picture = portrait("eileen").pixels
    points = np.rint(portrait("eileen").points)
    parts = [dlib.point(int(x), int(y)) for x, y in points]
    shape = dlib.full_object_detection(dlib.rectangle(0, 0, 9, 9), parts)
    assert np.array_equal(
        fp32.align(picture, points), dlib.get_face_chip(picture, shape, 150, 0.25)
    )


def test_face_recognition_describes_a_real_face_the_same_way() -> None:
    """The package that facepay began with is the reference: same picture, place and numbers."""
    picture, box = portrait("grace").pixels, find_faces(to_grey(portrait("grace").pixels))[0]
    left, top, right, bottom = box.corners()
    theirs = reference_package.face_encodings(picture, [(top, right, bottom, left)])[0]
    predictor = dlib.shape_predictor(str(find_weights(LANDMARKS)))
    drawn = predictor(picture, dlib.rectangle(left, top, right, bottom))
    points = np.array([(part.x, part.y) for part in drawn.parts()], dtype=np.float64)
    chip = ModelStore().embedder("dlib-resnet-v1-fp32").align(picture, points)
    assert np.abs(run("fp32", chip[None])[0] - theirs).max() <= MOST


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_models_decide_as_face_recognition_does(
    captures: list[Observation], precision: str, chips: Pixels
) -> None:
    """Every model agrees wherever face_recognition is sure, on same and different faces."""
    theirs = dlib_network.run(chips).astype(np.float64)
    embedder = ModelStore().embedder(f"dlib-resnet-v1-{precision}")
    ours = [embedder.describe_fused(embedder.both_views(chip)) for chip in chips]
    pairs = list(combinations(range(len(chips)), 2))
    same = [bool(np.linalg.norm(theirs[a] - theirs[b]) <= 0.6) for a, b in pairs]
    found = [embedder.distance(ours[a], ours[b]) <= LIMIT for a, b in pairs]
    assert found == same
    assert 0 < sum(same) < len(pairs)


def test_the_quantised_network_is_close_to_the_whole_one(chips: Pixels) -> None:
    whole, quantised = run("fp32", chips), run("int8", chips)
    apart = np.linalg.norm(whole - quantised, axis=1)
    assert apart.max() < 0.1  # two people are 0.6 and more apart in this metric


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_descriptor_does_not_depend_on_its_batch(chips: Pixels, precision: str) -> None:
    # To the last bit: the rehearsal's scan looks for the service's embeddings as bytes.
    net = network(precision)
    together = net.run(OUTPUT, {INPUT: chips[:8]})
    for chip, descriptor in zip(chips[:8], together, strict=True):
        assert np.array_equal(net.run(OUTPUT, {INPUT: chip[None]})[0], descriptor)


def test_the_threads_of_a_worker_do_not_disturb_each_other(chips: Pixels) -> None:
    net = network("int8")
    alone = [net.run(OUTPUT, {INPUT: chips[at : at + 2]}) for at in range(8)]
    with ThreadPoolExecutor(4) as threads:
        found = threads.map(lambda at: net.run(OUTPUT, {INPUT: chips[at : at + 2]}), range(8))
        assert np.array_equal(alone, list(found))


def test_another_model_has_another_name_so_that_its_references_are_never_compared() -> None:
    store = ModelStore()
    assert store.embedder().model != store.embedder("dlib-resnet-v1-fp32").model


def test_a_worker_that_finds_its_model_never_loads_the_onnx_package(cache_home: Path) -> None:
    """The package would slow every worker's start and use memory for as long as it lives."""
    model_cache.load_model("int8")  # kept from here on
    script = """
import sys
import facepay.bootstrap
from facepay.adapters.dlib_face import DlibFaceEngine
from facepay.face.model_store import ModelStore
DlibFaceEngine(ModelStore().embedder()).prepare()
assert "onnx" not in sys.modules
"""
    environment = os.environ | {"XDG_CACHE_HOME": str(cache_home)}
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120, env=environment)


def test_a_forked_worker_has_a_session_of_its_own() -> None:
    script = """
import os, numpy as np
from functools import partial
from facepay.face.models import model_cache
from facepay.face.models.session import Network
net = Network(partial(model_cache.load_model, "int8"))
feed = {"chips": np.full((1, 150, 150, 3), 90, np.uint8)}
here = net.run("descriptors", feed)
child = os.fork()
if not child:
    same = np.array_equal(net.run("descriptors", feed), here)
    os._exit(0 if same and len(net._sessions) == 2 else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=120)


def test_with_foreign_weights_the_face_engine_is_unavailable(
    captures: list[Observation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "foreign.dat"
    foreign.write_bytes(b"not weights")
    monkeypatch.setattr(model_store, "find_weights", lambda _name: foreign)
    with pytest.raises(FaceUnavailable):
        DlibFaceEngine(ModelStore().embedder()).reference(captures[0], bytearray(range(32)))
