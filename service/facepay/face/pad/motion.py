"""What a head did, frame by frame: yaw, pitch and scale against the payer's own rest.

Rest is the middle of the frames that hold still. Lengths are in outer-eye widths, scale is the
natural logarithm. A turned head shows its eyes closer together than they are: pitch and scale are
told as if it did not, by the angle that the yaw stands for.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import eye_width, pitch
from facepay.face.observe import SeenFrame
from facepay.face.pad.signal import CLOSER, NODS, TURNS

Course = NDArray[np.float64]

# How far the nose's base lies before the outer corners of the eyes, as the points draw it: yaw is
# this times the tangent of the angle.
_NOSE_DEPTH = 0.5


def course(seen: Sequence[SeenFrame], step: str) -> Course:
    """Frame by frame, how far the head went where the step asks it to. Raises ValueError."""
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


def furthest(seen: Sequence[SeenFrame], number: int, step: str, count: int) -> list[SeenFrame]:
    """The frames of step `number` that went furthest, the furthest first."""
    far = course(seen, step)
    own = [at for at, frame in enumerate(seen) if frame.step == number]
    return [seen[at] for at in sorted(own, key=lambda at: -far[at])[:count]]


def most_at_rest(seen: Sequence[SeenFrame]) -> SeenFrame:
    """The frame of the hold in which the head is turned as it is in most of them."""
    yaws = _from_rest(seen, lambda frame: frame.yaw)
    hold = [at for at, frame in enumerate(seen) if frame.step == 0]
    return seen[min(hold, key=lambda at: abs(yaws[at]))]


def _from_rest(seen: Sequence[SeenFrame], measure: Callable[[SeenFrame], float]) -> Course:
    values = np.array([measure(frame) for frame in seen])
    return np.asarray(values - _middle_of_hold(seen, values))


def _middle_of_hold(seen: Sequence[SeenFrame], values: Course) -> float:
    return float(np.median(values[[frame.step == 0 for frame in seen]]))
