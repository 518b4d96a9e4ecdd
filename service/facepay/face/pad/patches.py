"""Find the same places of a face in two frames: the measurement behind `depth` and `nods`.

Each frame is mapped to a canvas of its own. The frame of the hold is aligned by its eyes, the
turned one by the affine map that brings its five points closest to those of the hold. Every place
then lies near its place in the other canvas, and flat things stay flat. The local mean and contrast
are normalised, so that different light has little effect. Each place of a grid is then searched as
a small patch by normalised correlation. The canvases are overwritten before this module returns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import dist
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import Points
from facepay.face.frames.decode import Grey
from facepay.face.observe import SeenFrame

_Places = NDArray[np.float64]  # (n, 2)

# The canvas: pixels per outer-eye width, and the position of the middle of the eyes.
UNIT = 48.0
_MIDDLE = np.array([60.0, 42.0])
_SIZE = (120, 126)  # width, height
_SURROUNDINGS = 6.0  # sigma in pixels of the surroundings by which a pixel is normalised
_CONTRAST = 45.0
# Half of a patch's side, and the range of its search across and down, in pixels.
_HALF, _ACROSS, _DOWN = 6, 15, 5
_MIN_DEVIATION = 6.0  # grey levels; a patch below it is blank
_MIN_CORRELATION = 0.55  # below it a place was not found again
_MAX_RETURN_ERROR = 0.05 * UNIT
_GRID, _NOSE_GRID = 0.16, 0.08


@dataclass(frozen=True, slots=True, repr=False)
class Correspondences:
    """Places found in both frames: x right, y down, in outer-eye widths from between the eyes.

    `places` and `moved` (n, 2) cover the whole face; `nose` and `nose_moved` (m, 2) the nose.
    """

    places: _Places
    moved: _Places
    nose: _Places
    nose_moved: _Places


def find_correspondences(hold: SeenFrame, turned: Sequence[SeenFrame]) -> list[Correspondences]:
    """Match places from `hold`, which looks into the camera, to each of the other frames."""
    laid_out = _align_by_eyes(hold.points)
    rest = _transform(laid_out, hold.points)
    still = _canvas(hold, laid_out)
    try:
        return [_compare(still, rest, frame) for frame in turned]
    finally:
        still.fill(0)


def _compare(still: Grey, rest: Points, turned: SeenFrame) -> Correspondences:
    other = _canvas(turned, _align_by_points(turned.points, rest))
    try:
        return Correspondences(
            *_match_grid(still, other, _face_grid()), *_match_grid(still, other, _nose_grid())
        )
    finally:
        other.fill(0)


def _align_by_eyes(points: Points) -> NDArray[np.float64]:
    """Return the similarity (2, 3) that puts the outer eye corners level, UNIT apart."""
    eyes = points[0] - points[2]
    a, b = UNIT * eyes / (eyes @ eyes)
    turn = np.array([[a, b], [-b, a]])
    return np.column_stack([turn, _MIDDLE - turn @ (points[0] + points[2]) / 2])


def _align_by_points(points: Points, rest: Points) -> NDArray[np.float64]:
    """Return the affine map (2, 3) that brings the points closest to the hold's on its canvas."""
    found, *_ = np.linalg.lstsq(np.column_stack([points, np.ones(len(points))]), rest, rcond=None)
    return np.asarray(found.T, dtype=np.float64)


def _transform(matrix: NDArray[np.float64], points: Points) -> Points:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float64)


def _canvas(frame: SeenFrame, matrix: NDArray[np.float64]) -> Grey:
    reduced = matrix.copy()
    reduced[:, :2] *= frame.reduction
    plain = cv2.warpAffine(frame.grey, reduced, _SIZE, flags=cv2.INTER_LINEAR)
    light = plain.astype(np.float32)
    detail = light - cv2.GaussianBlur(light, (0, 0), _SURROUNDINGS)
    spread = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), _SURROUNDINGS)) + 3
    even: Grey = np.clip(128 + detail / spread * _CONTRAST, 0, 255).astype(np.uint8)
    for used in (plain, light, detail, spread):
        used.fill(0)
    return even


def _match_grid(hold: Grey, turned: Grey, grid: _Places) -> tuple[_Places, _Places]:
    """Return the places of a grid that were found, and their positions in the other frame.

    A patch counts only if a search in the opposite direction returns to its place. Cheeks look
    alike all over, and parts that a turn hides are found in wrong positions.
    """
    kept = []
    for place in (grid * UNIT + _MIDDLE).tolist():
        there = _locate_patch(hold, turned, *place)
        here = there and _locate_patch(turned, hold, *there)
        if here and dist(here, place) < _MAX_RETURN_ERROR:
            kept.append((place, there))
    if not kept:
        return np.empty((0, 2)), np.empty((0, 2))
    both = (np.array(kept, dtype=np.float64) - _MIDDLE) / UNIT
    return both[:, 0], both[:, 1]


def _locate_patch(one: Grey, other: Grey, x: float, y: float) -> tuple[float, float] | None:
    """Return the position in `other` of the patch at (x, y) of `one`, or None.

    It uses plain numbers instead of arrays, because it runs a thousand times per capture.
    """
    near_x, near_y = round(x), round(y)
    height, width = one.shape
    if not (_HALF <= near_x < width - _HALF and _HALF <= near_y < height - _HALF):
        return None
    patch = one[near_y - _HALF : near_y + _HALF + 1, near_x - _HALF : near_x + _HALF + 1]
    if cv2.meanStdDev(patch)[1].item() < _MIN_DEVIATION:
        return None
    left, top = max(0, near_x - _HALF - _ACROSS), max(0, near_y - _HALF - _DOWN)
    window = other[top : near_y + _HALF + _DOWN + 1, left : near_x + _HALF + _ACROSS + 1]
    alike = cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, row) = cv2.minMaxLoc(alike)
    if best < _MIN_CORRELATION:
        return None
    off_x, off_y = _peak(alike[row], column), _peak(alike[:, column], row)
    return left + column + _HALF + off_x + x - near_x, top + row + _HALF + off_y + y - near_y


def _peak(line: NDArray[Any], at: int) -> float:
    """Return the offset of the top of the parabola through three values around the largest."""
    if not 0 < at < len(line) - 1:
        return 0.0
    before, top, after = line[at - 1 : at + 2].tolist()
    bend = before - 2 * top + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0


@cache
def _face_grid() -> _Places:
    """Return a grid in an ellipse over brows, eyes, cheeks and mouth."""
    places = _lattice((-0.63, 0.64), (-0.5, 1.2), _GRID)
    x, y = places.T
    return np.asarray(places[(x / 0.68) ** 2 + ((y - 0.38) / 0.85) ** 2 <= 1])


@cache
def _nose_grid() -> _Places:
    return _lattice((-0.16, 0.17), (0.06, 0.58), _NOSE_GRID)


def _lattice(across: tuple[float, float], down: tuple[float, float], step: float) -> _Places:
    return np.array([(x, y) for y in np.arange(*down, step) for x in np.arange(*across, step)])
