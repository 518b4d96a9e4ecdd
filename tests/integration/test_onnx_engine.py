"""The converted network against dlib's own, and the cache that keeps it.

Equality is shown on the chips of rendered captures and on pictures no network was made for.
"""

import multiprocessing
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from itertools import combinations
from multiprocessing.synchronize import Barrier
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
from facepay.face.models.weights import WeightsError, find_weights
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


def test_every_descriptor_is_dlibs(chips: Pixels) -> None:
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
    """The package facepay began with is the reference: same picture, same place, same numbers."""
    picture, box = portrait("grace").pixels, find_faces(to_grey(portrait("grace").pixels))[0]
    left, top, right, bottom = box.corners()
    theirs = reference_package.face_encodings(picture, [(top, right, bottom, left)])[0]
    predictor = dlib.shape_predictor(str(find_weights(LANDMARKS)))
    drawn = predictor(picture, dlib.rectangle(left, top, right, bottom))
    points = np.array([(part.x, part.y) for part in drawn.parts()], dtype=np.float64)
    chip = ModelStore().embedder("dlib-resnet-v1-fp32").align(picture, points)
    assert np.abs(run("fp32", chip[None])[0] - theirs).max() <= MOST


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_packages_own_decisions_are_ours(
    captures: list[Observation], precision: str, chips: Pixels
) -> None:
    """Where face_recognition is sure, same or different, every one of our models agrees."""
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
def test_a_descriptor_does_not_depend_on_what_is_described_beside_it(
    chips: Pixels, precision: str
) -> None:
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
    """It would cost every worker's start, and memory for as long as it lives."""
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


# The cache


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models"


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each conversion of this process."""
    made: list[int] = []
    real = model_cache._convert

    def counted(content: bytes, precision: str) -> bytes:
        made.append(len(content))
        return real(content, precision)

    monkeypatch.setattr(model_cache, "_convert", counted)
    return made


def kept_model(directory: Path) -> Path:
    (model,) = directory.glob("*.onnx")
    return model


def test_the_network_is_converted_once(directory: Path, conversions: list[int]) -> None:
    first = model_cache.load_model("int8", directory)
    assert model_cache.load_model("int8", directory) == first == kept_model(directory).read_bytes()
    assert len(conversions) == 1
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in directory.iterdir()} == {0o600}
    assert not list(directory.glob("*.part"))


def _flip(model: Path) -> None:
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        _flip,
        lambda model: os.truncate(model, 1000),
        lambda model: model.write_bytes(b""),
        lambda model: model.unlink(),
        lambda model: model.with_suffix(".sha256").unlink(),
        lambda model: model.with_suffix(".sha256").write_text("0" * 64),
    ],
    ids=["flipped", "cut", "empty", "gone", "no hash", "another hash"],
)
def test_a_damaged_cache_is_noticed_and_made_again(
    directory: Path, conversions: list[int], damage: Callable[[Path], None]
) -> None:
    whole = model_cache.load_model("int8", directory)
    damage(kept_model(directory))
    assert model_cache.load_model("int8", directory) == whole
    assert len(conversions) == 2
    assert model_cache.load_model("int8", directory) == whole
    assert len(conversions) == 2


def test_other_weights_or_another_converter_are_another_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_cache.load_model("int8", directory)
    monkeypatch.setattr(model_cache, "VERSIONS", {"int8": "int8-next"})
    model_cache.load_model("int8", directory)
    assert len(list(directory.glob("*.onnx"))) == 2


def test_truncated_weights_are_refused_and_never_cached(directory: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.dat"
    cut.write_bytes(find_weights().read_bytes()[:-1000])
    with pytest.raises(WeightsError):
        model_cache.load_model("int8", directory, cut)
    assert not list(directory.glob("*.onnx"))


def test_with_foreign_weights_the_face_is_unavailable_and_nothing_is_guessed(
    captures: list[Observation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "foreign.dat"
    foreign.write_bytes(b"not weights")
    monkeypatch.setattr(model_store, "find_weights", lambda _name: foreign)
    with pytest.raises(FaceUnavailable):
        DlibFaceEngine(ModelStore().embedder()).reference(captures[0], bytearray(range(32)))


def _open_to_others(directory: Path) -> None:
    directory.mkdir(parents=True)
    directory.chmod(0o777)


def _elsewhere(directory: Path) -> None:
    target = directory.parent.with_name("elsewhere")
    target.mkdir(mode=0o700)
    directory.parent.mkdir()
    directory.symlink_to(target)


def _a_file(directory: Path) -> None:
    directory.parent.mkdir()
    directory.touch()


@pytest.mark.parametrize("arrange", [_open_to_others, _elsewhere, _a_file])
def test_a_cache_that_others_could_write_is_neither_used_nor_needed(
    directory: Path, conversions: list[int], arrange: Callable[[Path], None]
) -> None:
    arrange(directory)
    assert model_cache.load_model("int8", directory)
    assert len(conversions) == 1
    assert not directory.is_dir() or not list(directory.iterdir())


def test_without_a_home_the_model_is_converted_in_memory(
    conversions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home directory")

    monkeypatch.setattr(model_cache, "default_directory", homeless)
    assert model_cache.load_model("int8")
    assert len(conversions) == 1


def _worker(directory: Path, ready: Barrier, told: Path) -> None:
    real = model_cache._convert

    def slow(content: bytes, precision: str) -> bytes:
        with told.open("a") as line:
            line.write("converted\n")
        time.sleep(0.5)  # long enough for the other to have asked, too
        return real(content, precision)

    model_cache._convert = slow
    ready.wait(60)
    model = model_cache.load_model("int8", directory)
    with told.open("a") as line:
        line.write(sha256(model).hexdigest() + "\n")


def test_two_workers_that_start_at_once_convert_once(directory: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(2)
    workers = [context.Process(target=_worker, args=(directory, ready, told)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    lines = told.read_text().split()
    assert lines.count("converted") == 1
    assert lines[1:] == [sha256(kept_model(directory).read_bytes()).hexdigest()] * 2


def test_a_worker_killed_while_it_converts_stands_in_nobodys_way(
    directory: Path, tmp_path: Path, conversions: list[int]
) -> None:
    told = tmp_path / "told"
    context = multiprocessing.get_context("spawn")
    alone = context.Barrier(1)
    worker = context.Process(target=_worker, args=(directory, alone, told))
    worker.start()
    deadline = time.monotonic() + 60
    while not told.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.kill()
    worker.join(60)
    assert told.read_text() == "converted\n"
    assert model_cache.load_model("int8", directory) == kept_model(directory).read_bytes()
    assert len(conversions) == 1
