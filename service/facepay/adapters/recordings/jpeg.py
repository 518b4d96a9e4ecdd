"""Encode a camera's or a decoder's picture as JPEG and overwrite its pixels."""

from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from facepay.face.frames.decode import MAX_PIXELS_A_SIDE

Pixels = NDArray[np.uint8]  # (height, width, 3), blue first, as in OpenCV

QUALITY = 92


def encode_jpeg(pixels: Pixels) -> bytes:
    """Encode a picture, reduced to the engine's largest side, and overwrite `pixels` with zeros."""
    reduced = _reduced(pixels)
    try:
        image: bytes = simplejpeg.encode_jpeg(
            reduced, quality=QUALITY, colorspace="BGR", colorsubsampling="420"
        )
        return image
    finally:
        reduced.fill(0)
        pixels.fill(0)


def _reduced(pixels: Pixels) -> Any:
    longer = max(pixels.shape[:2])
    if longer <= MAX_PIXELS_A_SIDE:
        return np.ascontiguousarray(pixels)
    height, width = (max(1, round(n * MAX_PIXELS_A_SIDE / longer)) for n in pixels.shape[:2])
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
