"""The one face of a capture, followed from frame to frame.

A whole picture is searched in the first frame, in every seventh after a search (1.5 s), in the last
unless one of the two before it was, and at once when something as large as a face that counts
changed outside of the payer's head. A second person ends the capture (`TWO_FACES`), and nothing of
the bystander is kept. In between the face is taken to be where it was, as long as what is there
looks like the frame before; where it does not (a turn, a step, a hand in front, another face), the
detector looks again near the last place, and then everywhere. A frame in which no detector finds a
face has none.

It does not say whose face it is: somebody who takes the payer's place with a face in the same
pose, shot and light is seen as one face here.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facepay.face.decode import Grey
from facepay.face.detect import SECOND_FACE_AREA, Box, Detector, has_second_face
from facepay.face.errors import FaceRefusal, RefusalKind

SEARCH_EVERY = 7
FINAL_SEARCH_AFTER = 3
# Correlation of two neighbouring frames' faces, in the same place. Heads at rest in a hand that
# shakes stay above it, a turn by a few degrees or another person falls below. At 0.88 a box that
# no longer fits made 2 of 64 rendered turns read too small; at 0.94 none.
SAME_LOOK = 0.94
# A block of the thumbnail has changed when its mean differs by this many grey levels: more than
# edges do that a shaking hand moves.
_CHANGED_LEVELS = 24
_BLOCK = 8
_LOOK_SIDE = 24
_THUMB_SHORT_SIDE = 120
# What belongs to the payer: the box holds brows to chin, the head with its hair is about this much.
_HEAD_BOXES = 2.0


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

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._box: Box | None = None
        self._look: Grey | None = None
        self._thumb: Grey | None = None
        self._searched: NDArray[np.float64] | None = None  # the blocks of the last whole search
        self._since_search = 0
        self._shape: tuple[int, ...] = ()
        self._position = -1

    def follow(self, grey: Grey, *, last: bool) -> Found:
        """The face in the next frame. Raises FaceRefusal TWO_FACES."""
        self._position += 1
        self._since_search += 1
        if self._thumb is not None and grey.shape != self._shape:
            self._box = self._searched = None  # places in a picture of another size say nothing
        self._shape = grey.shape
        before, self._thumb = self._thumb, _thumb(grey)
        due = FINAL_SEARCH_AFTER if last else SEARCH_EVERY
        box = self._find(grey, self._thumb, whole=self._since_search >= due)
        if box is not self._box or box is None:
            _forget(self._look)
            self._look = None if box is None else _look(grey, box)
        self._box = box or self._box
        fingerprint = blake2b(self._thumb.data, digest_size=16).digest()
        return Found(box, _change(before, self._thumb), fingerprint)

    def close(self) -> None:
        for kept in (self._look, self._thumb, self._searched):
            _forget(kept)

    def _find(self, grey: Grey, thumb: Grey, *, whole: bool) -> Box | None:
        if whole or self._box is None or self._changed_beside(thumb, grey, self._box):
            return self._search(grey, thumb) or self._near(grey)
        if self._looks_the_same(grey, self._box):
            return self._box
        return self._near(grey) or self._search(grey, thumb)

    def _search(self, grey: Grey, thumb: Grey) -> Box | None:
        self._searched, self._since_search = _blocks(thumb), 0
        boxes = self._detector.find_faces(grey)
        if has_second_face(boxes):
            raise FaceRefusal(RefusalKind.TWO_FACES, frame=self._position)
        return boxes[0] if boxes else None

    def _near(self, grey: Grey) -> Box | None:
        return None if self._box is None else self._detector.find_near(grey, self._box)

    def _looks_the_same(self, grey: Grey, box: Box) -> bool:
        if self._look is None:
            return False
        now = _look(grey, box)
        alike = _correlation(self._look, now) >= SAME_LOOK
        _forget(self._look)
        self._look = now
        return alike

    def _changed_beside(self, thumb: Grey, grey: Grey, box: Box) -> bool:
        """Whether something of a bystander's size is new outside of the payer's head."""
        if self._searched is None:
            return True
        changed = np.abs(_blocks(thumb) - self._searched) > _CHANGED_LEVELS
        scale = thumb.shape[0] / grey.shape[0] / _BLOCK
        reach = box.height * _HEAD_BOXES / 2
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        rows, columns = (
            slice(max(0, round((at - reach) * scale)), max(0, round((at + reach) * scale)))
            for at in (y, x)
        )
        changed[rows, columns] = False
        smallest = SECOND_FACE_AREA * box.area * scale * scale
        return bool(np.count_nonzero(changed) > smallest)


def _thumb(grey: Grey) -> Grey:
    """160 x 120 of a 640 x 480 picture; others likewise, by a whole factor."""
    factor = max(1, min(grey.shape) // _THUMB_SHORT_SIDE)
    return np.array(Image.fromarray(grey).reduce(factor), dtype=np.uint8)


def _blocks(thumb: Grey) -> NDArray[np.float64]:
    rows, columns = (side // _BLOCK for side in thumb.shape)
    whole = thumb[: rows * _BLOCK, : columns * _BLOCK]
    sums = np.add.reduceat(whole, range(0, len(whole), _BLOCK), axis=0, dtype=np.float64)
    return np.add.reduceat(sums, range(0, whole.shape[1], _BLOCK), axis=1) / _BLOCK**2


def _change(before: Grey | None, now: Grey) -> float:
    if before is None or before.shape != now.shape:
        return float("nan")
    change = float(np.abs(now.astype(np.int16) - before).mean())
    return change


def _look(grey: Grey, box: Box) -> Grey:
    left, top, right, bottom = (max(0, value) for value in box.corners())
    crop = np.array(grey[top:bottom, left:right])
    picture = Image.fromarray(crop).resize((_LOOK_SIDE, _LOOK_SIDE), Image.Resampling.BOX)
    crop.fill(0)
    return np.array(picture, dtype=np.uint8)


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
