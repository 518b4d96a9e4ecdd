"""Whose face: a template from one observation, and the distance of another one to it.

Only near-frontal frames count, a few of them, hold-still frames first: descriptors of turned
heads lie far from the same person's frontal ones. Each frame's descriptor is computed once and
kept in the observation until it is wiped.
"""

import numpy as np

from facepay.face import embed
from facepay.face.embed import Descriptor
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.observe import Observation, SeenFrame

REFERENCE_FRAMES = 3
PROBE_FRAMES = 2


def reference(observation: Observation) -> bytearray:
    """A template from 3 near-frontal frames: 512 bytes, see `embed.to_template`.

    Raises FaceRefusal NOT_FRONTAL where there are fewer than 3 such frames.
    """
    frames = _most_frontal(observation, REFERENCE_FRAMES)
    if len(frames) < REFERENCE_FRAMES:
        raise FaceRefusal(RefusalKind.NOT_FRONTAL)
    fused = _fused(frames)
    template = embed.to_template(fused)
    fused.fill(0)
    return template


def distance(observation: Observation, template: bytearray) -> float:
    """Euclidean distance of the template to the mean descriptor of 2 near-frontal frames.

    Raises FaceRefusal NOT_FRONTAL where no frame is near frontal, ValueError on a bad template.
    """
    known = embed.parse_template(template)
    frames = _most_frontal(observation, PROBE_FRAMES)
    if not frames:
        raise FaceRefusal(RefusalKind.NOT_FRONTAL)
    probe = _fused(frames)
    apart = embed.distance(probe, known)
    probe.fill(0)
    known.fill(0)
    return apart


def _most_frontal(observation: Observation, count: int) -> list[SeenFrame]:
    if observation.wiped:
        raise RuntimeError("this observation was wiped")
    usable = [frame for frame in observation.seen if frame.chip is not None]
    rest = [frame.yaw for frame in usable if frame.step == 0] or [0.0]
    middle = float(np.median(rest))
    # Hold-still frames first; among them those closest to how this person holds the head.
    usable.sort(key=lambda frame: (frame.step != 0, abs(frame.yaw - middle)))
    return usable[:count]


def _fused(frames: list[SeenFrame]) -> Descriptor:
    _describe([frame for frame in frames if frame.descriptor is None])
    return embed.fuse([frame.descriptor for frame in frames if frame.descriptor is not None])


def _describe(frames: list[SeenFrame]) -> None:
    chips = [frame.chip for frame in frames if frame.chip is not None]
    if len(chips) != len(frames):
        raise ValueError("a turned head has no chip to describe")
    for frame, descriptor in zip(frames, embed.describe_all(chips), strict=True):
        frame.descriptor = descriptor
