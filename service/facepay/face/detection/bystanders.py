"""Whether somebody else steps in: whole pictures of a capture, searched beside the tracker.

A whole picture is searched every seventh frame (1.5 s), in the last one unless one of the two
before it was, and at once when something as large as a face that counts changed outside of the
payer's head. The search runs in a thread of its own, since nothing waits for its result but the end
of the capture: a second person ends it (`TWO_FACES`), and nothing of the bystander is kept.
"""

from concurrent.futures import Executor, Future
from typing import Any

import cv2
import numpy as np

from facepay.face.detection.detect import SECOND_FACE_AREA, Box, Detector, has_second_face
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.frames.decode import Grey

SEARCH_EVERY = 7
FINAL_SEARCH_AFTER = 3
# A pixel of the thumbnail has changed when it is this many grey levels outside of what was within
# _SHAKE pixels of it before: a shaking hand moves edges about (4 pixels are 16 of 640 x 480).
_CHANGED_LEVELS = 24
_SHAKE = 4
# So many of a bystander's smallest face have to have changed.
_CHANGED_SHARE = 0.5
# What belongs to the payer: the box holds brows to chin, the head with its hair is about this much.
_HEAD_BOXES = 2.0


class BystanderSearch:
    """`close` waits for what runs and overwrites what is remembered of a picture."""

    def __init__(self, detector: Detector, pool: Executor) -> None:
        self._detector = detector
        self._pool = pool
        self._searched: tuple[Grey, Grey] | None = None  # darkest and lightest of the last one
        self._since_search = 0
        self._running: tuple[int, Future[list[Box]]] | None = None

    def search(self, grey: Grey, thumb: Grey, position: int) -> Box | None:
        """The best face of the whole picture, now. Raises FaceRefusal TWO_FACES."""
        self.finish()
        self._searched, self._since_search = _range(thumb), 0
        boxes = self._detector.find_faces(grey)
        _refuse_two(boxes, position)
        return boxes[0] if boxes else None

    def schedule_search(
        self, grey: Grey, thumb: Grey, payer: Box, position: int, *, last: bool
    ) -> bool:
        """Whether a search of this picture was due, and was begun.

        Leave `grey` as it is until `finish`, which this calls for the search before; raises as it.
        """
        self._since_search += 1
        due = self._since_search >= (FINAL_SEARCH_AFTER if last else SEARCH_EVERY)
        if not due and not self._changed_beside(thumb, grey, payer):
            return False
        self.finish()
        self._searched, self._since_search = _range(thumb), 0
        self._running = (position, self._pool.submit(self._detector.find_faces, grey))
        return True

    def finish(self) -> None:
        """Hear the search that runs. Raises FaceRefusal TWO_FACES."""
        if self._running is not None:
            (position, found), self._running = self._running, None
            _refuse_two(found.result(), position)

    def forget_places(self) -> None:
        """After a picture of another size, in which places say nothing."""
        self._searched = None

    def close(self) -> None:
        if self._running is not None:
            self._running[1].exception()
            self._running = None
        for seen in self._searched or ():
            seen.fill(0)

    def _changed_beside(self, thumb: Grey, grey: Grey, box: Box) -> bool:
        """Whether something of a bystander's size is new outside of the payer's head."""
        if self._searched is None:
            return True
        darkest, lightest = self._searched
        changed = (thumb < darkest) | (thumb > lightest)
        scale = thumb.shape[0] / grey.shape[0]
        reach = box.height * _HEAD_BOXES / 2
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        rows, columns = (
            slice(max(0, round((at - reach) * scale)), max(0, round((at + reach) * scale)))
            for at in (y, x)
        )
        changed[rows, columns] = False
        smallest = SECOND_FACE_AREA * box.area * scale * scale
        return bool(np.count_nonzero(changed) > _CHANGED_SHARE * smallest)


def _refuse_two(boxes: list[Box], position: int) -> None:
    if has_second_face(boxes):
        raise FaceRefusal(RefusalKind.TWO_FACES, frame=position)


def _range(thumb: Grey) -> tuple[Grey, Grey]:
    """Below the first and above the second, a pixel has changed."""
    around = np.ones((2 * _SHAKE + 1, 2 * _SHAKE + 1), dtype=np.uint8)
    levels: Any = float(_CHANGED_LEVELS)  # a scalar, which OpenCV's own hints leave out
    darkest, lightest = cv2.erode(thumb, around), cv2.dilate(thumb, around)
    lowest = np.asarray(cv2.subtract(darkest, levels), dtype=np.uint8)
    return lowest, np.asarray(cv2.add(lightest, levels), dtype=np.uint8)
