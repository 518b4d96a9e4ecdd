"""Measure the colours of the face and of the background, frame by frame.

`light`, `reflection` and `cover` read them. Each face is mapped by its eyes to cells of a tenth of
an outer-eye width, from a picture decoded at a quarter of the size. A cell holds the mean of linear
light, not of the camera's code for it. The pixels are overwritten at once. The caller keeps the
cells, and overwrites them with `Colours.wipe`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import Points
from facepay.face.frames.decode import Pixels, decode_colour
from facepay.face.observe import SeenFrame

_Light = NDArray[np.float64]

_REDUCTION = 4
_COLUMNS, _ROWS = 14, 20
_CELL = 0.1
_LEFT, _TOP = -0.7, -0.7  # in outer-eye widths from the middle of the eyes
_FINE = 4  # pixels per cell, each way, before averaging
_GAMMA = 2.2
_CORNER_PX = 8  # side of the upper corners, which show the background, at a quarter of the size


@dataclass(slots=True, repr=False)
class Colours:
    """Linear light, 0 to 1: `cells` (frames, cells, 3) of the face, `background` (frames, 3).

    `skin` (cells,) marks the cells that mostly show skin: without eyes, mouth and the edge of the
    face.
    """

    cells: _Light
    background: _Light
    skin: NDArray[np.bool_]

    def first(self, frames: int) -> "Colours":
        """Return a view of the first `frames` frames, which is overwritten with the whole."""
        return Colours(self.cells[:frames], self.background[:frames], self.skin)

    def wipe(self) -> None:
        """Overwrite all measured light."""
        self.cells.fill(0)
        self.background.fill(0)


def measure_colours(seen: Sequence[SeenFrame]) -> Colours:
    """Measure the colours of these frames. Raises FaceRefusal as `decode`."""
    inside, skin, _ = _cells()
    cells, background = np.zeros((len(seen), int(inside.sum()), 3)), np.zeros((len(seen), 3))
    for at, frame in enumerate(seen):
        pixels = decode_colour(frame.image, _REDUCTION)
        try:
            cells[at] = _cell_light(pixels, frame.points / _REDUCTION)[inside]
            background[at] = _corners(pixels)
        finally:
            pixels.fill(0)
    return Colours(cells, background, skin)


def mean_near(colours: Colours, places: Sequence[tuple[float, float]]) -> _Light:
    """Return (3,): the mean of the cells nearest to places (outer-eye widths), over all frames."""
    _, _, middles = _cells()
    near = [int(np.argmin(np.linalg.norm(middles - place, axis=1))) for place in places]
    return np.asarray(colours.cells[:, near].mean(axis=(0, 1)))


@cache
def within(first: tuple[float, float], last: tuple[float, float]) -> NDArray[np.bool_]:
    """Return (cells,): the cells whose middles lie between two corners, in outer-eye widths."""
    _, _, middles = _cells()
    return np.asarray(((middles > first) & (middles < last)).all(axis=1))


def _cell_light(pixels: Pixels, points: Points) -> NDArray[np.float32]:
    """Return (rows, columns, 3): the mean light of each cell."""
    along = points[0] - points[2]
    down = np.array([-along[1], along[0]])
    middle = (points[0] + points[2]) / 2
    left, right = _LEFT, _LEFT + _CELL * _COLUMNS
    low = _TOP + _CELL * _ROWS
    corners = [(left, _TOP), (right, _TOP), (left, low)]
    there = np.array([middle + x * along + y * down for x, y in corners], dtype=np.float32)
    size = (_COLUMNS * _FINE, _ROWS * _FINE)
    here = np.array([(0, 0), (size[0], 0), (0, size[1])], dtype=np.float32)
    fine = cv2.warpAffine(pixels, cv2.getAffineTransform(there, here), size)
    light = _linear()[fine]
    cells = cv2.resize(light, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
    fine.fill(0)
    light.fill(0)
    return np.asarray(cells, dtype=np.float32)


def _corners(pixels: Pixels) -> _Light:
    top = pixels[: 3 * _CORNER_PX]
    sides = np.concatenate([top[:, :_CORNER_PX], top[:, -_CORNER_PX:]], axis=1)
    return np.asarray(_linear()[sides].mean(axis=(0, 1)), dtype=np.float64)


@cache
def _linear() -> NDArray[np.float32]:
    return np.asarray((np.arange(256) / 255) ** _GAMMA, dtype=np.float32)


@cache
def _cells() -> tuple[NDArray[np.bool_], NDArray[np.bool_], _Light]:
    """Return the cells (rows, columns) on a face, which of those are skin, and their middles."""
    x = (_LEFT + _CELL * (np.arange(_COLUMNS) + 0.5))[None, :]
    y = (_TOP + _CELL * (np.arange(_ROWS) + 0.5))[:, None]
    inside = (x / 0.7) ** 2 + ((y - 0.25) / 1.05) ** 2 < 1
    skin = ((x / 0.55) ** 2 + ((y - 0.3) / 0.9) ** 2 < 1) & (np.abs(y) > 0.13)
    middles = np.stack(np.broadcast_arrays(x, y), axis=-1)[inside]
    return inside, np.asarray(skin[inside]), np.asarray(middles)
