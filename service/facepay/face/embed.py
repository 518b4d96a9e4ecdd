"""Aligned chips, 128-D descriptors, templates, and the distance between two of them.

The network is dlib's ResNet, its weights run by onnxruntime (`session`), fed with 150x150 chips
aligned by five points. Its metric is the Euclidean distance of raw descriptors, whose length is
about 1.4: every threshold is calibrated on that, so descriptors are averaged as they are and are
never scaled to unit length. There is one template against one probe here, and no list to search.
"""

from collections.abc import Sequence

import dlib
import numpy as np
from numpy.typing import NDArray

from facepay.face import session
from facepay.face.decode import Pixels
from facepay.face.detect import Box
from facepay.face.landmarks import Points

Descriptor = NDArray[np.float64]

# Names what decides: weights, alignment, averaging. What multiplies the matrices is not in it, as
# long as it agrees with dlib to 1e-5 (docs/adr/0008-onnx.md): references of before stay valid.
MODEL = "dlib-resnet-v1/5-point/raw-mean"
DIMENSIONS = 128
TEMPLATE_BYTES = DIMENSIONS * 4
CHIP_SIDE = 150
_CHIP_PADDING = 0.25


def align(pixels: Pixels, box: Box, points: Points) -> Pixels:
    """The face upright in a chip of (150, 150, 3) uint8 RGB, a fresh array."""
    parts = [dlib.point(round(x), round(y)) for x, y in points]
    shape = dlib.full_object_detection(dlib.rectangle(*box.corners()), parts)
    chip: Pixels = dlib.get_face_chip(pixels, shape, CHIP_SIDE, _CHIP_PADDING)
    return chip


def describe(chip: Pixels) -> Descriptor:
    """(128,) float64, the network's raw output for one chip."""
    return describe_all([chip])[0]


def describe_all(chips: Sequence[Pixels]) -> list[Descriptor]:
    """As `describe`, for several chips in one run: the same numbers, sooner."""
    if not chips:
        return []
    batch = np.stack(chips)
    found = session.run(batch)
    batch.fill(0)
    descriptors = [row.astype(np.float64) for row in found]
    found.fill(0)
    return descriptors


def fuse(descriptors: Sequence[Descriptor]) -> Descriptor:
    """The plain mean of raw descriptors: (128,) float64."""
    mean: Descriptor = np.mean(descriptors, axis=0, dtype=np.float64)
    return mean


def to_template(descriptor: Descriptor) -> bytearray:
    """128 little-endian float32, 512 bytes. The caller overwrites it."""
    single = descriptor.astype("<f4")
    template = bytearray(single.data.cast("B"))
    single.fill(0)
    return template


def parse_template(template: bytearray) -> Descriptor:
    """The inverse of `to_template`. Raises ValueError on a wrong length or a number not finite."""
    if len(template) != TEMPLATE_BYTES:
        raise ValueError("a template has 512 bytes")
    descriptor = np.frombuffer(template, dtype="<f4").astype(np.float64)
    if not np.isfinite(descriptor).all():
        raise ValueError("a template holds finite numbers only")
    return descriptor


def distance(one: Descriptor, other: Descriptor) -> float:
    """Euclidean distance of raw descriptors, 0 for equal ones; what counts as near is policy."""
    return float(np.linalg.norm(one - other))
