"""Occlusions and skin: glasses, a cloth mask, a hand before the mouth, darker skin.

They are painted on the canvas over the texture, so they turn with the head and have its light.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.canvas import COARSE, HEIGHT, LEFT, SCALE, TOP, WIDTH, Canvas, grid
from facepay_rehearsal.renderer.resample import blurred
from facepay_rehearsal.renderer.surfaces import Surface, normals_of

Floats = NDArray[np.float32]

_FINE = 3  # fractional bits of the coordinates that OpenCV draws with
# Reflectance of dark skin in the light of a portrait: red, green, blue, linear.
_DARK_SKIN = np.array([0.13, 0.075, 0.052])
_MIRRORED_SCREEN = 1.2  # the screen in a lens that reflects 4 %, relative to its light on a face


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Worn:
    """Something over the skin.

    `colours` (704, 704, 3) float32 linear count where `cover` (704, 704), 0 to 1, is more than 0.
    """

    colours: Floats
    cover: Floats

    def over(self, albedo: Floats) -> Floats:
        """Return the texture with this over it."""
        share = self.cover[..., None]
        return np.asarray(albedo * (1 - share) + self.colours * share, dtype=np.float32)


def glasses(rng: np.random.Generator) -> tuple[Worn, Floats]:
    """Draw glasses; return them, and where their lenses reflect the screen."""
    half, high = float(rng.uniform(0.20, 0.26)), float(rng.uniform(0.15, 0.22))
    middle, thick = float(rng.uniform(0.32, 0.36)), int(rng.integers(3, 6))
    cover, mirror = _blank(), _blank()
    for side in (-1, 1):
        lens = (
            _at(side * middle, 0.03),
            (round(half * SCALE) << _FINE, round(high * SCALE) << _FINE),
        )
        cv2.ellipse(cover, *lens, 0, 0, 360, 1.0, thick, cv2.LINE_AA, _FINE)
        _line(cover, (side * (middle + half), -0.03), (side * 1.3, -0.10), thick)
        left = side * middle + float(rng.uniform(-0.12, 0.02))
        corner = _at(left, -0.06), _at(left + 0.09, 0.06)
        cv2.rectangle(mirror, *corner, 1.0, -1, cv2.LINE_AA, _FINE)
    _line(cover, (-(middle - half), -0.02), (middle - half, -0.02), thick)
    colour = rng.uniform(0.008, 0.10, 3) * (1, 0.8, 0.6)
    colours = np.broadcast_to(colour.astype(np.float32), (*cover.shape, 3))
    shine = blurred(mirror, 2.0) * np.float32(_MIRRORED_SCREEN * rng.uniform(0.3, 1.0))
    return Worn(colours, cover), shine


def cloth_mask(rng: np.random.Generator, laid_out: Canvas) -> Worn:
    """Draw a surgical mask from the bridge of the nose to below the chin."""
    x, y = grid(SCALE)
    top, bottom = 0.42 * laid_out.nose[1], laid_out.chin + 0.05
    half = 0.78 - 0.25 * np.clip((y - top) / (bottom - top), 0, 1) ** 2
    edge = np.minimum(np.minimum(y - top - 0.18 * x**2, bottom - y), half - np.abs(x))
    colour = rng.uniform(0.25, 0.6) * np.array([0.75, 0.95, 1.0])
    folds = 1 - 0.18 * np.maximum(0, np.cos((y - top) * 24)) ** 8 + 0 * x
    cover = np.clip(edge * SCALE, 0, 1).astype(np.float32)
    return Worn((folds[..., None] * colour).astype(np.float32), cover)


def hand(rng: np.random.Generator, laid_out: Canvas, skin: Floats) -> Worn:
    """Draw four fingers over mouth and nose; `skin` (3,) is their linear colour."""
    cover, shade = _blank(), _blank()
    tilt = float(rng.uniform(-0.15, 0.15))
    low, high = 0.75 * laid_out.nose[1], 0.80 * laid_out.chin
    for y in np.linspace(low, high, 4):
        ends = (-1.0, y + tilt + 0.25), (0.62, y - tilt)
        _line(cover, *ends, round(0.22 * SCALE))
        _line(shade, *ends, round(0.10 * SCALE))
    lit = 0.65 + 0.35 * blurred(shade, 6.0)
    return Worn((lit[..., None] * skin).astype(np.float32), np.minimum(cover, 1))


def over_the_mouth(surface: Surface, worn: Worn) -> Surface:
    """Smooth the shape under something thick, which hides nose and lips."""
    cover = cv2.resize(worn.cover, surface.front.shape[::-1], interpolation=cv2.INTER_AREA)
    soft = blurred(surface.front, 0.10 * COARSE) + np.float32(0.10)
    front = (surface.front * (1 - cover) + soft * cover).astype(np.float32)
    return replace(surface, front=front, normals=normals_of(front))


def darkened(surface: Surface) -> Surface:
    """Darken the skin; dark skin, hair and cloth stay as they are."""
    skin = cheek(surface.albedo)
    factor = np.minimum(1.0, _DARK_SKIN / skin)
    colours = np.log(np.maximum(surface.albedo, 0.003))
    tone = colours - np.log(skin)
    chroma = np.dstack([tone[..., 0] - tone[..., 1], tone[..., 2] - tone[..., 1]])
    # Lips, cheeks and brows count as skin. Cloth lies lower; it must be nearer in colour to count.
    _, y = grid(SCALE)
    near = np.where(y < (surface.neck or 0.0) + 0.15, 1.1, 0.40)
    apart = (chroma**2).sum(axis=2) / near**2
    share = blurred(np.exp(-(apart**2)).astype(np.float32), 1.5)[..., None]
    return replace(
        surface, albedo=(surface.albedo * (1 - share + share * factor)).astype(np.float32)
    )


def cheek(albedo: Floats) -> Floats:
    """Return (3,) the linear colour of the skin below the eyes."""
    rows = slice(round((0.35 - TOP) * SCALE), round((0.5 - TOP) * SCALE))
    columns = [
        slice(round((x - LEFT) * SCALE), round((x + 0.12 - LEFT) * SCALE)) for x in (-0.45, 0.33)
    ]
    patches = [albedo[rows, part].reshape(-1, 3) for part in columns]
    return np.asarray(np.median(np.concatenate(patches), axis=0), dtype=np.float32)


def _blank() -> Floats:
    return np.zeros((round(HEIGHT * SCALE), round(WIDTH * SCALE)), np.float32)


def _at(x: float, y: float) -> tuple[int, int]:
    return round((x - LEFT) * SCALE * 2**_FINE), round((y - TOP) * SCALE * 2**_FINE)


def _line(
    picture: Floats, start: tuple[float, float], end: tuple[float, float], thick: int
) -> None:
    cv2.line(picture, _at(*start), _at(*end), 1.0, thick, cv2.LINE_AA, _FINE)
