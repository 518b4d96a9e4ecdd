"""Decide whether a chip is good enough to be compared: light, sharpness, size (ISO/IEC 29794-5).

A chip is a face cut out and aligned for the network. The fault of a chip is a word that the payer
can act on: more light, less light, hold still, come closer. The limits are wide. They exclude chips
that no network describes well and leave the rest to the fusion of several frames.

The measures are taken on the aligned chip, where every face has the same size, so that one limit
fits all cameras. They do not detect a covered mouth, glasses or a cap (`pad.cover` looks for
covers).
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from facepay.face.errors import RefusalKind
from facepay.face.frames.decode import Pixels

# Limits of the face's mean grey level, and of the shares at either end of the grey scale.
MIN_LIGHT, MAX_LIGHT = 30.0, 225.0
MAX_BURNT, MAX_BLACK = 0.45, 0.60
# Fine detail as a share of coarse detail. None of 438 photographs of LFW is below 0.157. After a
# blur of 3 pixels in a chip of 150, 99 in 100 are below 0.151.
MIN_SHARPNESS = 0.15
_FINE, _COARSE = 2 / 150, 8 / 150  # blur radii as shares of the chip's side
# Outer-eye width in pixels of the picture as sent. Below it most of a chip is interpolated.
MIN_EYE_WIDTH_PX = 40.0
_MARGIN = 0.2


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of one chip.

    `light` is a mean in grey levels, `burnt` and `black` are shares of the pixels, and `sharpness`
    is the ratio of fine detail to coarse detail.
    """

    light: float
    burnt: float
    black: float
    sharpness: float

    @property
    def fault(self) -> RefusalKind | None:
        """Return the most serious fault of the chip, or None."""
        if self.light < MIN_LIGHT or self.black > MAX_BLACK:
            return RefusalKind.TOO_DARK
        if self.light > MAX_LIGHT or self.burnt > MAX_BURNT:
            return RefusalKind.TOO_BRIGHT
        if self.sharpness < MIN_SHARPNESS:
            return RefusalKind.BLURRED
        return None


def measure(chip: Pixels) -> Quality:
    """Measure `chip`, (side, side, 3) uint8 RGB as `embed.Embedder.align` makes it.

    Every picture that is made on the way is overwritten.
    """
    side = chip.shape[0]
    margin = round(side * _MARGIN)
    picture = Image.fromarray(chip).convert("L")
    grey, fine, coarse = (
        np.array(seen, dtype=np.float32)[margin:-margin, margin:-margin]
        for seen in (picture, _blurred(picture, _FINE * side), _blurred(picture, _COARSE * side))
    )
    detail = float(np.abs(grey - coarse).mean())
    quality = Quality(
        light=float(grey.mean()),
        burnt=float((grey >= 250).mean()),
        black=float((grey <= 12).mean()),
        sharpness=float(np.abs(grey - fine).mean()) / detail if detail > 0 else 0.0,
    )
    for seen in (grey, fine, coarse):
        seen.fill(0)
    return quality


def _blurred(picture: Image.Image, radius: float) -> Image.Image:
    return picture.filter(ImageFilter.BoxBlur(radius))
