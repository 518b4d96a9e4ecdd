"""Is a chip good enough to be compared (ISO/IEC 29794-5)? Light, sharpness, size.

A chip that is not says why, in a word that can be told to the payer: more light, less light, hold
still, come closer. The limits are wide: they keep out what no network describes well, and leave
the rest to the fusion of several frames.

Measured on the aligned chip, where every face has the same size, so that one limit fits all
cameras. It does not see a covered mouth, glasses or a cap: five points and a frontal detector
measure occlusion only as a face that is not found.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from facepay.face.errors import RefusalKind
from facepay.face.frames.decode import Pixels

# Mean grey level of the face; shares of it that are at the ends of the scale.
MIN_LIGHT, MAX_LIGHT = 30.0, 225.0
MAX_BURNT, MAX_BLACK = 0.45, 0.60
# Fine detail as a share of coarse detail. Of 438 photographs of LFW none is below 0.157; blurred by
# 3 pixels of a chip of 150, 99 in 100 are below 0.151.
MIN_SHARPNESS = 0.15
_FINE, _COARSE = 2 / 150, 8 / 150  # radii of what counts as detail, as shares of the chip's side
# Outer-eye width in pixels of the picture as sent: below it a chip is mostly invented.
MIN_EYE_WIDTH_PX = 40.0
_MARGIN = 0.2


@dataclass(frozen=True, slots=True)
class Quality:
    """`light` in grey levels, `burnt` and `black` as shares, `sharpness` without a unit."""

    light: float
    burnt: float
    black: float
    sharpness: float

    @property
    def fault(self) -> RefusalKind | None:
        """The worst thing about the chip, None where nothing is wrong."""
        if self.light < MIN_LIGHT or self.black > MAX_BLACK:
            return RefusalKind.TOO_DARK
        if self.light > MAX_LIGHT or self.burnt > MAX_BURNT:
            return RefusalKind.TOO_BRIGHT
        if self.sharpness < MIN_SHARPNESS:
            return RefusalKind.BLURRED
        return None


def measure(chip: Pixels) -> Quality:
    """`chip` is (side, side, 3) uint8 RGB, as of `embed.Embedder.align`."""
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
