"""A still photograph's descriptor, as calibration and benches need it.

The same decoder, detector, points, chips and network as a payment's frames; what differs is that
there is one picture and that nobody was told to stand alone in it: of several faces the large one
in the middle counts. Whether the head is turned is not judged: a data set is measured as it is.
This is the one place that says how stills are described and by which model.
"""

import math
from dataclasses import dataclass

import numpy as np

from facepay.face.decode import Pixels, decode
from facepay.face.detect import Box, find_faces
from facepay.face.embed import Descriptor, align, describe_all
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.landmarks import find_points


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What a distance means: the network, by the hash of its file, and how it is fed and read."""

    name: str
    sha256: str
    alignment: str
    metric: str


def model_in_use() -> ModelIdentity:
    """The identity of what `describe_still` runs."""
    return ModelIdentity(
        name="dlib-resnet-v1",
        sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        alignment="5-point",
        metric="euclidean/unit/mirrored-mean",
    )


def describe_still(image: bytes) -> Descriptor:
    """(d,) float64 of unit length. Raises FaceRefusal as `decode` does, or NO_FACE."""
    pixels = decode(image)
    try:
        box = _subject(find_faces(pixels), pixels)
        if box is None:
            raise FaceRefusal(RefusalKind.NO_FACE)
        chip = align(pixels, box, find_points(pixels, box))
    finally:
        pixels.fill(0)
    both = np.stack(describe_all([chip, np.ascontiguousarray(chip[:, ::-1])]))
    chip.fill(0)
    mean: Descriptor = both.mean(axis=0)
    return mean / float(np.linalg.norm(mean))


def _subject(boxes: list[Box], pixels: Pixels) -> Box | None:
    """Whom the picture shows: large and in the middle."""
    middle_y, middle_x = pixels.shape[0] / 2, pixels.shape[1] / 2

    def prominence(box: Box) -> float:
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        return box.height - math.hypot(x - middle_x, y - middle_y)

    return max(boxes, key=prominence, default=None)
