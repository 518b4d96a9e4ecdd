"""Byte patterns of frames and embeddings, which must not be in any file of the service.

The kind of a pattern may be printed, its bytes never. An embedding is searched for as any 12 bytes
in a row of its little-endian float32 and float64 forms, as base64 of both at all three alignments,
and as decimal text in the usual formats. Data that was compressed, encrypted or transformed in
another way is not found.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facepay.face.errors import FaceRefusal
from facepay.face.model_store import ModelStore
from facepay.face.observe import Observation, SentFrame, observe
from facepay.face.recognition import recognise
from facepay.face.recognition.embed import Descriptor, Embedder
from facepay_rehearsal.bursts import Shot

WINDOW = 12  # bytes, three float32 in a row: the length of the shortest pattern

_FRAME_HEAD = 64
_FRAME_WINDOW = 32
_WINDOWS_PER_FRAME = 16
_TEXT_STRIDE = 4  # every fourth of the 127 pairs of numbers in an embedding
_BASE64_STRIDE = 16

_SPELLINGS: tuple[Callable[[float], str], ...] = (
    repr,
    lambda value: str(np.float32(value)),
    lambda value: repr(float(np.float32(value))),
    lambda value: f"{value:.8f}",
    lambda value: f"{value:.6f}",
)
_SEPARATORS = (", ", ",", " ", "\n")


class LeakPattern(NamedTuple):
    """Bytes to search for, and the kind of data that they belong to."""

    bytes: bytes
    kind: str


def burst_patterns(shots: Sequence[Shot]) -> Iterator[LeakPattern]:
    """Yield all patterns of a burst: of its frames, and of what the service computes from it."""
    for shot in shots:
        yield from frame_patterns(shot.jpeg)
    for embedding in embeddings([SentFrame(shot.jpeg, shot.step) for shot in shots]):
        yield from embedding_patterns(embedding)


def frame_patterns(image: bytes) -> Iterator[LeakPattern]:
    """Yield the first 64 bytes, and 16 windows of the middle half, raw and as base64."""
    yield LeakPattern(image[:_FRAME_HEAD], "frame, its head")
    middle = len(image) // 4
    for number in range(_WINDOWS_PER_FRAME):
        at = middle + number * (len(image) // 2) // _WINDOWS_PER_FRAME
        window = image[at : at + _FRAME_WINDOW]
        yield LeakPattern(window, "frame, its middle")
        yield from _as_base64(window, "frame, as base64")


def embedding_patterns(embedding: Descriptor) -> Iterator[LeakPattern]:
    """Yield all forms of one embedding, which has at least three numbers."""
    for raw, name in ((embedding.astype("<f4"), "float32"), (embedding.astype("<f8"), "float64")):
        content = raw.tobytes()
        for at in range(len(content) - WINDOW + 1):
            yield LeakPattern(content[at : at + WINDOW], f"embedding, as {name}")
        yield from _as_base64(content, f"embedding, as base64 of {name}")
    yield from _as_text(embedding)


def embeddings(frames: Sequence[SentFrame]) -> list[Descriptor]:
    """Compute what the service computes from a burst: reference, probe, and each view of a frame.

    The list is empty for a burst that the engine refuses: the service computes nothing from it.
    """
    try:
        observation = observe(frames, mirrored=False)
    except FaceRefusal:
        return []
    try:
        return list(_all_of(observation, _embedder()))
    finally:
        observation.wipe()


@cache
def _embedder() -> Embedder:
    return ModelStore().embedder()


def _all_of(observation: Observation, embedder: Embedder) -> Iterator[Descriptor]:
    try:
        yield recognise.reference(observation, embedder)
        yield recognise.probe(observation, embedder)
    except FaceRefusal:
        return
    for frame in observation.seen:
        if frame.near_frontal:
            for view in embedder.both_views(
                recognise.take_chip(frame.image, frame.points, embedder)
            ):
                yield embedder.describe_fused([view])


def _as_base64(content: bytes, kind: str) -> Iterator[LeakPattern]:
    """Yield the base64 forms at the three alignments that the preceding bytes can cause."""
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + content)
        # The first and the last group can also hold neighbouring bytes.
        inner = text[4:-4] if shift else text[:-4]
        last = max(len(inner) - WINDOW, 0)
        for at in range(0, last + 1, _BASE64_STRIDE):
            window = inner[at : at + WINDOW]
            for spelled in {window, window.translate(bytes.maketrans(b"+/", b"-_"))}:
                yield LeakPattern(spelled, kind)


def _as_text(embedding: NDArray[np.float64]) -> Iterator[LeakPattern]:
    """Yield pairs of numbers with a separator: a single number could occur by chance."""
    pairs = [
        (float(embedding[at]), float(embedding[at + 1]))
        for at in range(0, len(embedding) - 1, _TEXT_STRIDE)
    ]
    for spell in _SPELLINGS:
        for separator in _SEPARATORS:
            for one, other in pairs:
                text = spell(one) + separator + spell(other)
                yield LeakPattern(text.encode(), "embedding, as text")


def unique(patterns: Iterable[LeakPattern]) -> Iterator[LeakPattern]:
    """Yield each pattern once, whichever burst it comes from."""
    seen: set[bytes] = set()
    for pattern in patterns:
        if pattern.bytes not in seen:
            seen.add(pattern.bytes)
            yield pattern
