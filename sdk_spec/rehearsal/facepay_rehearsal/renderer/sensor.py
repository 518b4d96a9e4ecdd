"""A camera's sensor: exposure, white balance, noise, JPEG.

The first frame sets the exposure by its middle. Then the exposure is locked, with a slight drift; a
free sensor keeps measuring, as front cameras do by default. The same rng gives the same bytes. Not
rendered: rolling shutter, motion blur, vignetting.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.colour import to_srgb
from facepay_rehearsal.renderer.resample import scaled

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

JPEG_QUALITY = 88
_GREY = 0.2  # linear light that the meter aims at in the middle of a picture
_METER_TRUST = 0.45  # exponent of the correction: a photograph's own exposure is mostly right
_NOISE = (1.4, 2.4)  # grey levels
_BANK = 1 << 22


class Sensor:
    """The sensor of one capture, which develops its frames in order.

    `free`: exposure and white balance keep changing.
    """

    def __init__(self, rng: np.random.Generator, *, free: bool = False) -> None:
        self._rng = rng
        self._free = free
        self._gain: NDArray[np.float64] | None = None
        self._noise = float(rng.uniform(*_NOISE))
        self._aim = 0.0

    def develop(self, light: Floats) -> Pixels:
        """Convert (rows, columns, 3) float32 linear light to uint8 RGB, with noise."""
        small = scaled(light, (32, 24))
        self._measure(np.clip(small.astype(np.float64), 0, 1.5))
        gain = np.asarray(self._gain, dtype=np.float32)
        return noisy(to_srgb(light * gain), self._noise, self._rng)

    def jpeg(self, light: Floats, *, mirrored: bool = False) -> bytes:
        """Develop a frame and encode it."""
        return encoded(self.develop(light), mirrored=mirrored)

    def _measure(self, small: NDArray[np.float64]) -> None:
        middle = float(small[4:20, 8:24].mean())
        if self._gain is None:
            self._gain = np.full(3, np.clip((_GREY / middle) ** _METER_TRUST, 0.5, 2.2))
            self._aim = middle * float(self._gain[1])
            return
        self._gain = self._gain * np.exp(self._rng.standard_normal(3) * 0.001)
        if self._free:
            shown = small * self._gain
            self._gain *= (self._aim / float(shown[4:20, 8:24].mean())) ** 0.35
            channels = shown.reshape(-1, 3).mean(axis=0)
            self._gain *= (channels.mean() / channels) ** 0.10
            self._gain *= np.exp(self._rng.standard_normal() * 0.006)


def noisy(picture: Floats, levels: float, rng: np.random.Generator) -> Pixels:
    """Convert float32 grey levels to uint8, with noise of `levels` as its standard deviation."""
    start = int(rng.integers(0, _BANK - picture.size))
    noise = _noise_bank()[start : start + picture.size].reshape(picture.shape)
    return np.asarray(
        np.clip(picture + noise * np.float32(levels) + np.float32(0.5), 0, 255), dtype=np.uint8
    )


def encoded(pixels: Pixels, *, mirrored: bool = False, quality: int = JPEG_QUALITY) -> bytes:
    """Encode as JPEG with a JFIF header; `mirrored` flips left and right first."""
    shown = pixels[:, ::-1] if mirrored else pixels
    backwards = np.ascontiguousarray(shown[..., ::-1])
    done, stored = cv2.imencode(".jpg", backwards, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("The picture cannot be encoded as JPEG.")
    return bytes(stored.tobytes())


@cache
def _noise_bank() -> Floats:
    # Draw once: a window at a random place serves as fresh noise, and is forty times as fast.
    return np.random.default_rng(7).standard_normal(_BANK, dtype=np.float32)
