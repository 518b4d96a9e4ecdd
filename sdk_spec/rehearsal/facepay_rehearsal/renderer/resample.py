"""Sample, scale, blur and move pictures: typed calls of OpenCV."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
# The result has the dtype of the argument: float32 or uint8.
Picture = TypeVar("Picture", Floats, Pixels)


def sampled(picture: Floats, column: Floats, row: Floats, *, mirror: bool = False) -> Floats:
    """Sample bilinearly at float pixel positions.

    Beyond the edge the last pixel repeats or, with `mirror`, the picture is reflected. The result
    has the shape of `column`, with the picture's channels.
    """
    beyond = cv2.BORDER_REFLECT_101 if mirror else cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.remap(picture, column, row, cv2.INTER_LINEAR, borderMode=beyond), dtype=np.float32
    )


def scaled(picture: Picture, size: tuple[int, int], *, smooth: bool = False) -> Picture:
    """Scale to (width, height): bilinear, or cubic with `smooth`; by area means to shrink."""
    kind = cv2.INTER_CUBIC if smooth else cv2.INTER_LINEAR
    if size[0] < picture.shape[1]:
        kind = cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, size, interpolation=kind), dtype=picture.dtype)


def blurred(picture: Picture, sigma: float) -> Picture:
    """Blur by a Gaussian of `sigma` pixels."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), dtype=picture.dtype)


def moved(
    picture: Picture, affine: NDArray[np.float64], size: tuple[int, int], *, mirror: bool = False
) -> Picture:
    """Warp by a (2, 3) map from its pixels to those of a picture of (width, height)."""
    return np.asarray(
        cv2.warpAffine(
            picture,
            affine,
            size,
            flags=cv2.INTER_CUBIC if mirror else cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101 if mirror else cv2.BORDER_REPLICATE,
        ),
        dtype=picture.dtype,
    )
