"""Make a reference or a probe of one observation.

Only near-frontal frames count, and only a few of them, with the frames that hold still first. The
descriptors of turned heads lie far from the same person's frontal ones. Each frame is decoded in
colour, aligned, and checked for light and sharpness. Frames of low quality are left out; where too
few remain, the refusal says what the payer should change.

A reference is fused from 3 frames, each with its mirror image. A probe is fused from 2 frames, of
which the second is mirrored: one network run less per frame for the same error rates
(docs/adr/0014-the-quick-engine.md).

The chips of the best frames are taken once and stay with the observation, as does a probe that
`describe_with_probe` made; `Observation.wipe` overwrites them. All copies and views are overwritten
before these functions return.
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
    """Return the fused descriptor of 3 near-frontal frames; the caller overwrites it.

    Raises FaceRefusal NOT_FRONTAL where there are fewer than 3 such frames, and TOO_DARK,
    TOO_BRIGHT or BLURRED where there are enough but of too low quality.
    """
    chips = _chips(observation, embedder, wanted=REFERENCE_FRAMES, needed=REFERENCE_FRAMES)
    views = [view for chip in chips for view in embedder.both_views(chip)]
    return _describe_fused(observation, embedder, views)


def probe(observation: Observation, embedder: Embedder) -> Descriptor:
    """Return the fused descriptor of 2 near-frontal frames, or of one; the caller overwrites it.

    Raises FaceRefusal as `reference`, where there is not even one frame.
    """
    if observation.probe is not None:
        return observation.probe.copy()
    chips = _chips(observation, embedder, wanted=PROBE_FRAMES, needed=1)
    return _describe_fused(observation, embedder, _probe_views(embedder, chips))


def describe_with_probe(
    observation: Observation, embedder: Embedder, chips: Sequence[Pixels]
) -> NDArray[np.float64]:
    """Describe chips that begin with the `best_chips`, and the probe in the same run.

    Returns (chips, dimensions) float64, which the caller overwrites. The probe stays with the
    observation, because the comparison follows soon after. No descriptor depends on the other chips
    in the run.

    Raises as `probe`.
    """
    first, *others = _probe_views(
        embedder, _chips(observation, embedder, wanted=PROBE_FRAMES, needed=1)
    )
    try:
        described = embedder.describe([*chips, *others])
    finally:
        for view in (first, *others):
            view.fill(0)
    of_probe = np.concatenate([described[:1], described[len(chips) :]])
    observation.probe = fuse(of_probe)
    described[len(chips) :] = 0
    return described[: len(chips)]


def _probe_views(embedder: Embedder, chips: Sequence[Pixels]) -> list[Pixels]:
    """Return the views of a probe: each chip once, every second one mirrored.

    A single chip gives both of its views.
    """
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


def _describe_fused(
    observation: Observation, embedder: Embedder, views: list[Pixels]
) -> Descriptor:
    try:
        with observation.timed("embed"):
            return embedder.describe_fused(views)
    finally:
        for view in views:
            view.fill(0)


def best_chips(observation: Observation, embedder: Embedder) -> list[Pixels]:
    """Return the chips from which a reference would be made, best first.

    The chips of a probe are among them. A caller that asks whether another person is shown
    elsewhere has to compare with all of these. The caller overwrites them.

    Raises FaceRefusal as `probe`.
    """
    return _chips(observation, embedder, wanted=REFERENCE_FRAMES, needed=1)


def _chips(
    observation: Observation, embedder: Embedder, *, wanted: int, needed: int
) -> list[Pixels]:
    """Return at most `wanted` best chips. Raises FaceRefusal where fewer than `needed` exist."""
    if observation.wiped:
        raise RuntimeError("this observation was wiped")
    faults = _collect_best(observation, embedder)
    if len(observation.best) >= needed:
        return [chip.copy() for chip in observation.best[:wanted]]
    raise FaceRefusal(max(faults, key=faults.count) if faults else RefusalKind.NOT_FRONTAL)


def _collect_best(observation: Observation, embedder: Embedder) -> list[RefusalKind]:
    """Fill `observation.best` unless it is full; return the faults of the frames left out."""
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
    """Return the aligned chip, decoded no larger than the input of the network needs.

    `points` are in pixels of the picture as sent.

    Raises FaceRefusal as `decode`.
    """
    width = eye_width(points)
    enough = (n for n in _REDUCTIONS if width / n >= embedder.eye_width)
    reduction = next(enough, 1)
    pixels = decode_colour(image, reduction)
    try:
        return embedder.align(pixels, points / reduction)
    finally:
        pixels.fill(0)
