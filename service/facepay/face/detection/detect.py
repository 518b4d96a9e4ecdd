"""Find faces with dlib's HOG detector (histograms of oriented gradients), and a second face.

A whole picture is searched in grey, reduced to the area of 400 x 300 and without upsampling. That
is fast, and upsampling finds faces in folds of clothing. Where a face was a moment ago, a crop
around its last box is searched at a finer scale, first with a reduced detector. Small faces in the
background are not found, on purpose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import dlib
import numpy as np

from facepay.face.detection.dlib_models import LockedDetector, models
from facepay.face.frames.decode import Grey

# A face of a third of the frame's height then has 87 (16:9) to 100 (4:3) pixels; 80 are needed.
SEARCH_AREA = 400 * 300
MIN_SCORE = 0.0
# A second face counts from this share of the first face's area, and above this HOG score.
SECOND_FACE_AREA = 0.35
SECOND_FACE_SCORE = 0.25
# Two boxes that overlap this much are one face, found by two of the detector's five filters.
SAME_FACE_OVERLAP = 0.3
# Side of the crop in face heights, and the height of a face in it in pixels: the local search
# comes first, then wider ones.
_LOCAL_ROI = (1.7, 84)
_WIDER_ROIS = ((1.9, 86), (2.4, 90))
# Lower than MIN_SCORE, because a face is known to be near. Of 29 rendered heads turned by 31 to 35
# degrees that the first search lost, 28 are found so, and 23 at -0.2 in 1.9 faces.
_ROI_MIN_SCORE = -0.3
_WINDOW_PX = 80
_LONGEST_SIDE_PX = 2400


@dataclass(frozen=True, slots=True)
class Box:
    """A face's square in pixels of the full picture, and the detector's score."""

    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def height(self) -> float:
        """Return the height in pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Return the area in square pixels."""
        return (self.right - self.left) * self.height

    def corners(self) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom as whole pixels."""
        return round(self.left), round(self.top), round(self.right), round(self.bottom)

    def overlap(self, other: "Box") -> float:
        """Return the intersection over the smaller area, 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        return width * height / min(self.area, other.area)


def centred(x: float, y: float, height: float, score: float) -> Box:
    """Return a square box of this height around (x, y)."""
    half = height / 2
    return Box(x - half, y - half, x + half, y + half, score)


class Detector(Protocol):
    """Interface of a face detector on grey pictures; `yunet.YunetDetector` is another one."""

    def find_faces(self, grey: Grey) -> list[Box]:
        """Return all faces of a picture, best score first."""

    def find_near(self, grey: Grey, last: Box) -> Box | None:
        """Return the face near its last box, or None."""


class HogDetector:
    """dlib's frontal detector. The landmark model was trained on boxes of this detector."""

    def find_faces(self, grey: Grey) -> list[Box]:
        return find_faces(grey)

    def find_near(self, grey: Grey, last: Box) -> Box | None:
        return find_near(grey, last)


def find_faces(grey: Grey, *, area: int = SEARCH_AREA) -> list[Box]:
    """Return all faces, best score first; the picture is reduced to `area` pixels."""
    scale = float(np.sqrt(area / grey.size))
    return _search(models().full, grey, (0, 0), scale, MIN_SCORE)


def find_near(grey: Grey, last: Box) -> Box | None:
    """Search a crop around the last box at a finer scale; return the face or None."""
    loaded = models()
    local = _in_crop(loaded.local, grey, last, _LOCAL_ROI)
    wider = (_in_crop(loaded.local_full, grey, last, roi) for roi in _WIDER_ROIS)
    return local or next((box for box in wider if box), None)


def _in_crop(detector: LockedDetector, grey: Grey, last: Box, roi: tuple[float, int]) -> Box | None:
    faces, height = roi
    middle_x, middle_y = (last.left + last.right) / 2, (last.top + last.bottom) / 2
    reach = last.height * faces / 2
    left, top = max(0, round(middle_x - reach)), max(0, round(middle_y - reach))
    crop = grey[top : max(0, round(middle_y + reach)), left : max(0, round(middle_x + reach))]
    boxes = _search(detector, crop, (left, top), height / last.height, _ROI_MIN_SCORE)
    return next((box for box in boxes if box.overlap(last) >= SAME_FACE_OVERLAP), None)


def has_second_face(boxes: Sequence[Box]) -> bool:
    """Return whether a second person stands in the capture zone. `boxes` as of `find_faces`."""
    first = boxes[0] if boxes else None
    return first is not None and any(
        box.area >= SECOND_FACE_AREA * first.area
        and box.score > SECOND_FACE_SCORE
        and box.overlap(first) < SAME_FACE_OVERLAP
        for box in boxes[1:]
    )


def _search(
    detector: LockedDetector, grey: Grey, origin: tuple[int, int], scale: float, threshold: float
) -> list[Box]:
    # dlib's detector writes outside its heap on very long or very flat pictures. A picture smaller
    # than its window, such as a crop at a frame's edge, contains no face that it can find.
    sides = [side * scale for side in grey.shape]
    if not sides or min(sides) < _WINDOW_PX or max(sides) > _LONGEST_SIDE_PX:
        return []
    small = _shrink(grey, scale)
    found = detector.run(small, threshold)
    small.fill(0)
    boxes = [_box(rect, score, origin, scale) for rect, score in zip(*found, strict=True)]
    return sorted(boxes, key=lambda box: box.score, reverse=True)


def _shrink(grey: Grey, scale: float) -> Grey:
    height, width = grey.shape
    small: Grey = dlib.resize_image(
        np.ascontiguousarray(grey), round(height * scale), round(width * scale)
    )
    return small


def _box(rect: Any, score: float, origin: tuple[int, int], scale: float) -> Box:
    x, y = origin
    return Box(
        left=x + rect.left() / scale,
        top=y + rect.top() / scale,
        right=x + rect.right() / scale,
        bottom=y + rect.bottom() / scale,
        score=float(score),
    )
