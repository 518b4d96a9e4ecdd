"""Measure the motion of a head frame by frame: yaw, pitch and scale relative to the payer's rest.

Rest is the median of the frames that hold still. Lengths are in outer-eye widths, and scale is the
natural logarithm. The eyes of a turned head appear closer together than they are. Pitch and scale
are corrected for that, by the angle that follows from the yaw.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import eye_width, pitch
from facepay.face.observe import SeenFrame
from facepay.face.pad.signal import CLOSER, NODS, TURNS

Displacement = NDArray[np.float64]

# Distance of the nose's base in front of the outer eye corners, as the points locate it. Yaw is
# this times the tangent of the angle.
_NOSE_DEPTH = 0.5


def displacement(seen: Sequence[SeenFrame], step: str) -> Displacement:
    """Return how far the head went, frame by frame, in the direction that `step` asks for.

    `step` is turn_left, turn_right, look_up, look_down or closer.

    Raises ValueError for another name.
    """
    if step in TURNS:
        return _from_rest(seen, lambda frame: frame.yaw) * TURNS[step]
    facing = 1 / np.sqrt(1 + (_from_rest(seen, lambda frame: frame.yaw) / _NOSE_DEPTH) ** 2)
    if step in NODS:
        drop = np.array([pitch(frame.points) for frame in seen]) * facing
        return (drop - _middle_of_hold(seen, drop)) * NODS[step]
    if step == CLOSER:
        near = np.log([eye_width(frame.points) for frame in seen]) - np.log(facing)
        return np.asarray(near - _middle_of_hold(seen, near))
    raise ValueError(f"no such step: {step}")


def furthest_frames(
    seen: Sequence[SeenFrame], number: int, step: str, count: int
) -> list[SeenFrame]:
    """Return the `count` frames of step `number` that went furthest, the furthest first."""
    far = displacement(seen, step)
    own = [at for at, frame in enumerate(seen) if frame.step == number]
    return [seen[at] for at in sorted(own, key=lambda at: -far[at])[:count]]


def neutral_frame(seen: Sequence[SeenFrame]) -> SeenFrame:
    """Return the frame of the hold whose yaw is closest to the hold's median."""
    yaws = _from_rest(seen, lambda frame: frame.yaw)
    hold = [at for at, frame in enumerate(seen) if frame.step == 0]
    return seen[min(hold, key=lambda at: abs(yaws[at]))]


def _from_rest(seen: Sequence[SeenFrame], measure: Callable[[SeenFrame], float]) -> Displacement:
    values = np.array([measure(frame) for frame in seen])
    return np.asarray(values - _middle_of_hold(seen, values))


def _middle_of_hold(seen: Sequence[SeenFrame], values: Displacement) -> float:
    return float(np.median(values[[frame.step == 0 for frame in seen]]))
