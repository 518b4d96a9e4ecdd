"""Describe a still photograph, as calibration and benches need it.

Decoder, detector, points, chips and network are those of a payment's frames. Two things differ.
There is one picture, and other people may be in it: of several faces the large one in the middle
counts. Turned heads and bad light are not refused, because a data set is measured as it is.
"""

import math

from facepay.face.detection.detect import Box, find_faces
from facepay.face.detection.landmarks import find_points
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.frames.decode import Grey, decode_reduced
from facepay.face.recognition.embed import Descriptor, Embedder
from facepay.face.recognition.recognise import take_chip


def describe_still(image: bytes, embedder: Embedder) -> Descriptor:
    """Return the descriptor (d,) float64 of unit length.

    Raises FaceRefusal as `decode`, or NO_FACE.
    """
    grey, reduction = decode_reduced(image)
    try:
        box = _subject(find_faces(grey), grey)
        if box is None:
            raise FaceRefusal(RefusalKind.NO_FACE)
        points = find_points(grey, box) * reduction
    finally:
        grey.fill(0)
    views = embedder.both_views(take_chip(image, points, embedder))
    descriptor = embedder.describe_fused(views)
    for view in views:
        view.fill(0)
    return descriptor


def _subject(boxes: list[Box], grey: Grey) -> Box | None:
    """Return the face that the picture shows: large and in the middle."""
    middle_y, middle_x = grey.shape[0] / 2, grey.shape[1] / 2

    def prominence(box: Box) -> float:
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        return box.height - math.hypot(x - middle_x, y - middle_y)

    return max(boxes, key=prominence, default=None)
