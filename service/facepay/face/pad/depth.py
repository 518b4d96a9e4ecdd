"""Is what turned a head, or something flat or bent?

Between a frame of the hold and the furthest frames of each turn the face is followed patch by patch
(`patches`). Two numbers come of it, in outer-eye widths:

- `residual`: how far the places lie from the homography that fits all of them best. However a flat
  print is held, tilted or slanted, its two pictures are a homography of each other.
- `relief`: how much further the tip of the nose moved than its bridge, against a homography through
  the rest of the face. A sheet that is bent, and a paper mask, move smoothly; a nose stands out.

Of each turn the middle of its frames counts, and of all turns the smallest.

Stops: anything flat or bent, however it is tilted, and paper masks. Cannot stop: recordings of a
real head, worn rigid masks, rendered heads.

Rendered, 20 people of the half that thresholds are chosen by: heads residual at least 0.034 and
relief at least 0.060; flat prints at most 0.011 and 0.004, bent ones 0.021 and 0.009; paper masks
relief at most 0.026, but one of 40, whose nose was not found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import yaw
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.motion import furthest, most_at_rest
from facepay.face.pad.patches import Followed, follow
from facepay.face.pad.signal import TURNS, Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Depth

NAME = "depth"
FRAMES_A_TURN = 2
_LEAST_PLACES, _LEAST_OF_NOSE = 12, 2
# In outer-eye widths: the nose and what it hides, which the rest of the face is told without.
_AROUND_NOSE_X, _AROUND_NOSE_Y = 0.27, (0.0, 0.62)
_BRIDGE, _TIP = (0.0, 0.20), (0.30, 0.52)


@dataclass(frozen=True, slots=True)
class Shape:
    """In outer-eye widths, as the module says."""

    residual: float
    relief: float


def judge(observation: Observation, challenge: Challenge, limits: Depth) -> Signal:
    """The score is the relief."""
    shapes = []
    for number, step in enumerate(challenge.steps, start=1):
        if step in TURNS:
            shape = _turned(observation.seen, number, step)
            if shape is None:
                return Signal(NAME, None, Verdict.NOT_MEASURABLE, "not_followed")
            shapes.append(shape)
    if not shapes:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "no_turn_was_asked_for")
    residual = min(shape.residual for shape in shapes)
    relief = min(shape.relief for shape in shapes)
    if residual < limits.residual:
        return Signal(NAME, relief, Verdict.FAIL, "flat")
    if relief < limits.bent:
        return Signal(NAME, relief, Verdict.FAIL, "no_nose_stands_out")
    if relief < limits.relief:
        return Signal(NAME, relief, Verdict.NOT_MEASURABLE, "relief_unclear")
    return Signal(NAME, relief, Verdict.PASS, "a_head")


def _turned(seen: Sequence[SeenFrame], number: int, step: str) -> Shape | None:
    """The middle of what the furthest frames of a turn show; None where none could be followed."""
    still = most_at_rest(seen)
    shown = furthest(seen, number, step, FRAMES_A_TURN)
    shapes = [
        shape_of(followed, _towards(still, frame))
        for frame, followed in zip(shown, follow(still, shown), strict=True)
    ]
    measured = [shape for shape in shapes if shape is not None]
    if not measured:
        return None
    # Of the relief the upper quartile: where much is hidden or nothing can be told from its
    # surroundings a nose is missed, but nothing smooth ever looks like one.
    return Shape(
        residual=float(np.median([shape.residual for shape in measured])),
        relief=float(np.percentile([shape.relief for shape in measured], 75)),
    )


def _towards(still: SeenFrame, turned: SeenFrame) -> float:
    """1 where the nose went to larger x of the picture, -1 where it went to smaller."""
    went = yaw(turned.points, mirrored=False) - yaw(still.points, mirrored=False)
    return 1.0 if went > 0 else -1.0


def shape_of(followed: Followed, sign: float) -> Shape | None:
    bridge = _within(followed.nose[:, 1], _BRIDGE)
    off_plane, tip = _off_plane(followed), _within(followed.nose[:, 1], _TIP)
    if off_plane is None or min(bridge.sum(), tip.sum()) < _LEAST_OF_NOSE:
        return None
    whole, _ = cv2.findHomography(followed.places, followed.moved, 0)
    if whole is None:
        return None
    off = np.linalg.norm(followed.moved - _through(whole, followed.places), axis=1)
    # A nose stands towards the camera, so it goes further than what lies behind it.
    ahead = sign * off_plane[:, 0]
    # Beside its ridge a nose stands out less, and what it hides is found anywhere.
    relief = np.percentile(ahead[tip], 75) - np.median(ahead[bridge])
    return Shape(residual=float(np.median(off)), relief=float(relief))


def nose_down(followed: Followed) -> float | None:
    """How far the tip of the nose moved down against the rest of the face; None: not found."""
    off_plane, tip = _off_plane(followed), _within(followed.nose[:, 1], _TIP)
    if off_plane is None or tip.sum() < _LEAST_OF_NOSE:
        return None
    return float(np.median(off_plane[tip, 1]))


def _off_plane(followed: Followed) -> NDArray[np.float64] | None:
    """(m, 2): where the nose's places are, against a homography through the rest of the face."""
    x, y = followed.places.T
    rest = ~((np.abs(x) < _AROUND_NOSE_X) & _within(y, _AROUND_NOSE_Y))
    if rest.sum() < _LEAST_PLACES or not len(followed.nose):
        return None
    # Least median of squares: whatever less than half of the places do, nose or error, is left out.
    plane, _ = cv2.findHomography(followed.places[rest], followed.moved[rest], cv2.LMEDS)
    if plane is None:
        return None
    return np.asarray(followed.nose_moved - _through(plane, followed.nose))


def _within(values: NDArray[np.float64], bounds: tuple[float, float]) -> NDArray[np.bool_]:
    return (values > bounds[0]) & (values < bounds[1])


def _through(homography: Any, places: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.perspectiveTransform(places[None], homography)[0], dtype=np.float64)
