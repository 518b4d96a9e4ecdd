"""The sRGB curve in both directions, by tables."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_STEPS = 4096


def to_linear(pixels: Pixels) -> Floats:
    """Convert uint8 sRGB to float32 linear light, 0 to 1."""
    return np.asarray(_decoding()[pixels], dtype=np.float32)


def to_srgb(light: Floats) -> Floats:
    """Convert float32 linear light to float32 sRGB, 0 to 255, clipped; it does not round."""
    steps = np.clip(light * np.float32(_STEPS - 1), 0, _STEPS - 1).astype(np.uint16)
    return np.asarray(_encoding()[steps], dtype=np.float32)


@cache
def _decoding() -> Floats:
    value = np.arange(256) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


@cache
def _encoding() -> Floats:
    light = np.arange(_STEPS) / (_STEPS - 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (value * 255).astype(np.float32)
