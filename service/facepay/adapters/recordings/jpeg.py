"""A camera's or a decoder's picture as JPEG, and nothing left of its pixels."""

from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from facepay.face.frames.decode import MAX_PIXELS_A_SIDE

Pixels = NDArray[np.uint8]  # (height, width, 3), blue first, as OpenCV has them

QUALITY = 92


def encoded(pixels: Pixels) -> bytes:
    """No side longer than the engine takes. The pixels are overwritten."""
    fitting = _fitting(pixels)
    try:
        image: bytes = simplejpeg.encode_jpeg(
            fitting, quality=QUALITY, colorspace="BGR", colorsubsampling="420"
        )
        return image
    finally:
        fitting.fill(0)
        pixels.fill(0)


def _fitting(pixels: Pixels) -> Any:
    longer = max(pixels.shape[:2])
    if longer <= MAX_PIXELS_A_SIDE:
        return np.ascontiguousarray(pixels)
    height, width = (max(1, round(n * MAX_PIXELS_A_SIDE / longer)) for n in pixels.shape[:2])
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
