"""The cache of the converted network: damage, permissions, and several workers at once."""

import multiprocessing
import os
import time
from collections.abc import Callable
from hashlib import sha256
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from facepay.face.models import model_cache
from facepay.face.models.weights import WeightsError, find_weights


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models"


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record each conversion of this process."""
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
def test_a_damaged_cache_is_made_again(
    directory: Path, conversions: list[int], damage: Callable[[Path], None]
) -> None:
    whole = model_cache.load_model("int8", directory)
    damage(kept_model(directory))
    assert model_cache.load_model("int8", directory) == whole
    assert len(conversions) == 2
    assert model_cache.load_model("int8", directory) == whole
    assert len(conversions) == 2


def test_another_converter_makes_another_file(
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
def test_a_cache_that_others_could_write_is_not_used(
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


def _worker(directory: Path, ready: Barrier, lines_file: Path) -> None:
    real = model_cache._convert

    def slow(content: bytes, precision: str) -> bytes:
        with lines_file.open("a") as line:
            line.write("converted\n")
        time.sleep(0.5)  # long enough for the other worker to start its own request
        return real(content, precision)

    model_cache._convert = slow
    ready.wait(60)
    model = model_cache.load_model("int8", directory)
    with lines_file.open("a") as line:
        line.write(sha256(model).hexdigest() + "\n")


def test_two_workers_that_start_together_convert_once(directory: Path, tmp_path: Path) -> None:
    lines_file = tmp_path / "lines_file"
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(2)
    workers = [
        context.Process(target=_worker, args=(directory, ready, lines_file)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    lines = lines_file.read_text().split()
    assert lines.count("converted") == 1
    assert lines[1:] == [sha256(kept_model(directory).read_bytes()).hexdigest()] * 2


def test_a_worker_killed_during_a_conversion_blocks_no_other(
    directory: Path, tmp_path: Path, conversions: list[int]
) -> None:
    lines_file = tmp_path / "lines_file"
    context = multiprocessing.get_context("spawn")
    alone = context.Barrier(1)
    worker = context.Process(target=_worker, args=(directory, alone, lines_file))
    worker.start()
    deadline = time.monotonic() + 60
    while not _converting(lines_file) and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.kill()
    worker.join(60)
    assert lines_file.read_text() == "converted\n"
    assert model_cache.load_model("int8", directory) == kept_model(directory).read_bytes()
    assert len(conversions) == 1


def _converting(lines_file: Path) -> bool:
    """Tell whether the worker has written its line; the file exists a moment before that."""
    return lines_file.exists() and lines_file.read_text() != ""
