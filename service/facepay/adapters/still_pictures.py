"""Describe many photographs: read files and return descriptors, with one or two processes.

Each process reads one picture at a time, once, and writes no biometric data. A picture that cannot
be used is returned with its reason. This module knows no persons and compares nothing.
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
    """The result for one file: a descriptor, or the reason why there is none."""

    descriptor: Descriptor | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class DescriberOptions:
    """The model by the name on its card, the folder of added models, the number of processes."""

    model: str = DEFAULT
    directory: Path | None = None
    processes: int = MOST_PROCESSES

    def embedder(self) -> Embedder:
        """Open the model. Raises ModelError, CardError, WeightsError or FileNotFoundError."""
        return ModelStore(self.directory).embedder(self.model)


_child_embedder: list[Embedder] = []  # in a child process: made once, before its first picture


def describe_files(paths: Sequence[Path], options: DescriberOptions) -> Iterator[Described]:
    """Describe the files, in the order of `paths`, and yield each as soon as it is ready.

    Raises BrokenProcessPool when the model cannot be opened in a process, or when a process is
    killed.
    """
    if not 1 <= options.processes <= MOST_PROCESSES:
        raise ValueError("use one or two processes")
    # Fresh interpreters, because sessions and locks of this process do not survive a fork.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        options.processes, mp_context=fresh, initializer=_prepare, initargs=(options,)
    ) as pool:
        try:
            yield from pool.map(_describe, paths, chunksize=_AT_ONCE)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _prepare(options: DescriberOptions) -> None:
    # Ctrl-C is for the parent, which then cancels the remaining work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _child_embedder.append(options.embedder())


def _describe(path: Path) -> Described:
    try:
        image = path.read_bytes()
    except OSError as error:
        return Described(None, error.strerror or "cannot be read")
    try:
        return Described(describe_still(image, _child_embedder[0]))
    except FaceRefusal as refusal:
        return Described(None, refusal.kind.value)
