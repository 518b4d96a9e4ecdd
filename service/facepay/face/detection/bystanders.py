"""Search whole pictures of a capture for a second person, beside the tracker.

A whole picture is searched every seventh frame (1.5 s). The last picture is searched unless one of
the two before it was. A picture is also searched at once when an area as large as a face that
counts has changed outside the payer's head.

The search runs in a thread of its own, because only the end of the capture waits for its result. A
second person ends the capture (`TWO_FACES`), and nothing of the bystander is kept.
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
# A thumbnail pixel has changed when it is this many grey levels outside the range of levels within
# _SHAKE pixels of it before. A shaking hand moves edges (4 pixels are 16 of 640 x 480).
_CHANGED_LEVELS = 24
_SHAKE = 4
# Share of the pixels of the smallest face that counts, which have to have changed.
_CHANGED_SHARE = 0.5
# Side of the payer's head with its hair, in sides of the face's box, which holds brows to chin.
_HEAD_BOXES = 2.0


class BystanderSearch:
    """Searches of whole pictures, one at a time.

    `close` waits for the running search and overwrites the values kept of a picture.
    """

    def __init__(self, detector: Detector, pool: Executor) -> None:
        self._detector = detector
        self._pool = pool
        self._unchanged: tuple[Grey, Grey] | None = None  # of the last search
        self._since_search = 0
        self._running: tuple[int, Future[list[Box]]] | None = None

    def search(self, grey: Grey, thumbnail: Grey, position: int) -> Box | None:
        """Return the best face of the whole picture, now. Raises FaceRefusal TWO_FACES."""
        self.finish()
        self._unchanged, self._since_search = _unchanged_range(thumbnail), 0
        boxes = self._detector.find_faces(grey)
        _refuse_second_face(boxes, position)
        return boxes[0] if boxes else None

    def schedule_search(
        self, grey: Grey, thumbnail: Grey, payer: Box, position: int, *, last: bool
    ) -> bool:
        """Begin a search of this picture where one is due, and return whether it began.

        Leave `grey` unchanged until `finish`. This method calls `finish` for the search before.

        Raises FaceRefusal TWO_FACES as `finish`.
        """
        self._since_search += 1
        due = self._since_search >= (FINAL_SEARCH_AFTER if last else SEARCH_EVERY)
        if not due and not self._changed_outside_head(thumbnail, grey, payer):
            return False
        self.finish()
        self._unchanged, self._since_search = _unchanged_range(thumbnail), 0
        self._running = (position, self._pool.submit(self._detector.find_faces, grey))
        return True

    def finish(self) -> None:
        """Wait for the running search. Raises FaceRefusal TWO_FACES."""
        if self._running is not None:
            (position, found), self._running = self._running, None
            _refuse_second_face(found.result(), position)

    def reset(self) -> None:
        """Forget the last searched picture: the next one has another size."""
        self._unchanged = None

    def close(self) -> None:
        """Wait for the running search, and overwrite what is kept."""
        if self._running is not None:
            self._running[1].exception()
            self._running = None
        for seen in self._unchanged or ():
            seen.fill(0)

    def _changed_outside_head(self, thumbnail: Grey, grey: Grey, box: Box) -> bool:
        """Return whether an area of a bystander's size has changed outside the payer's head."""
        if self._unchanged is None:
            return True
        darkest, lightest = self._unchanged
        changed = (thumbnail < darkest) | (thumbnail > lightest)
        scale = thumbnail.shape[0] / grey.shape[0]
        reach = box.height * _HEAD_BOXES / 2
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        rows, columns = (
            slice(max(0, round((at - reach) * scale)), max(0, round((at + reach) * scale)))
            for at in (y, x)
        )
        changed[rows, columns] = False
        smallest = SECOND_FACE_AREA * box.area * scale * scale
        return bool(np.count_nonzero(changed) > _CHANGED_SHARE * smallest)


def _refuse_second_face(boxes: list[Box], position: int) -> None:
    if has_second_face(boxes):
        raise FaceRefusal(RefusalKind.TWO_FACES, frame=position)


def _unchanged_range(thumbnail: Grey) -> tuple[Grey, Grey]:
    """Return the darkest and the lightest level at which a pixel counts as unchanged."""
    around = np.ones((2 * _SHAKE + 1, 2 * _SHAKE + 1), dtype=np.uint8)
    levels: Any = float(_CHANGED_LEVELS)  # OpenCV's type hints do not know scalars here
    darkest, lightest = cv2.erode(thumbnail, around), cv2.dilate(thumbnail, around)
    lowest = np.asarray(cv2.subtract(darkest, levels), dtype=np.uint8)
    return lowest, np.asarray(cv2.add(lightest, levels), dtype=np.uint8)
