"""Puppets: one photograph, animated by warping it in its plane, without any camera.

The warp follows the prompts as they come. The middle of the face moves, the nose a little more, and
the silhouette stays in place. The frames are injected in place of a camera's pictures.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.bona_fide import indoor
from facepay_rehearsal.renderer.canvas import COARSE, LEFT, SCALE, TOP, Canvas, canvas, grid
from facepay_rehearsal.renderer.colour import to_linear, to_srgb
from facepay_rehearsal.renderer.expression import with_expression
from facepay_rehearsal.renderer.filming import INDOOR, Source, head_of, person, sent
from facepay_rehearsal.renderer.light import DARK
from facepay_rehearsal.renderer.portraits import Pixels, Portrait
from facepay_rehearsal.renderer.resample import sampled, scaled
from facepay_rehearsal.renderer.scene import FRAME_SIZE
from facepay_rehearsal.renderer.sensor import noisy
from facepay_rehearsal.renderer.shots import Challenge, Shot
from facepay_rehearsal.renderer.timeline import Moment, timeline

Floats = NDArray[np.float32]

_UNIT_PX = 98.0
_HEAD, _NOSE = 0.40, 0.50  # units that head and nose move at a turn of 90 degrees
_ROUNDS = 6


def puppet_plain(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Animate a photograph as the prompts ask, in the light in which it was taken."""
    rng = np.random.default_rng(seed)
    moments = timeline(challenge, rng)
    return _injected(source, moments, _unlit, rng)


def puppet_uniform_tint(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Animate a photograph, and tint the whole frame in the colour that the screen shows."""
    rng = np.random.default_rng(seed)
    moments = timeline(challenge, rng)
    share = _share(rng)
    return _injected(source, moments, lambda _source, _x, _y: np.float32(share), rng)


def puppet_face_tint(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Animate a photograph, and tint only the person, equally all over.

    Hard for liveness: the light on skin is right. No camera took these frames, so manifests signed
    by a key inside the device and attestation stop it; so do second factor, limits and lockouts.
    """
    rng = np.random.default_rng(seed)
    share = _share(rng)

    def tint(owner: Portrait, x: Floats, y: Floats) -> Floats:
        return np.clip(_coarse(canvas(owner).inside, x, y) * 12, 0, 1) * np.float32(share)

    return _injected(source, timeline(challenge, rng), tint, rng)


def puppet_shaded(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Animate a photograph, and light it by a head's normals: the front more than the sides.

    Hard for liveness: like puppet_face_tint, and shaded like a head. The same measures stop it.
    """
    rng = np.random.default_rng(seed)
    share = _share(rng)

    def tint(owner: Portrait, x: Floats, y: Floats) -> Floats:
        inside = np.clip(_coarse(canvas(owner).inside, x, y) * 12, 0, 1)
        facing = _coarse(np.ascontiguousarray(head_of(owner).normals[..., 2]), x, y)
        return inside * np.maximum(facing, 0) * np.float32(share)

    return _injected(source, timeline(challenge, rng), tint, rng)


def full_render(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render the owner's photograph on a three-dimensional head in a room, and inject that.

    Hard for liveness: it is also our bona fide payer, with which every signal is tested. The device
    key and attestation (an injection needs both), the second factor, limits and lockouts stop it.
    """
    return indoor(source, challenge, seed + 7919)


def photograph_at_rest(source: Portrait) -> Pixels:
    """Return (480, 640, 3) uint8: the photograph framed as a front camera frames a payer."""
    rest = Moment(0, 0, None, DARK)
    return _drawn(source, rest, _unlit, 0.6, np.random.default_rng(0))


# The share of the screen's light that each place of the canvas shows: (owner, x, y in units).
Tint = Callable[[Portrait, Floats, Floats], Floats | np.float32]


def _unlit(_source: Portrait, _x: Floats, _y: Floats) -> np.float32:
    return np.float32(0)


def _share(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(INDOOR))))


def _injected(
    source: Source, moments: list[Moment], tint: Tint, rng: np.random.Generator
) -> list[Shot]:
    noise = float(rng.uniform(0.8, 1.8))
    frames = (_drawn(person(source), moment, tint, noise, rng) for moment in moments)
    return sent(moments, frames, rng)


def _drawn(
    source: Portrait, moment: Moment, tint: Tint, noise: float, rng: np.random.Generator
) -> Pixels:
    laid_out = canvas(source)
    colours = with_expression(_linear(source), laid_out, moment.blink, moment.mouth)
    x, y = warp(laid_out, moment)
    at = (x - np.float32(LEFT)) * SCALE - 0.5, (y - np.float32(TOP)) * SCALE - 0.5
    picture = sampled(colours, *at, mirror=True)
    amount = np.asarray(tint(source, x, y), dtype=np.float32)
    if amount.any():
        light = 1 + amount[..., None] * np.array(moment.screen, np.float32)
        picture *= light / np.float32(1 + amount.mean() / 2)
    return noisy(to_srgb(picture), noise, rng)


def _coarse(field: Floats, x: Floats, y: Floats) -> Floats:
    at = (x - np.float32(LEFT)) * COARSE - 0.5, (y - np.float32(TOP)) * COARSE - 0.5
    return sampled(field, *at)


@cache
def _linear(source: Portrait) -> Floats:
    return to_linear(canvas(source).photo)


def warp(laid_out: Canvas, moment: Moment) -> tuple[Floats, Floats]:
    """Return x and y, (480, 640) float32: the place of the canvas that a pixel shows, in units."""
    width, height = FRAME_SIZE[0] // 2, FRAME_SIZE[1] // 2
    size = _UNIT_PX * moment.scale / 2
    column = (np.arange(width, dtype=np.float32) + 0.5 - width / 2 - moment.shift[0] / 2) / size
    row = (np.arange(height, dtype=np.float32) + 0.5 - height * 0.45 - moment.shift[1] / 2) / size
    angle = np.radians(moment.roll)
    to_x = np.cos(angle) * column[None] + np.sin(angle) * row[:, None]
    to_y = np.cos(angle) * row[:, None] - np.sin(angle) * column[None]
    right, up = np.sin(np.radians(moment.turn)), np.sin(np.radians(moment.nod))
    x, y = to_x, to_y
    for _ in range(_ROUNDS):  # fixed-point iteration: find the place that moves to this pixel
        ahead = _coarse(_ahead(laid_out), x.astype(np.float32), y.astype(np.float32))
        x, y = to_x - right * ahead, to_y + up * ahead
    whole_x, whole_y = (scaled(plane.astype(np.float32), FRAME_SIZE) for plane in (x, y))
    return whole_x, whole_y


@cache
def _ahead(laid_out: Canvas) -> Floats:
    """Return (352, 352): how far each place moves at a turn of 90 degrees, in units."""
    x, y = grid(COARSE)
    nose_x, base = laid_out.nose
    head = np.exp(-((x / 1.0) ** 4) - ((y - 0.25) / 1.4) ** 4)
    nose = np.exp(-(((x - nose_x) / 0.34) ** 2) - ((y - 0.85 * base) / 0.42) ** 2)
    return np.asarray(_HEAD * head + _NOSE * nose, dtype=np.float32)
