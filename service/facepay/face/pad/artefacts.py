"""Measure traces of a print or a screen. The result is a score for a policy, and no gate.

The pixels of a screen and the raster of a print interfere with the pixels of the sensor. The
interference (moire) shows as single peaks in the spectrum of the face, away from the axes, where
JPEG leaves its own.

Stops nothing by itself: fine screens cause no moire. The score runs from 0 (no trace) to 1.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from facepay.face.frames.decode import decode, to_grey
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.motion import neutral_frame
from facepay.face.pad.signal import Signal, Verdict

NAME = "artefacts"
_SIDE = 256
# In cycles per pixel: the face itself lies below, noise above.
_FROM, _TO, _RING = 0.12, 0.45, 0.03
_AXES = 4  # bins left out beside the axes, where JPEG's blocks and straight edges lie
# Height of the highest peak in natural logarithms of power. Sensor noise alone reaches 3.
_NO_TRACE, _CERTAIN_TRACE = 3.5, 7.0


def judge(observation: Observation) -> Signal:
    """Judge the frame of the hold in which the head is closest to rest; the score is 0 to 1.

    The verdict is always PASS.

    Raises FaceRefusal as `decode`.
    """
    score = _score(neutral_frame(observation.seen))
    return Signal(NAME, score, Verdict.PASS, "score_only")


def _score(frame: SeenFrame) -> float:
    pixels = decode(frame.image)
    grey = to_grey(pixels)
    pixels.fill(0)
    x, y = (round(value) - _SIDE // 2 for value in frame.points.mean(axis=0))
    x, y = (
        max(0, min(at, side - _SIDE)) for at, side in zip((x, y), grey.shape[::-1], strict=True)
    )
    part = grey[y : y + _SIDE, x : x + _SIDE].astype(np.float32)
    grey.fill(0)
    if part.shape != (_SIDE, _SIDE):
        return 0.0
    window = np.hanning(_SIDE).astype(np.float32)
    power = np.abs(np.fft.rfft2((part - part.mean()) * window * window[:, None])) ** 2
    part.fill(0)
    return float(
        np.clip((_peak(np.log(power + 1)) - _NO_TRACE) / (_CERTAIN_TRACE - _NO_TRACE), 0, 1)
    )


def _peak(power: NDArray[np.float32]) -> float:
    """Return how far the highest peak stands above the median at its frequency."""
    flat = power.ravel()
    return max(float(flat[ring].max() - np.median(flat[ring])) for ring in _rings())


@cache
def _rings() -> tuple[NDArray[np.intp], ...]:
    """Return the spectrum's indices in rings of about equal frequency, without the axes."""
    rows, columns = np.fft.fftfreq(_SIDE)[:, None], np.fft.rfftfreq(_SIDE)[None]
    radius = np.hypot(rows, columns)
    beside = (np.abs(rows) * _SIDE > _AXES) & (columns * _SIDE > _AXES)
    starts = np.arange(_FROM, _TO, _RING)
    rings = (beside & (radius >= start) & (radius < start + _RING) for start in starts)
    return tuple(np.flatnonzero(ring) for ring in rings)
