"""Measure how far a head nods, where the five points do not show it.

When a head looks down, its nose covers the lip, and the points then stay where they are at rest.
The patches of the nose do move (`patches`). Relative to the hold, the tip moves down or up against
the rest of the face, by the height of the nose and the angle. The tip does not move on a flat
picture.
"""

from collections.abc import Callable, Sequence

import numpy as np

from facepay.face.observe import SeenFrame
from facepay.face.pad import depth
from facepay.face.pad.motion import Displacement, neutral_frame
from facepay.face.pad.patches import find_correspondences
from facepay.face.pad.signal import NODS

# Displacement of the nose frame by frame, in outer-eye widths, in the direction of the step.
NoseMotion = Callable[[Sequence[SeenFrame], int, str], Displacement]


def nose_displacement(seen: Sequence[SeenFrame], number: int, step: str) -> Displacement:
    """Return how far the nose went in the direction of the step, frame by frame.

    Only the frames of step `number` and the frame before it are measured. All others are 0, and so
    are frames in which the nose was not found.
    """
    went = np.zeros(len(seen))
    first = next(at for at, frame in enumerate(seen) if frame.step == number)
    measured = [at for at, frame in enumerate(seen) if frame.step == number or at == first - 1]
    found = find_correspondences(neutral_frame(seen), [seen[at] for at in measured])
    for at, correspondences in zip(measured, found, strict=True):
        down = depth.nose_drop(correspondences)
        went[at] = 0.0 if down is None else -NODS[step] * down
    return went
