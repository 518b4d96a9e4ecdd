"""Photographs on paper before the camera: matte, and lit by the room and the screen."""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.canvas import COARSE, SCALE, canvas, grid
from facepay_rehearsal.renderer.colour import to_linear
from facepay_rehearsal.renderer.expression import with_expression
from facepay_rehearsal.renderer.filming import (
    Place,
    Scene,
    Source,
    developed,
    filmed,
    head_of,
    person,
    place,
)
from facepay_rehearsal.renderer.portraits import Portrait
from facepay_rehearsal.renderer.resample import blurred
from facepay_rehearsal.renderer.shots import Challenge, Shot
from facepay_rehearsal.renderer.surfaces import Surface, normals_of, recoloured
from facepay_rehearsal.renderer.timeline import Manner, Moment, clock, swaying, timeline

Floats = NDArray[np.float32]

_INK, _PAPER = 0.05, 0.80  # reflectance of printed black and of white
_BORDER = 0.10  # units of white around the picture
_BY_HAND = Manner(turn=(28, 42), nod=(24, 36), sway=1.6, blinks=False)
_HALF_BENT = 1.6  # units from the crest to the edges of a bent print
_THICK = 0.12  # units: thicker than a sheet, so that no step of a ray skips it
_WIDEST = (-1.9, -1.7, 1.9, 2.2)  # left, top, right, bottom of a print about life size


def print_still(
    source: Source, challenge: Challenge, seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """Render a print on a stand. The camera stands still too, so only light and noise differ."""
    rng = np.random.default_rng(seed)
    moments = swaying(clock(challenge, rng), rng, 0.03)
    return developed(moments, hand_held(person(source), place(rng)), rng, mirrored=mirrored)


def print_moved(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render a print in the hand, tilted and moved closer as the prompts ask."""
    rng = np.random.default_rng(seed)
    lean = float(rng.uniform(-25, 25))
    moments = [replace(moment, lean=lean) for moment in timeline(challenge, rng, _BY_HAND)]
    return developed(moments, hand_held(person(source), place(rng)), rng)


def print_bent(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render a print bent to a part of a cylinder, like a head, and moved as the prompts ask."""
    rng = np.random.default_rng(seed)
    moments = timeline(challenge, rng, _BY_HAND)
    sheet = _bent(person(source), float(rng.uniform(1.75, 2.6)))
    where = place(rng).nearer()
    return developed(moments, lambda moment, behind=None: filmed(sheet, where, moment, behind), rng)


def cutout_eyes(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render a print with holes for the eyes, through which another person looks and blinks."""
    rng = np.random.default_rng(seed)
    owner = person(source)
    behind_it, where = owner.somebody_else(), place(rng).nearer()
    moments = timeline(challenge, rng, replace(_BY_HAND, blinks=True))
    sheet, holes = paper(owner), _eye_holes(owner)

    def picture(moment: Moment, behind: Floats | None = None, /) -> Floats:
        eyes = with_expression(
            head_of(behind_it).albedo, canvas(behind_it), moment.blink, mouth=0.0
        )
        # The eyes are a little darker, because they lie behind the sheet.
        mixed = sheet.albedo * (1 - holes) + np.float32(0.75) * eyes * holes
        return filmed(recoloured(sheet, mixed), where, moment, behind)

    return developed(moments, picture, rng)


def hand_held(source: Portrait, where: Place) -> Scene:
    """Return the scene of a flat print in the hand."""
    sheet = paper(source)

    def picture(moment: Moment, behind: Floats | None = None, /) -> Floats:
        return filmed(sheet, where.nearer(), moment, behind)

    return picture


@cache
def paper(source: Portrait) -> Surface:
    """Model a flat print, as large as the photograph and at most about life size."""
    left, top, right, bottom = edges(source)
    x, y = grid(COARSE)
    room = np.minimum(np.minimum(x - left, right - x), np.minimum(y - top, bottom - y))
    normals = np.zeros((*room.shape, 3), np.float32)
    normals[..., 2] = 1
    return Surface(printed(source), room, -room, normals, flat=True)


def _bent(source: Portrait, radius: float) -> Surface:
    """Model the print as a part of an upright cylinder; `radius` in units, the crest at z = 0."""
    flat = paper(source)
    x, y = grid(COARSE)
    bow = np.sqrt(np.maximum(radius**2 - x**2, 0.01)) - radius + 0 * y
    room = np.minimum(flat.front, _HALF_BENT - np.abs(x))
    front = np.where(room > 0, bow, -9).astype(np.float32)
    back = np.where(room > 0, bow - _THICK, 9).astype(np.float32)
    normals = normals_of(np.maximum(bow, -1.2).astype(np.float32))
    return Surface(flat.albedo, front, back, normals, reach=(1.1, 1.6))


def _eye_holes(source: Portrait) -> Floats:
    """Return (704, 704, 1) float32: 1 in the two eye holes, 0 elsewhere."""
    x, y = grid(SCALE)
    holes = np.zeros((y.size, x.size), np.float32)
    for outer, inner in zip((-0.5, 0.5), canvas(source).inner, strict=True):
        middle, half = (outer + inner) / 2, abs(inner - outer) / 2 + 0.03
        reach = np.sqrt(((x - middle) / half) ** 2 + (y / 0.10) ** 2)
        holes = np.maximum(holes, np.clip((1 - reach) * 0.10 * SCALE, 0, 1))
    return holes[..., None].astype(np.float32)


def edges(source: Portrait) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the sheet in units, inside the photograph."""
    shown = canvas(source).shown
    left, top = (max(a, b) for a, b in zip(shown[:2], _WIDEST[:2], strict=True))
    right, bottom = (min(a, b) for a, b in zip(shown[2:], _WIDEST[2:], strict=True))
    return left, top, right, bottom


def printed(source: Portrait) -> Floats:
    """Return (704, 704, 3) float32: the photograph in ink, with a white border."""
    photo = to_linear(blurred(canvas(source).photo, 0.8))
    grey = photo.mean(axis=2, keepdims=True)
    ink = _INK + (_PAPER - _INK) * (0.9 * photo + 0.1 * grey)
    left, top, right, bottom = edges(source)
    x, y = grid(SCALE)
    inside = (x > left + _BORDER) & (x < right - _BORDER) & (y > top + _BORDER)
    inside &= y < bottom - _BORDER
    return np.where(inside[..., None], ink, np.float32(_PAPER)).astype(np.float32)
