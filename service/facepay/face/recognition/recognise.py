"""Whose face: a reference from one observation, and the distance of another one to it.

Only near-frontal frames count, a few of them, hold-still frames first: descriptors of turned heads
lie far from the same person's frontal ones. Each is decoded in colour, aligned and looked at for
light and sharpness; what is not good enough is left out, and where too few are left the payer is
told what to change. A reference is fused from 3 frames, each with its mirror image; a probe from 2
frames, of which the second is mirrored: one run less a frame for the same error rates
(docs/adr/0014-the-quick-engine.md). The chips of the best frames are taken once and stay with the
observation, as does a probe that was made on the way, and it overwrites them; copies and views are
overwritten before this returns.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import Points, eye_width
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.frames.decode import Pixels, decode_colour
from facepay.face.observe import Observation, SeenFrame
from facepay.face.quality import measure
from facepay.face.recognition.embed import Descriptor, Embedder, fuse, mirrored

REFERENCE_FRAMES = 3
PROBE_FRAMES = 2
_REDUCTIONS = (8, 4, 2)


def reference(observation: Observation, embedder: Embedder) -> Descriptor:
    """The fused descriptor of 3 near-frontal frames; the caller overwrites it.

    Raises FaceRefusal NOT_FRONTAL where there are fewer than 3 such frames, and TOO_DARK,
    TOO_BRIGHT or BLURRED where they are there and not good enough.
    """
    chips = _chips(observation, embedder, wanted=REFERENCE_FRAMES, needed=REFERENCE_FRAMES)
    views = [view for chip in chips for view in embedder.both_views(chip)]
    return _fused(observation, embedder, views)


def probe(observation: Observation, embedder: Embedder) -> Descriptor:
    """The fused descriptor of 2 near-frontal frames, or of one; the caller overwrites it.

    Raises as `reference`, where there is not one frame.
    """
    if observation.probe is not None:
        return observation.probe.copy()
    chips = _chips(observation, embedder, wanted=PROBE_FRAMES, needed=1)
    return _fused(observation, embedder, _alternating(embedder, chips))


def described_on_the_way(
    observation: Observation, embedder: Embedder, chips: Sequence[Pixels]
) -> NDArray[np.float64]:
    """`Embedder.described` of chips that begin with the `best_chips`; the caller overwrites it.

    The probe is made of the same run, and stays with the observation: who asks whether one person
    shows in all of them is about to compare. No descriptor depends on what else is in the run.
    """
    first, *others = _alternating(
        embedder, _chips(observation, embedder, wanted=PROBE_FRAMES, needed=1)
    )
    try:
        described = embedder.described([*chips, *others])
    finally:
        for view in (first, *others):
            view.fill(0)
    of_probe = np.concatenate([described[:1], described[len(chips) :]])
    observation.probe = fuse(of_probe)
    described[len(chips) :] = 0
    return described[: len(chips)]


def _alternating(embedder: Embedder, chips: Sequence[Pixels]) -> list[Pixels]:
    """The views of a probe: each chip once, every second mirrored; a single one both ways."""
    if len(chips) == 1:
        return embedder.both_views(chips[0])
    if not embedder.card.comparison.mirrored:
        return list(chips)
    views = []
    for number, chip in enumerate(chips):
        if number % 2:
            views.append(mirrored(chip))
            chip.fill(0)
        else:
            views.append(chip)
    return views


def _fused(observation: Observation, embedder: Embedder, views: list[Pixels]) -> Descriptor:
    try:
        with observation.timed("embed"):
            return embedder.fused(views)
    finally:
        for view in views:
            view.fill(0)


def best_chips(observation: Observation, embedder: Embedder) -> list[Pixels]:
    """The chips that a reference would be made of, best first: a probe's are among them.

    Whoever asks whether somebody else shows elsewhere has to compare with all of these. The caller
    overwrites them. Raises as `probe`.
    """
    return _chips(observation, embedder, wanted=REFERENCE_FRAMES, needed=1)


def _chips(
    observation: Observation, embedder: Embedder, *, wanted: int, needed: int
) -> list[Pixels]:
    """The best chips, at most `wanted`. Raises FaceRefusal where there are not `needed`."""
    if observation.wiped:
        raise RuntimeError("this observation was wiped")
    faults = _take_best(observation, embedder)
    if len(observation.best) >= needed:
        return [chip.copy() for chip in observation.best[:wanted]]
    raise FaceRefusal(max(faults, key=faults.count) if faults else RefusalKind.NOT_FRONTAL)


def _take_best(observation: Observation, embedder: Embedder) -> list[RefusalKind]:
    """Fills `observation.best`, where it is not full; what was wrong with the frames left out."""
    faults: list[RefusalKind] = []
    if len(observation.best) == REFERENCE_FRAMES:
        return faults
    observation.wipe_best()
    for frame in _most_frontal(observation):
        with observation.timed("align"):
            chip = take_chip(frame.image, frame.points, embedder)
        fault = measure(chip).fault
        if fault is None:
            observation.best.append(chip)
        else:
            faults.append(fault)
            chip.fill(0)
        if len(observation.best) == REFERENCE_FRAMES:
            break
    return faults


def _most_frontal(observation: Observation) -> Iterator[SeenFrame]:
    usable = [frame for frame in observation.seen if frame.near_frontal]
    rest = [frame.yaw for frame in usable if frame.step == 0] or [0.0]
    middle = float(np.median(rest))
    # Hold-still frames first; among them those closest to how this person holds the head.
    yield from sorted(usable, key=lambda frame: (frame.step != 0, abs(frame.yaw - middle)))


def take_chip(image: bytes, points: Points, embedder: Embedder) -> Pixels:
    """The aligned chip, its picture decoded no larger than the network's input asks for.

    `points` are in pixels of the picture as sent.
    """
    width = eye_width(points)
    enough = (n for n in _REDUCTIONS if width / n >= embedder.eye_width)
    reduction = next(enough, 1)
    pixels = decode_colour(image, reduction)
    try:
        return embedder.align(pixels, points / reduction)
    finally:
        pixels.fill(0)
