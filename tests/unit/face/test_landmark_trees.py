"""The landmark model is accepted only as a complete file, and parsed once per machine."""

from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from facepay.face.models import model_cache
from facepay.face.models.landmark_trees import LANDMARKS, Trees, parse_trees, unpack_trees
from facepay.face.models.weights import WeightsError, find_weights


@pytest.fixture(scope="module")
def content() -> bytes:
    return find_weights(LANDMARKS).read_bytes()


@pytest.fixture(scope="module")
def trees(content: bytes) -> Trees:
    return parse_trees(content)


def same(one: Trees, other: Trees) -> bool:
    return all(
        np.array_equal(getattr(one, part.name), getattr(other, part.name)) for part in fields(Trees)
    )


def test_the_installed_model_is_read_to_the_last_byte(trees: Trees) -> None:
    assert trees.leaves.shape == (15, 500, 16, 10)
    assert trees.mean[0] == pytest.approx((0.776, 0.346), abs=0.001)
    assert trees.first.max() == trees.second.max() == 799
    assert np.isfinite(trees.leaves).all()


@pytest.mark.parametrize("kept", [0, 1, 5, 40, 300, 5_000, 9_000_000, -100, -1])
def test_a_truncated_file_is_refused(content: bytes, kept: int) -> None:
    with pytest.raises(WeightsError, match="landmark model"):
        parse_trees(content[:kept])


@pytest.mark.parametrize(
    "foreign",
    [
        find_weights().read_bytes()[:1_000_000],
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 9150489\n",
        bytes(4096),
        b"\x01\x01" * 4096,
        np.random.default_rng(1).bytes(4096),
    ],
    ids=["another model", "a pointer", "zeros", "ones", "noise"],
)
def test_another_file_is_refused(foreign: bytes) -> None:
    with pytest.raises(WeightsError, match="landmark model"):
        parse_trees(foreign)


def test_a_file_with_trailing_bytes_is_refused(content: bytes) -> None:
    with pytest.raises(WeightsError, match="follows its end"):
        parse_trees(content + b"\x01\x01")


def test_a_damaged_file_never_crashes_the_service(content: bytes) -> None:
    rng = np.random.default_rng(2)
    for at in [*rng.integers(0, 400, 6), *rng.integers(len(content) - 99_000, len(content), 4)]:
        damaged = bytearray(content)
        damaged[at] ^= int(rng.integers(1, 256))
        with suppress(WeightsError):  # any other exception would be the crash
            parse_trees(bytes(damaged))


def test_the_model_is_parsed_once_per_machine(
    tmp_path: Path, trees: Trees, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert same(model_cache.load_trees(tmp_path / "models"), trees)

    def not_again(_content: bytes) -> Trees:
        raise AssertionError("parsed again")

    monkeypatch.setattr(model_cache, "parse_trees", not_again)
    assert same(model_cache.load_trees(tmp_path / "models"), trees)


def test_a_damaged_cached_copy_is_made_again(tmp_path: Path, trees: Trees) -> None:
    model_cache.load_trees(tmp_path / "models")
    (kept,) = (tmp_path / "models").glob("*.npz")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1000])
    assert same(model_cache.load_trees(tmp_path / "models"), trees)
    assert same(unpack_trees(kept.read_bytes()), trees)


def test_a_truncated_model_is_refused_and_never_cached(tmp_path: Path, content: bytes) -> None:
    cut = tmp_path / "cut.dat"
    cut.write_bytes(content[:-1000])
    with pytest.raises(WeightsError):
        model_cache.load_trees(tmp_path / "models", cut)
    assert not list((tmp_path / "models").glob("*.npz"))
