"""For any picture, the service soon refuses it by name or recognises the right face.

These are a fixed few hundred of the ten thousand pictures of `make bench-robust`.
"""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.support.mutations import KINDS, mutated
from tests.support.picture_source import Source
from tests.support.watched_engine import Verdict, WatchedEngine

OF_EACH_KIND = 11
# Whole pictures, as cameras and browsers make them.
SERVED = (
    *("cmyk", "grey", "progressive", "restarts", "subsampled", "exif_upright"),
    *("webp_lossy", "webp_lossless"),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[WatchedEngine]:
    with WatchedEngine() as engine:
        yield engine


def verdicts(engine: WatchedEngine, kind: str) -> dict[int, Verdict]:
    source = Source(engine.source.jpeg)
    return {n: engine.look(mutated(kind, n, source)) for n in range(OF_EACH_KIND)}


@pytest.mark.parametrize("kind", KINDS)
def test_no_picture_ends_a_worker_or_passes_for_somebody_else(
    engine: WatchedEngine, kind: str
) -> None:
    found = verdicts(engine, kind)
    assert {number: verdict for number, verdict in found.items() if not verdict.allowed} == {}
    if kind in SERVED:
        assert {verdict.outcome for verdict in found.values()} == {"correct"}


def test_a_picture_that_kills_the_engine_would_be_noticed(engine: WatchedEngine) -> None:
    assert engine.look(engine.source.jpeg).outcome == "correct"
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSEGV)
    assert engine.look(engine.source.jpeg).outcome == "crashed"
    assert engine.look(engine.source.jpeg).outcome == "correct"
