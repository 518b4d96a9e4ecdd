"""Describe many photographs: files in, descriptors out, in two processes at most.

Pictures are read once, one at a time in each process, and nothing biometric is written anywhere.
What cannot be used is not left out in silence: it comes back with its reason. It knows no
persons and compares nothing.
"""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from facepay.face.errors import FaceRefusal
from facepay.face.model_store import ModelStore
from facepay.face.models.cards import DEFAULT
from facepay.face.recognition.embed import Descriptor, Embedder
from facepay.face.recognition.still import describe_still

MOST_PROCESSES = 2
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, repr=False)
class Described:
    """One file: its descriptor, or why there is none."""

    descriptor: Descriptor | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Describing:
    """Which model, by the name on its card; `directory` holds the added ones."""

    model: str = DEFAULT
    directory: Path | None = None
    processes: int = MOST_PROCESSES

    def embedder(self) -> Embedder:
        return ModelStore(self.directory).embedder(self.model)


_here: list[Embedder] = []  # of a child process: made once, before its first picture


def describe_files(paths: Sequence[Path], by: Describing) -> Iterator[Described]:
    """In the order of `paths`, as they become ready.

    Raises FileNotFoundError, WeightsError or ModelError where there is no model to describe with,
    and BrokenProcessPool where a process was ended from outside.
    """
    if not 1 <= by.processes <= MOST_PROCESSES:
        raise ValueError("one process or two")
    # A fresh interpreter for each: sessions and locks of this one do not survive a fork.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        by.processes, mp_context=fresh, initializer=_prepare, initargs=(by,)
    ) as pool:
        try:
            yield from pool.map(_describe, paths, chunksize=_AT_ONCE)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _prepare(by: Describing) -> None:
    """Ctrl-C is for the parent, which stops handing out work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _here.append(by.embedder())


def _describe(path: Path) -> Described:
    try:
        image = path.read_bytes()
    except OSError as error:
        return Described(None, error.strerror or "cannot be read")
    try:
        return Described(describe_still(image, _here[0]))
    except FaceRefusal as refusal:
        return Described(None, refusal.kind.value)
