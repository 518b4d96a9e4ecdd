"""Follow the one face of a capture from frame to frame.

The tracker searches the first picture whole. It then takes the face to be at its last place as long
as the pixels there look like those of the frame before. Where they do not (a turn, a nod, a hand in
front, a stranger), and in every picture that is searched for bystanders, the detector searches near
the last place and then everywhere. A frame in which no detector finds a face has none.

It does not say whose face it is: somebody who takes the payer's place with a face in the same
pose, shot and light is seen as one face here.
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

# Correlation of two neighbouring frames' faces, in the same place. Heads at rest in a hand that
# shakes stay above it, a turn by a few degrees or another person falls below. At 0.88 a box that
# no longer fits made 2 of 64 rendered turns read too small; at 0.94 none.
SAME_LOOK = 0.94
_LOOK_SIDE = 24
_THUMB_SHORT_SIDE = 120


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """`box` is None where there is no face; `change` is the mean absolute difference to the frame
    before in grey levels, NaN for the first; `fingerprint` is equal for frames that look equal.
    """

    box: Box | None
    change: float
    fingerprint: bytes


class Tracker:
    """`close` overwrites what it remembers of a picture."""

    def __init__(self, detector: Detector, pool: Executor) -> None:
        self._detector = detector
        self._bystanders = BystanderSearch(detector, pool)
        self._box: Box | None = None
        self._look: Grey | None = None
        self._thumb: Grey | None = None
        self._shape: tuple[int, ...] = ()
        self._position = -1

    def follow(self, grey: Grey, *, last: bool) -> Found:
        """The face in the next frame; leave `grey` as it is until `finish` or `close`.

        Raises FaceRefusal TWO_FACES, which may be about an earlier frame.
        """
        self._position += 1
        if self._thumb is not None and grey.shape != self._shape:
            self._box = None  # places in a picture of another size say nothing
            self._bystanders.forget_places()
        self._shape = grey.shape
        before, self._thumb = self._thumb, _thumb(grey)
        box = self._find(grey, self._thumb, last=last)
        if box is not self._box or box is None:
            _forget(self._look)
            self._look = None if box is None else _look(grey, box)
        self._box = box or self._box
        fingerprint = blake2b(self._thumb.data, digest_size=16).digest()
        return Found(box, _change(before, self._thumb), fingerprint)

    def finish(self) -> None:
        """Raises FaceRefusal TWO_FACES, where a bystander was found in the end."""
        self._bystanders.finish()

    def close(self) -> None:
        self._bystanders.close()
        for kept in (self._look, self._thumb):
            _forget(kept)

    def _find(self, grey: Grey, thumb: Grey, *, last: bool) -> Box | None:
        if self._box is None:
            return self._bystanders.search(grey, thumb, self._position)
        searching = self._bystanders.schedule_search(
            grey, thumb, self._box, self._position, last=last
        )
        if not searching and self._looks_the_same(grey, self._box):
            return self._box
        near = self._detector.find_near(grey, self._box)
        return near or self._bystanders.search(grey, thumb, self._position)

    def _looks_the_same(self, grey: Grey, box: Box) -> bool:
        if self._look is None:
            return False
        now = _look(grey, box)
        alike = _correlation(self._look, now) >= SAME_LOOK
        _forget(self._look)
        self._look = now
        return alike


def _thumb(grey: Grey) -> Grey:
    """160 x 120 of a 640 x 480 picture; others likewise, by a whole factor."""
    factor = max(1, min(grey.shape) // _THUMB_SHORT_SIDE)
    height, width = (max(1, side // factor) for side in grey.shape)
    return _shrunk(grey, (width, height))


def _change(before: Grey | None, now: Grey) -> float:
    if before is None or before.shape != now.shape:
        return float("nan")
    change = float(np.abs(now.astype(np.int16) - before).mean())
    return change


def _look(grey: Grey, box: Box) -> Grey:
    left, top, right, bottom = (max(0, value) for value in box.corners())
    return _shrunk(grey[top:bottom, left:right], (_LOOK_SIDE, _LOOK_SIDE))


def _shrunk(grey: Grey, size: tuple[int, int]) -> Grey:
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _correlation(one: Grey, other: Grey) -> float:
    """Pearson's, -1 to 1; 0 where one of them is flat."""
    a, b = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    a -= a.mean()
    b -= b.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else 0.0


def _forget(kept: NDArray[np.generic] | None) -> None:
    if kept is not None:
        kept.fill(0)
