"""One photograph, animated by warping it in its plane: no camera was ever there.

The warp follows the prompts as they come: the middle of the face goes ahead, the nose a little
more, the silhouette stays. The frames are injected where a camera's should be.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.canvas import LEFT, SCALE, TOP, Canvas, canvas
from facepay_rehearsal.colour import to_linear, to_srgb
from facepay_rehearsal.course import Moment, course
from facepay_rehearsal.expression import with_expression
from facepay_rehearsal.filming import Source, person, sent
from facepay_rehearsal.portraits import Pixels, Portrait
from facepay_rehearsal.resample import sampled
from facepay_rehearsal.scene import FRAME_SIZE
from facepay_rehearsal.sensor import noisy
from facepay_rehearsal.shots import Challenge, Shot

Floats = NDArray[np.float32]

_UNIT_PX = 98.0
_HEAD, _NOSE = 0.62, 0.30  # units that head and nose move at a turn of 90 degrees


def puppet_plain(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """A photograph animated as asked, in the light it was taken in."""
    rng = np.random.default_rng(seed)
    moments = course(challenge, rng)
    frames = (_picture(person(source), moment, rng) for moment in moments)
    return sent(moments, frames, rng)


def _picture(source: Portrait, moment: Moment, rng: np.random.Generator) -> Pixels:
    laid_out = canvas(source)
    colours = with_expression(_linear(source), laid_out, moment.blink, moment.mouth)
    x, y = warp(laid_out, moment)
    at = (x - np.float32(LEFT)) * SCALE - 0.5, (y - np.float32(TOP)) * SCALE - 0.5
    picture = sampled(colours, *at, mirror=True)
    return noisy(to_srgb(picture), 1.2, rng)


@cache
def _linear(source: Portrait) -> Floats:
    return to_linear(canvas(source).photo)


def warp(laid_out: Canvas, moment: Moment) -> tuple[Floats, Floats]:
    """(480, 640) float32: which place of the canvas each pixel shows, in units."""
    width, height = FRAME_SIZE
    size = _UNIT_PX * moment.scale
    column = (np.arange(width, dtype=np.float32) - width / 2 - moment.shift[0]) / size
    row = (np.arange(height, dtype=np.float32) - height * 0.45 - moment.shift[1]) / size
    angle = np.radians(moment.roll)
    x = np.cos(angle) * column[None] + np.sin(angle) * row[:, None]
    y = np.cos(angle) * row[:, None] - np.sin(angle) * column[None]
    nose_x, base = laid_out.nose
    head = np.exp(-((x / 0.95) ** 4) - ((y - 0.25) / 1.35) ** 4)
    nose = np.exp(-(((x - nose_x) / 0.24) ** 2) - ((y - base) / 0.35) ** 2)
    moved = _HEAD * head + _NOSE * nose
    x = x - np.sin(np.radians(moment.turn)) * moved
    y = y + np.sin(np.radians(moment.nod)) * moved
    return x.astype(np.float32), y.astype(np.float32)
