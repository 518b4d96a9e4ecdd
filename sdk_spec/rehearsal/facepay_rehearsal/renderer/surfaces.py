"""Surfaces with colours before the camera: a head, a print, a tablet.

A surface is a height field over a canvas (see `canvas`): z in units towards the camera, 0 at the
ears. `front` and `back` bound the solid; where front < back there is nothing. Poses, cameras and
lamps are elsewhere.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.canvas import COARSE, Canvas, grid
from facepay_rehearsal.renderer.colour import to_linear
from facepay_rehearsal.renderer.resample import blurred

Floats = NDArray[np.float32]

# The generic head: widths in units, heights over the ears in units. People differ in the distances
# from eyes to nose and mouth, so y is measured in parts of the distance from eyes to chin.
_PROFILE_Y = (-1.20, -1.05, -0.85, -0.60, -0.25, 0.0, 0.40, 0.64, 0.80, 0.94, 1.03, 1.10, 1.25)
_PROFILE_Z = (0.10, 0.55, 0.80, 0.93, 1.02, 0.96, 1.06, 1.08, 0.96, 0.98, 0.86, 0.35, 0.05)
_WIDTH_Y = (-1.2, -0.7, 0.0, 0.4, 0.7, 0.9, 1.0, 1.1, 1.25)
_WIDTH_X = (0.60, 0.76, 0.83, 0.80, 0.68, 0.54, 0.42, 0.36, 0.34)
_ROUND = 2.2  # exponent of the face's cross-section: 2 is an ellipse
_SHELL = 0.52  # units from the outline inwards over which hair and neck round off


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Surface:
    """A height field with colours; lengths are in units.

    - `albedo` (rows, columns, 3) float32 linear, as it looks in the photograph's light.
    - `front`, `back` (352, 352) float32: the bounds of the solid.
    - `normals` (352, 352, 3) float32: to the right, down, and towards the camera.
    - `neck`: the y below which a turn fades out, until `neck` + 0.7; None for a rigid surface.
    - `glow`: light that it emits, in the shape of `albedo`, or None.
    - `mirror` (704, 704): the screen's reflection, relative to the screen's light on a face, or
      None.
    - `flat`: all of it lies at z = 0.
    - `reach`: how far it can extend before and behind z = 0 when it is turned.
    """

    albedo: Floats
    front: Floats
    back: Floats
    normals: Floats
    neck: float | None = None
    glow: Floats | None = None
    mirror: Floats | None = None
    flat: bool = False
    reach: tuple[float, float] = (1.55, 0.75)


def bust(laid_out: Canvas, *, relief: float = 1.0) -> Surface:
    """Model a person. `relief` scales nose, eye sockets and lips; 0 leaves a smooth egg."""
    front, back = _solid(laid_out, relief)
    return Surface(
        albedo=to_linear(laid_out.texture),
        front=front,
        back=back,
        normals=normals_of(front),
        neck=laid_out.chin,
    )


def recoloured(surface: Surface, albedo: Floats) -> Surface:
    """Return the same shape in other colours, for one frame."""
    return replace(surface, albedo=albedo)


def normals_of(front: Floats) -> Floats:
    """Compute the unit normals of a height field, smoothed by a pixel."""
    smooth = blurred(np.maximum(front, np.float32(-1.0)), 1.2)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=COARSE / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=COARSE / 8)
    slopes = np.dstack([-np.asarray(across), -np.asarray(down), np.ones_like(smooth)])
    lengths = np.linalg.norm(slopes, axis=2, keepdims=True)
    return np.asarray(slopes / lengths, dtype=np.float32)


def _solid(laid_out: Canvas, relief: float) -> tuple[Floats, Floats]:
    x, y = grid(COARSE)
    inside = laid_out.inside
    body = _rise(y, laid_out.chin - 0.1, laid_out.chin + 0.35)
    high = 0.50 - 0.22 * body + 0.25 * _rise(y, laid_out.chin + 0.4, laid_out.chin + 1.2)
    shell = high * _rounded(inside, _SHELL)
    face = _face(x, y / laid_out.chin) + relief * _features(x, y, laid_out)
    # A soft maximum joins the face to hair and neck without a step.
    front = (np.maximum(face, 0) ** 6 + np.maximum(shell, 0) ** 6) ** (1 / 6)
    front = np.where(inside > 0, front * _rounded(inside, 0.16), 4 * inside)
    deep = 0.75 - 0.35 * body
    back = np.where(inside > 0, -deep * _rounded(inside, 0.8), -4 * inside)
    return blurred(front.astype(np.float32), 1.0), np.asarray(back, dtype=np.float32)


def _face(x: Floats, part: Floats) -> Floats:
    """Model the smooth front of a face; `part` is y in distances from eyes to chin."""
    along = np.interp(part, _PROFILE_Y, _PROFILE_Z, left=0.0, right=0.0)
    half = np.interp(part, _WIDTH_Y, _WIDTH_X)
    across = np.clip(1 - (np.abs(x) / half) ** _ROUND, 0, 1) ** (1 / _ROUND)
    return blurred((along * across).astype(np.float32), 2.0)


def _features(x: Floats, y: Floats, laid_out: Canvas) -> Floats:
    """Model nose, lips and eye sockets."""
    nose_x, base = laid_out.nose
    aside = x - nose_x * np.clip(y / base, 0, 1)
    # The ridge rises from between the eyes to the tip, and ends with a step above the lip.
    climb = np.clip(y / (0.8 * base), 0, 1)
    end = 1 - _rise(y, 0.86 * base, 1.08 * base)
    tip = 0.20 * climb**1.3 * end * np.exp(-((aside / (0.09 + 0.05 * climb)) ** 2))
    wings = 0.10 * np.exp(-((aside / 0.21) ** 4) - ((y - 0.84 * base) / 0.10) ** 2) * end
    lips = 0.07 * np.exp(-((x / 0.27) ** 2) - ((y - 0.66 * laid_out.chin) / 0.10) ** 2)
    eyes = np.abs(np.abs(x) - 0.35)
    sockets = -0.14 * np.exp(-((eyes / 0.22) ** 4) - ((y - 0.02) / 0.16) ** 2)
    return np.asarray(tip + wings + lips + sockets, dtype=np.float32)


def _rounded(inside: Floats, over: float) -> Floats:
    """Return a quarter circle: 0 at the outline, 1 from `over` units inwards."""
    t = np.clip(inside / over, 0, 1)
    return np.asarray(np.sqrt(1 - (1 - t) ** 2), dtype=np.float32)


def _rise(value: Floats, start: float, end: float) -> Floats:
    t = np.clip((value - start) / (end - start), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)
