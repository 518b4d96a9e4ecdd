"""Detect faces with YuNet through OpenCV, where an operator installs its model file.

YuNet follows a turned head where HOG loses it, and finds smaller faces. Its boxes differ from
HOG's, which the landmark model was trained on, so this module computes boxes like HOG's from
YuNet's own five landmarks. The detector is optional, and its file is not part of facepay
(docs/adr/0014-the-quick-engine.md).

`cv2.FaceDetectorYN` stores its input size, so it has a lock.
"""

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from facepay.face.detection.detect import SAME_FACE_OVERLAP, Box, centred
from facepay.face.frames.decode import Grey

_LONGEST_SIDE = 320  # in pixels, of the picture that is searched
_MIN_SCORE = 0.6
_OVERLAPPING = 0.3  # overlap of two boxes above which YuNet drops the weaker one
_MOST_FACES = 50
# YuNet's landmarks are right eye, left eye, nose tip, right and left corner of the mouth. From eyes
# to mouth is about 0.42 of the height of a HOG box, whose middle lies halfway (143 photographs).
_EYES_TO_MOUTH = 0.42


class YunetDetector:
    """Detector as `detect.Detector`. Raises ValueError where the model file cannot be read."""

    def __init__(self, file: Path) -> None:
        import cv2

        if not file.is_file():
            raise ValueError(f"there is no detector model {file}")
        self._cv2: Any = cv2
        self._lock = Lock()
        try:
            self._net = cv2.FaceDetectorYN.create(
                str(file), "", (_LONGEST_SIDE, _LONGEST_SIDE), _MIN_SCORE, _OVERLAPPING, _MOST_FACES
            )
        except cv2.error:
            raise ValueError(
                f"{file.name} is no model that OpenCV's FaceDetectorYN reads"
            ) from None

    def find_faces(self, grey: Grey) -> list[Box]:
        """Return all faces of a picture, best score first."""
        scale = min(1.0, _LONGEST_SIDE / max(grey.shape))
        height, width = (max(1, round(side * scale)) for side in grey.shape)
        small = self._cv2.resize(grey, (width, height), interpolation=self._cv2.INTER_AREA)
        coloured = self._cv2.cvtColor(small, self._cv2.COLOR_GRAY2BGR)
        with self._lock:
            self._net.setInputSize((width, height))
            _, found = self._net.detect(coloured)
        for picture in (small, coloured):
            picture.fill(0)
        rows = [] if found is None else list(found)
        boxes = [_box(np.asarray(row, dtype=np.float64), scale) for row in rows]
        return sorted(boxes, key=lambda box: box.score, reverse=True)

    def find_near(self, grey: Grey, last: Box) -> Box | None:
        """Return the face that overlaps the last box, or None; searches the whole picture."""
        near = (box for box in self.find_faces(grey) if box.overlap(last) >= SAME_FACE_OVERLAP)
        return next(near, None)


def _box(row: np.ndarray, scale: float) -> Box:
    """Return a box as HOG draws it, from eyes, nose and mouth (x, y) in the reduced picture."""
    points = row[4:14].reshape(5, 2) / scale
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    # A turned head shortens the distance of the eyes, but not the distance from eyes to mouth.
    height = float(np.linalg.norm(mouth - eyes)) / _EYES_TO_MOUTH
    middle = (eyes + mouth) / 2
    return centred(float(middle[0]), float(middle[1]), height, float(row[14]))
