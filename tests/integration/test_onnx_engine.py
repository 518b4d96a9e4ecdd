"""The converted network against dlib's own, and the cache that keeps it.

Equality is shown on the chips of rendered captures and on pictures no network was made for.
"""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
import pytest

from facepay.adapters.dlib_face import DlibFaceEngine
from facepay.adapters.policy_file import read_policy
from facepay.config import SHIPPED_POLICY
from facepay.domain.errors import FaceUnavailable
from facepay.face import embed, model_cache, recognise, session
from facepay.face.decode import Pixels
from facepay.face.observe import Observation, SentFrame, observe
from facepay.face.weights import WeightsError, find_weights
from facepay_rehearsal import bursts
from tests.stand import dlib_network

MOST = 1e-5  # what docs/adr/0008-onnx.md promises, and what MODEL keeps its name by
STEPS = [("turn_left", "turn_right"), ("turn_right", "turn_right")]


def observation(name: str, steps: tuple[str, ...], seed: int) -> Observation:
    shots = bursts.genuine(name, steps, seed)
    return observe([SentFrame(shot.jpeg, shot.step) for shot in shots], mirrored=False)


@pytest.fixture(scope="module")
def captures() -> list[Observation]:
    return [observation(name, steps, 3) for name in ("eileen", "grace") for steps in STEPS]


@pytest.fixture(scope="module")
def chips(captures: list[Observation]) -> Pixels:
    seen = [frame.chip for one in captures for frame in one.seen if frame.chip is not None]
    return np.stack(seen)


def test_every_descriptor_is_dlibs(chips: Pixels) -> None:
    assert len(chips) >= 20
    assert np.abs(session.run(chips) - dlib_network.run(chips)).max() <= MOST


def test_pictures_that_are_no_faces_are_described_as_dlib_does() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2, 150, 150, 3), np.uint8)
    flat = [np.full((150, 150, 3), grey, np.uint8) for grey in (0, 255)]
    chips = np.stack([*noise, *flat])
    assert np.abs(session.run(chips) - dlib_network.run(chips)).max() <= MOST


def test_a_descriptor_does_not_depend_on_what_is_described_beside_it(chips: Pixels) -> None:
    # To the last bit: the rehearsal's scan looks for the service's embeddings as bytes.
    together = embed.describe_all(list(chips[:8]))
    for chip, descriptor in zip(chips[:8], together, strict=True):
        assert np.array_equal(embed.describe(chip), descriptor)


def test_the_threads_of_a_worker_do_not_disturb_each_other(chips: Pixels) -> None:
    alone = [session.run(chips[at : at + 2]) for at in range(8)]
    with ThreadPoolExecutor(4) as threads:
        at_once = list(threads.map(lambda at: session.run(chips[at : at + 2]), range(8)))
    assert np.array_equal(alone, at_once)


def test_what_is_decided_is_what_dlib_would_decide(
    captures: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = read_policy(SHIPPED_POLICY).face_distance_at_most

    def distances() -> list[float]:
        for one in captures:
            for frame in one.seen:
                frame.descriptor = None
        references = [recognise.reference(one) for one in captures]
        return [recognise.distance(one, kept) for one in captures for kept in references]

    fast = np.array(distances())
    monkeypatch.setattr(session, "run", dlib_network.run)
    slow = np.array(distances())
    assert np.abs(fast - slow).max() <= MOST
    assert ((fast <= limit) == (slow <= limit)).all()
    assert 0 < (fast <= limit).sum() < len(fast)


def test_a_reference_of_before_still_knows_its_owner(
    captures: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DlibFaceEngine().model == "dlib-resnet-v1/5-point/raw-mean"
    with monkeypatch.context() as before:
        before.setattr(session, "run", dlib_network.run)
        old = recognise.reference(observation("grace", STEPS[0], 5))
    new = recognise.reference(observation("grace", STEPS[0], 5))
    for one in captures:
        assert recognise.distance(one, old) == pytest.approx(recognise.distance(one, new), abs=MOST)


def test_a_forked_worker_has_a_session_of_its_own() -> None:
    script = """
import os, numpy as np
from facepay.face import session
chips = np.full((1, 150, 150, 3), 90, np.uint8)
here = session.run(chips)
child = os.fork()
if not child:
    os._exit(0 if np.array_equal(session.run(chips), here) and len(session._loaded) == 2 else 1)
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

    def counted(content: bytes) -> bytes:
        made.append(len(content))
        return real(content)

    monkeypatch.setattr(model_cache, "_convert", counted)
    return made


def kept_model(directory: Path) -> Path:
    (model,) = directory.glob("*.onnx")
    return model


def test_the_network_is_converted_once(directory: Path, conversions: list[int]) -> None:
    first = model_cache.load_model(directory)
    assert model_cache.load_model(directory) == first == kept_model(directory).read_bytes()
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
    whole = model_cache.load_model(directory)
    damage(kept_model(directory))
    assert model_cache.load_model(directory) == whole
    assert len(conversions) == 2
    assert model_cache.load_model(directory) == whole
    assert len(conversions) == 2


def test_other_weights_or_another_converter_are_another_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_cache.load_model(directory)
    monkeypatch.setattr(model_cache, "VERSION", "fp32-next")
    model_cache.load_model(directory)
    assert len(list(directory.glob("*.onnx"))) == 2


def test_truncated_weights_are_refused_and_never_cached(directory: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.dat"
    cut.write_bytes(find_weights().read_bytes()[:-1000])
    with pytest.raises(WeightsError):
        model_cache.load_model(directory, cut)
    assert not list(directory.glob("*.onnx"))


def test_with_foreign_weights_the_face_is_unavailable_and_nothing_is_guessed(
    captures: list[Observation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "foreign.dat"
    foreign.write_bytes(b"not weights")
    monkeypatch.setattr(model_cache, "find_weights", lambda: foreign)
    monkeypatch.setattr(session, "_loaded", {})
    for frame in captures[0].seen:
        frame.descriptor = None
    with pytest.raises(FaceUnavailable):
        DlibFaceEngine().reference(captures[0])


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
    assert model_cache.load_model(directory)
    assert len(conversions) == 1
    assert not directory.is_dir() or not list(directory.iterdir())


def test_without_a_home_the_model_is_converted_in_memory(
    conversions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home directory")

    monkeypatch.setattr(model_cache, "default_directory", homeless)
    assert model_cache.load_model()
    assert len(conversions) == 1


def _worker(directory: Path, ready: Barrier, told: Path) -> None:
    real = model_cache._convert

    def slow(content: bytes) -> bytes:
        with told.open("a") as line:
            line.write("converted\n")
        time.sleep(0.5)  # long enough for the other to have asked, too
        return real(content)

    model_cache._convert = slow
    ready.wait(60)
    model = model_cache.load_model(directory)
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
    assert model_cache.load_model(directory) == kept_model(directory).read_bytes()
    assert len(conversions) == 1
