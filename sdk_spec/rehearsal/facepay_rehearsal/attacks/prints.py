"""Photographs on paper, held before the camera: matte, and lit by the room and the screen."""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.canvas import COARSE, SCALE, canvas, grid
from facepay_rehearsal.colour import to_linear
from facepay_rehearsal.course import Manner, Moment, clock, course, swaying
from facepay_rehearsal.filming import Place, Scene, Source, developed, filmed, person, place
from facepay_rehearsal.portraits import Portrait
from facepay_rehearsal.resample import blurred
from facepay_rehearsal.shots import Challenge, Shot
from facepay_rehearsal.surfaces import Surface

Floats = NDArray[np.float32]

_INK, _PAPER = 0.05, 0.80  # light that comes back from printed black and from white
_BORDER = 0.10  # units of white around the picture
_BY_HAND = Manner(turn=(28, 42), nod=(24, 36), sway=1.6, blinks=False)
_WIDEST = (-1.9, -1.7, 1.9, 2.2)  # left, top, right, bottom of a print about life size


def print_still(
    source: Source, challenge: Challenge, seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """A print on a stand; the camera stands too, so only light and noise differ."""
    rng = np.random.default_rng(seed)
    moments = swaying(clock(challenge, rng), rng, 0.03)
    return developed(moments, held(person(source), place(rng)), rng, mirrored=mirrored)


def print_moved(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """A print in the hand, tilted and brought closer as the prompts ask."""
    rng = np.random.default_rng(seed)
    lean = float(rng.uniform(-25, 25))
    moments = [replace(moment, lean=lean) for moment in course(challenge, rng, _BY_HAND)]
    return developed(moments, held(person(source), place(rng)), rng)


def held(source: Portrait, where: Place) -> Scene:
    """A flat print in the hand."""
    sheet = paper(source)

    def picture(moment: Moment, behind: Floats | None = None, /) -> Floats:
        return filmed(sheet, where.nearer(), moment, behind)

    return picture


@cache
def paper(source: Portrait) -> Surface:
    """A flat print."""
    left, top, right, bottom = edges(source)
    x, y = grid(COARSE)
    room = np.minimum(np.minimum(x - left, right - x), np.minimum(y - top, bottom - y))
    normals = np.zeros((*room.shape, 3), np.float32)
    normals[..., 2] = 1
    return Surface(printed(source), room, -room, normals, flat=True)


def edges(source: Portrait) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the sheet in units: no more than the photograph shows."""
    shown = canvas(source).shown
    left, top = (max(a, b) for a, b in zip(shown[:2], _WIDEST[:2], strict=True))
    right, bottom = (min(a, b) for a, b in zip(shown[2:], _WIDEST[2:], strict=True))
    return left, top, right, bottom


def printed(source: Portrait) -> Floats:
    """(704, 704, 3) float32: the photograph in ink, with a white border."""
    photo = to_linear(blurred(canvas(source).photo, 0.8))
    grey = photo.mean(axis=2, keepdims=True)
    ink = _INK + (_PAPER - _INK) * (0.9 * photo + 0.1 * grey)
    left, top, right, bottom = edges(source)
    x, y = grid(SCALE)
    inside = (x > left + _BORDER) & (x < right - _BORDER) & (y > top + _BORDER)
    inside &= y < bottom - _BORDER
    return np.where(inside[..., None], ink, np.float32(_PAPER)).astype(np.float32)
