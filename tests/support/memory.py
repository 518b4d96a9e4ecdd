"""The memory of another process, read with its owner's rights and searched for leak patterns.

Linux lets a process read the memory of its own descendants (ptrace_scope 0 and 1), which gunicorn's
workers are; root is not needed. Only writable regions are read: no other can contain a face.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from facepay.face.model_store import ModelStore
from facepay.face.observe import SentFrame, observe
from facepay.face.recognition import recognise
from facepay_client import Frame
from facepay_rehearsal.bursts import Shot
from facepay_rehearsal.demo.leak_patterns import (
    WINDOW,
    LeakPattern,
    embedding_patterns,
    embeddings,
    frame_patterns,
)
from facepay_rehearsal.demo.leak_scan import PatternIndex

AS_FLOAT64 = "embedding, as float64"
AS_TEXT = "embedding, as text"  # nothing in a worker writes numbers out; files are searched for it
_THREE_FLOAT64 = 24
_WINDOW = 32
_WINDOWS = 12
_LIVELY = 8  # different bytes that a window of pixels begins with, to be of this picture alone


def memory_of(pid: int) -> list[bytes]:
    """Copy the writable memory of a process at once, because the search takes its time."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        return [_read(memory.fileno(), *region) for region in _writable(pid)]


def kinds_in(memory: Sequence[bytes], index: PatternIndex) -> set[str]:
    """Return the kinds of patterns in it; no pattern lies across two regions."""
    return {kind for region in memory for kind in index.kinds_in(region)}


def patterns_of(whose: str, frames: Sequence[Frame]) -> Iterator[LeakPattern]:
    """Make patterns of frames as sent and of their pixels; each kind names its person."""
    shots = [Shot(frame.image, frame.step, frame.monotonic_ms) for frame in frames]
    for pattern in (*_frame_patterns(shots), *_pixel_patterns(shots)):
        yield LeakPattern(pattern.bytes, f"{whose}: {pattern.kind}")


def face_patterns_of(whose: str, frames: Sequence[Frame]) -> Iterator[LeakPattern]:
    """Add the engine's chips and embeddings to `patterns_of`."""
    yield from patterns_of(whose, frames)
    sent = [SentFrame(frame.image, frame.step) for frame in frames]
    for pattern in (*_chip_patterns(sent), *_embedding_patterns(sent)):
        yield LeakPattern(pattern.bytes, f"{whose}: {pattern.kind}")


def _frame_patterns(shots: Sequence[Shot]) -> Iterator[LeakPattern]:
    for shot in shots:
        yield from frame_patterns(shot.jpeg)


def _pixel_patterns(shots: Sequence[Shot]) -> Iterator[LeakPattern]:
    for shot in shots:
        with Image.open(BytesIO(shot.jpeg)) as picture:
            yield from _windows(np.asarray(picture), "decoded frame")


def _chip_patterns(sent: Sequence[SentFrame]) -> Iterator[LeakPattern]:
    seen = observe(sent, mirrored=False)
    for frame in seen.seen:
        if frame.near_frontal:
            chip = recognise.take_chip(frame.image, frame.points, ModelStore().embedder())
            yield from _windows(chip, "chip")
    seen.wipe()


def _embedding_patterns(sent: Sequence[SentFrame]) -> Iterator[LeakPattern]:
    for embedding in embeddings(sent):
        for pattern in embedding_patterns(embedding):
            if pattern.kind not in (AS_FLOAT64, AS_TEXT):
                yield pattern
        # Three numbers in a row. In memory there are many numbers, and half of the bytes of a
        # float32 as float64 are zero: twelve bytes would now and then be another number's.
        content = embedding.astype("<f8").tobytes()
        for at in range(0, len(content) - _THREE_FLOAT64 + 1, 8):
            yield LeakPattern(content[at : at + _THREE_FLOAT64], AS_FLOAT64)


def _windows(pixels: np.ndarray, kind: str) -> Iterable[LeakPattern]:
    """Take windows from the middle half, where the face is; plain places belong to nobody."""
    content = pixels.tobytes()
    for at in np.linspace(len(content) // 4, 3 * len(content) // 4, _WINDOWS, dtype=int):
        window = content[at : at + _WINDOW]
        if len(set(window[:WINDOW])) >= _LIVELY:
            yield LeakPattern(window, kind)


def _writable(pid: int) -> list[tuple[int, int]]:
    """Yield begin and size of each region."""
    regions = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        place, rights, *_ = line.split()
        if rights.startswith("rw"):
            start, end = (int(number, 16) for number in place.split("-"))
            regions.append((start, end - start))
    return regions


def _read(descriptor: int, at: int, size: int) -> bytes:
    """Read a region; a region that was freed meanwhile is gone with its contents."""
    try:
        return os.pread(descriptor, size, at)
    except OSError:
        return b""
