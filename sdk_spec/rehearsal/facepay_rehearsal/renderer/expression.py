"""Eyelids and lips, as movements of the texture over a head that keeps its shape.

A closing lid moves the skin above the eye down over it. An opening mouth moves the lower lip and
the chin down and shows a dark inside. The line between the lips is the darkest row below the nose.
Not rendered: teeth, tongue, gaze, and the movement of the jaw in the head's shape.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.canvas import LEFT, SCALE, TOP, Canvas
from facepay_rehearsal.renderer.colour import to_linear
from facepay_rehearsal.renderer.resample import sampled

Floats = NDArray[np.float32]

_EYE_HIGH, _EYE_LOW = 0.065, 0.06  # units from the corners' line to the middle of each lid
_CREASE = 0.20  # units above the corners: from here the skin moves
_OPEN = 0.20  # units between the lips of a mouth wide open
_DARK = np.array([0.02, 0.006, 0.005], dtype=np.float32)


def with_expression(albedo: Floats, laid_out: Canvas, blink: float, mouth: float) -> Floats:
    """Return the texture with the eyes closed by `blink` and the mouth opened by `mouth`, 0 to 1.

    The result is a copy, or `albedo` itself where nothing moves.
    """
    if blink < 0.02 and mouth < 0.02:
        return albedo
    changed = albedo.copy()
    if blink >= 0.02:
        for outer, inner in ((-0.5, laid_out.inner[0]), (0.5, laid_out.inner[1])):
            _close(changed, (outer + inner) / 2, abs(inner - outer) / 2, blink)
    if mouth >= 0.02:
        _open(changed, laid_out, mouth)
    return changed


def _close(albedo: Floats, middle: float, half: float, blink: float) -> None:
    rows, columns, x, y = _patch(middle - half - 0.05, middle + half + 0.05, -0.28, 0.14)
    arch = np.clip(1 - ((x - middle) / (half * 1.04)) ** 2, 0, 1)
    upper, lower = -_EYE_HIGH * arch - 0.004, _EYE_LOW * arch
    lid = upper + blink * (lower - upper)
    crease = upper - (_CREASE - _EYE_HIGH)
    pulled = crease + (y - crease) * (upper - crease) / (lid - crease)
    came_from = np.where((y > crease) & (y < lid), pulled, y)
    albedo[rows, columns] = _taken(albedo, x, came_from)


def _open(albedo: Floats, laid_out: Canvas, mouth: float) -> None:
    line = lips_part(laid_out)
    end = laid_out.chin + 0.25
    rows, columns, x, y = _patch(-0.55, 0.55, line - 0.1, end + 0.1)
    half = 0.27
    gap = _OPEN * mouth * np.clip(1 - (x / half) ** 2, 0, 1) ** 0.7
    jaw = _OPEN * mouth * np.clip(1 - (x / 0.52) ** 2, 0, 1)
    down = np.clip((end - y) / 0.3, 0, 1) * np.maximum(gap, jaw * np.clip((y - line) / 0.2, 0, 1))
    came_from = np.where(y > line, np.maximum(y - down, line), y)
    picture = _taken(albedo, x, came_from)
    inside = np.clip((gap - (y - line)) * SCALE / 2, 0, 1) * np.clip((y - line) * SCALE / 2, 0, 1)
    albedo[rows, columns] = picture * (1 - inside[..., None]) + _DARK * inside[..., None]


@cache
def lips_part(laid_out: Canvas) -> float:
    """Find the line between the lips; return its y in units."""
    base = laid_out.nose[1]
    top, bottom = base + 0.30 * (laid_out.chin - base), base + 0.48 * (laid_out.chin - base)
    rows, columns, _, y = _patch(-0.16, 0.16, top, bottom)
    grey = to_linear(laid_out.texture[rows, columns]).mean(axis=(1, 2))
    return float(y[int(np.argmin(grey)), 0])


def _patch(
    left: float, right: float, top: float, bottom: float
) -> tuple[slice, slice, Floats, Floats]:
    """Return rows and columns of a part of the texture, and their x and y in units."""
    columns = slice(round((left - LEFT) * SCALE), round((right - LEFT) * SCALE))
    rows = slice(round((top - TOP) * SCALE), round((bottom - TOP) * SCALE))
    x = (np.arange(columns.start, columns.stop) + 0.5) / SCALE + LEFT
    y = (np.arange(rows.start, rows.stop) + 0.5) / SCALE + TOP
    across, down = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    return rows, columns, across.astype(np.float32), down.astype(np.float32)


def _taken(albedo: Floats, x: Floats, y: Floats) -> Floats:
    at = ((x - LEFT) * SCALE - 0.5).astype(np.float32), ((y - TOP) * SCALE - 0.5).astype(np.float32)
    return sampled(albedo, *at)
