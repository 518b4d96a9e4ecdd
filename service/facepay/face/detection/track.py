"""Follow the one face of a capture from frame to frame.

The tracker searches the first picture as a whole. It then takes the face to be in its last box as
long as the pixels there resemble those of the frame before. Where they do not (a turn, a nod, a
hand in front, a stranger), the detector searches near the last box and then the whole picture. It
does the same in every picture that is searched for bystanders. A frame in which no detector finds a
face has no box.

The tracker does not identify the face. Another person who takes the payer's place in the same pose,
image section and light counts as the same face here; `pad.identity` compares the persons.
"""

from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import blake2b

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.bystanders import BystanderSearch
from facepay.face.detection.detect import Box, Detector
from facepay.face.frames.decode import Grey

# Least correlation of two neighbouring frames inside the same box. Heads at rest in a shaking hand
# stay above it; a turn by a few degrees or another person falls below. At 0.88, boxes that no
# longer fitted made 2 of 64 rendered turns measure too small; at 0.94 none.
MIN_CORRELATION = 0.94
_PATCH_SIDE = 24
_THUMBNAIL_SHORT_SIDE = 120


@dataclass(frozen=True, slots=True, repr=False)
class TrackedFrame:
    """Result for one frame.

    `box` is None where there is no face. `change` is the mean absolute difference to the frame
    before in grey levels, NaN for the first. `fingerprint` is a hash of the thumbnail, equal for
    frames with equal thumbnails.
    """

    box: Box | None
    change: float
    fingerprint: bytes


class Tracker:
    """The face of one capture. `close` overwrites every copy of pixels that it keeps."""

    def __init__(self, detector: Detector, pool: Executor) -> None:
        self._detector = detector
        self._bystanders = BystanderSearch(detector, pool)
        self._box: Box | None = None
        self._face_patch: Grey | None = None
        self._thumbnail: Grey | None = None
        self._shape: tuple[int, ...] = ()
        self._position = -1

    def follow(self, grey: Grey, *, last: bool) -> TrackedFrame:
        """Find the face in the next frame. Leave `grey` unchanged until `finish` or `close`.

        Raises FaceRefusal TWO_FACES, which may be about an earlier frame.
        """
        self._position += 1
        if self._thumbnail is not None and grey.shape != self._shape:
            self._box = None  # positions do not carry over to a picture of another size
            self._bystanders.reset()
        self._shape = grey.shape
        before, self._thumbnail = self._thumbnail, _thumbnail(grey)
        box = self._find(grey, self._thumbnail, last=last)
        if box is not self._box or box is None:
            _overwrite(self._face_patch)
            self._face_patch = None if box is None else _face_patch(grey, box)
        self._box = box or self._box
        fingerprint = blake2b(self._thumbnail.data, digest_size=16).digest()
        return TrackedFrame(box, _change(before, self._thumbnail), fingerprint)

    def finish(self) -> None:
        """Wait for the last search. Raises FaceRefusal TWO_FACES where it found a bystander."""
        self._bystanders.finish()

    def close(self) -> None:
        """Wait for the running search, and overwrite every copy of pixels."""
        self._bystanders.close()
        for kept in (self._face_patch, self._thumbnail):
            _overwrite(kept)

    def _find(self, grey: Grey, thumbnail: Grey, *, last: bool) -> Box | None:
        if self._box is None:
            return self._bystanders.search(grey, thumbnail, self._position)
        searching = self._bystanders.schedule_search(
            grey, thumbnail, self._box, self._position, last=last
        )
        if not searching and self._is_unchanged(grey, self._box):
            return self._box
        near = self._detector.find_near(grey, self._box)
        return near or self._bystanders.search(grey, thumbnail, self._position)

    def _is_unchanged(self, grey: Grey, box: Box) -> bool:
        if self._face_patch is None:
            return False
        now = _face_patch(grey, box)
        alike = _correlation(self._face_patch, now) >= MIN_CORRELATION
        _overwrite(self._face_patch)
        self._face_patch = now
        return alike


def _thumbnail(grey: Grey) -> Grey:
    """Reduce by a whole factor so that 640 x 480 becomes 160 x 120, and others likewise."""
    factor = max(1, min(grey.shape) // _THUMBNAIL_SHORT_SIDE)
    height, width = (max(1, side // factor) for side in grey.shape)
    return _shrink(grey, (width, height))


def _change(before: Grey | None, now: Grey) -> float:
    if before is None or before.shape != now.shape:
        return float("nan")
    change = float(np.abs(now.astype(np.int16) - before).mean())
    return change


def _face_patch(grey: Grey, box: Box) -> Grey:
    left, top, right, bottom = (max(0, value) for value in box.corners())
    return _shrink(grey[top:bottom, left:right], (_PATCH_SIDE, _PATCH_SIDE))


def _shrink(grey: Grey, size: tuple[int, int]) -> Grey:
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _correlation(one: Grey, other: Grey) -> float:
    """Return Pearson's correlation, -1 to 1, and 0 where one of them is constant."""
    a, b = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    a -= a.mean()
    b -= b.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else 0.0


def _overwrite(kept: NDArray[np.generic] | None) -> None:
    if kept is not None:
        kept.fill(0)
