"""Judge whether a head turned, or something flat or bent.

Patches of the face are located in a frame of the hold and in the furthest frames of each turn
(`patches`). Two measures follow, in outer-eye widths:

- `residual`: the distance of the patches from the homography that fits all of them best. Two
  pictures of a flat print are related by a homography, however the print is held or tilted.
- `relief`: how much further the tip of the nose moved than its bridge, relative to a homography
  through the rest of the face. A bent sheet and a paper mask move smoothly; a nose stands out.

Within a turn, `residual` is the median over its frames and `relief` the upper quartile. Over all
turns, the smallest value of each counts.

Stops: anything flat or bent, however it is tilted, and paper masks. Cannot stop: recordings of a
real head, worn rigid masks, rendered heads.

On rendered captures of the 20 people by whom thresholds are tuned, heads have a residual of at
least 0.034 and a relief of at least 0.060. Flat prints have at most 0.011 and 0.004, bent ones at
most 0.021 and 0.009. Paper masks have a relief of at most 0.026, except 1 of 40, whose nose was not
found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import yaw
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.motion import furthest_frames, neutral_frame
from facepay.face.pad.patches import Correspondences, find_correspondences
from facepay.face.pad.signal import TURNS, Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Depth

NAME = "depth"
FRAMES_A_TURN = 2
_LEAST_PLACES, _LEAST_OF_NOSE = 12, 2
# In outer-eye widths: the nose and the part that it hides, which the rest of the face excludes.
_AROUND_NOSE_X, _AROUND_NOSE_Y = 0.27, (0.0, 0.62)
_BRIDGE, _TIP = (0.0, 0.20), (0.30, 0.52)


@dataclass(frozen=True, slots=True)
class TurnDepth:
    """Measures of one turn in outer-eye widths; see the module docstring."""

    residual: float
    relief: float


def judge(observation: Observation, challenge: Challenge, limits: Depth) -> Signal:
    """Judge all turns of the challenge; the score is the relief.

    A challenge without a turn is NOT_MEASURABLE.
    """
    depths = []
    for number, step in enumerate(challenge.steps, start=1):
        if step in TURNS:
            turn_depth = _measure_turn(observation.seen, number, step)
            if turn_depth is None:
                return Signal(NAME, None, Verdict.NOT_MEASURABLE, "not_followed")
            depths.append(turn_depth)
    if not depths:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "no_turn_was_asked_for")
    residual = min(turn_depth.residual for turn_depth in depths)
    relief = min(turn_depth.relief for turn_depth in depths)
    if residual < limits.residual:
        return Signal(NAME, relief, Verdict.FAIL, "flat")
    if relief < limits.bent:
        return Signal(NAME, relief, Verdict.FAIL, "no_nose_stands_out")
    if relief < limits.relief:
        return Signal(NAME, relief, Verdict.NOT_MEASURABLE, "relief_unclear")
    return Signal(NAME, relief, Verdict.PASS, "a_head")


def _measure_turn(seen: Sequence[SeenFrame], number: int, step: str) -> TurnDepth | None:
    """Measure the furthest frames of a turn; return None where no patches were found again."""
    still = neutral_frame(seen)
    shown = furthest_frames(seen, number, step, FRAMES_A_TURN)
    depths = [
        measure_depth(found, _turn_direction(still, frame))
        for frame, found in zip(shown, find_correspondences(still, shown), strict=True)
    ]
    measured = [turn_depth for turn_depth in depths if turn_depth is not None]
    if not measured:
        return None
    # The upper quartile of the relief, because a nose is missed where much is hidden or patches
    # resemble their surroundings, while a smooth surface never shows one.
    return TurnDepth(
        residual=float(np.median([turn_depth.residual for turn_depth in measured])),
        relief=float(np.percentile([turn_depth.relief for turn_depth in measured], 75)),
    )


def _turn_direction(still: SeenFrame, turned: SeenFrame) -> float:
    """Return 1 where the nose went to larger x of the picture, and -1 otherwise."""
    went = yaw(turned.points, mirrored=False) - yaw(still.points, mirrored=False)
    return 1.0 if went > 0 else -1.0


def measure_depth(found: Correspondences, sign: float) -> TurnDepth | None:
    """Measure one pair of frames; `sign` is 1 where the nose went to larger x, and -1 otherwise.

    Returns None where too few patches of the nose or of the rest were found.
    """
    bridge = _within(found.nose[:, 1], _BRIDGE)
    off_plane, tip = _off_plane(found), _within(found.nose[:, 1], _TIP)
    if off_plane is None or min(bridge.sum(), tip.sum()) < _LEAST_OF_NOSE:
        return None
    whole, _ = cv2.findHomography(found.places, found.moved, 0)
    if whole is None:
        return None
    off = np.linalg.norm(found.moved - _project(whole, found.places), axis=1)
    # A nose stands towards the camera, so it moves further than the face behind it.
    ahead = sign * off_plane[:, 0]
    # Beside its ridge a nose stands out less, and hidden patches are found in wrong positions.
    relief = np.percentile(ahead[tip], 75) - np.median(ahead[bridge])
    return TurnDepth(residual=float(np.median(off)), relief=float(relief))


def nose_drop(found: Correspondences) -> float | None:
    """Return how far the tip of the nose moved down relative to the rest of the face.

    The unit is outer-eye widths. Returns None where the nose was not found.
    """
    off_plane, tip = _off_plane(found), _within(found.nose[:, 1], _TIP)
    if off_plane is None or tip.sum() < _LEAST_OF_NOSE:
        return None
    return float(np.median(off_plane[tip, 1]))


def _off_plane(found: Correspondences) -> NDArray[np.float64] | None:
    """Return (m, 2): offsets of the nose's patches from a homography through the rest."""
    x, y = found.places.T
    rest = ~((np.abs(x) < _AROUND_NOSE_X) & _within(y, _AROUND_NOSE_Y))
    if rest.sum() < _LEAST_PLACES or not len(found.nose):
        return None
    # Least median of squares leaves out what fewer than half of the patches do, nose or error.
    plane, _ = cv2.findHomography(found.places[rest], found.moved[rest], cv2.LMEDS)
    if plane is None:
        return None
    return np.asarray(found.nose_moved - _project(plane, found.nose))


def _within(values: NDArray[np.float64], bounds: tuple[float, float]) -> NDArray[np.bool_]:
    return (values > bounds[0]) & (values < bounds[1])


def _project(homography: Any, places: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.perspectiveTransform(places[None], homography)[0], dtype=np.float64)
