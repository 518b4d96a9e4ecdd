"""Turns the head of one still portrait, as a front camera would see it.

A generic head (an ellipsoid face with a nose and eye sockets, inside a flatter shell of hair) is
laid over the portrait by its five points. The face turns rigidly; towards the silhouette the turn
fades to nothing, and so it does down the neck: the background stays, and nothing tears. What a
real camera adds comes after: a shaking hand, sensor noise, JPEG.

Rules: the same arguments give the same bytes. This is a test tool. Its heads are themselves
presentation attacks (species full_render): that they pass proves that a signal works, not that
people pass. It does not render light, expression or what the portrait does not show.
"""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facepay_rehearsal.portraits import FRAME_SIZE, Outline, Pixels, Portrait, portrait

Floats = NDArray[np.float32]
# A homography as Pillow wants it: where an output pixel's colour comes from.
Homography = tuple[float, float, float, float, float, float, float, float]

JPEG_QUALITY = 88
NOISE_GREY_LEVELS = 2.0
MAX_TURN_DEGREES = 45.0

# The generic head, in outer-eye widths. The axis of the turn lies further forward than the neck,
# because people keep a turning head in the picture. Eyes lie deeper and lips stand out further
# than in an average face: dlib's five points draw a rendered turn smaller than it is (they pull
# towards the faces they were trained on). The values come from a random search over both
# portraits for a full turn that reads about 0.25. So that a genuine burst passes the turn check
# is built in here, and is no evidence about people.
_FACE_HALF_WIDTH = 0.87
_FACE_DEPTH = 1.0
_HAIR_DEPTH = 0.36
_AXIS_DEPTH = 0.29
_NOSE = (0.19, 0.30, 0.37, 0.24)  # rise, width, y of the middle, height
_LIPS = (0.215, 0.37, 0.68, 0.32)
_SOCKETS = (-0.27, 0.27, 0.24, 0.32)  # rise, width, height, distance from the middle
_RIGID_SHARE = 0.49  # of the half width: inside it the head turns as one piece
_NECK_FROM, _NECK_TO = 1.0, 1.5


@dataclass(frozen=True, slots=True)
class Pose:
    """One frame's pose. `turn` and `nod` in degrees, the payer's left and up positive.

    `shift` in pixels, `roll` in degrees and `zoom` as a factor are the hand that holds the camera.
    """

    turn: float = 0.0
    nod: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    roll: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True, slots=True, repr=False)
class _Head:
    """The part of a portrait that moves: its place, and the height field over it.

    `axis` is the depth of the turn's axis in pixels; `x`, `depth` and `hold` are (rows, columns)
    float32: distance from the turn's axis and depth in pixels, and how much of a turn arrives
    there (0 to 1).
    """

    left: int
    top: int
    axis: float
    x: Floats
    depth: Floats
    hold: Floats


def turned(name: str, pose: Pose) -> Pixels:
    """(480, 640, 3) uint8 RGB of the portrait `name` in a pose, without noise."""
    source = portrait(name)
    return shaken(_turn_head(source, _head(name), pose), pose)


def shaken(pixels: Pixels, pose: Pose) -> Pixels:
    """The picture through a hand that moves: shift, roll and zoom about its middle."""
    angle = np.radians(pose.roll)
    a, b = np.cos(angle) / pose.zoom, np.sin(angle) / pose.zoom
    middle_x, middle_y = pixels.shape[1] / 2, pixels.shape[0] / 2
    to_x, to_y = middle_x + pose.shift[0], middle_y + pose.shift[1]
    return warped(
        pixels, (a, b, middle_x - a * to_x - b * to_y, -b, a, middle_y + b * to_x - a * to_y, 0, 0)
    )


def warped(pixels: Pixels, homography: Homography) -> Pixels:
    """The picture under a homography (output pixel to source pixel), its edge carried outwards."""
    margin = 48
    padded = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    a, b, c, d, e, f, g, h = homography
    # The source lies `margin` further right and down in the padded picture.
    moved = (a + margin * g, b + margin * h, c + margin, d + margin * g, e + margin * h, f + margin)
    picture = Image.fromarray(padded).transform(
        (pixels.shape[1], pixels.shape[0]),
        Image.Transform.PERSPECTIVE,
        (*moved, g, h),
        Image.Resampling.BILINEAR,
    )
    return np.array(picture, dtype=np.uint8)


def photographed(pixels: Pixels, seed: int, *, mirrored: bool = False) -> bytes:
    """Sensor noise of a given seed, then JPEG with a JFIF header."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(NOISE_GREY_LEVELS)
    noisy = np.clip(pixels + noise + np.float32(0.5), 0, 255).astype(np.uint8)
    stored = BytesIO()
    Image.fromarray(noisy[:, ::-1] if mirrored else noisy).save(
        stored, "JPEG", quality=JPEG_QUALITY
    )
    return stored.getvalue()


@cache
def _head(name: str) -> _Head:
    source = portrait(name)
    unit = float(np.linalg.norm(source.points[0] - source.points[2]))
    middle = (source.points[0] + source.points[2]) / 2
    outline = source.outline
    centre_x = middle[0] + outline.centre_x * unit
    left = max(0, int(centre_x - outline.half_width * unit))
    right = min(FRAME_SIZE[0], int(centre_x + outline.half_width * unit) + 1)
    top = max(0, int(middle[1] - outline.above * unit))
    bottom = min(FRAME_SIZE[1], int(middle[1] + _NECK_TO * unit) + 1)
    nose_x = float((source.points[4][0] - centre_x) / unit)
    columns, rows = np.arange(left, right), np.arange(top, bottom)
    x = ((columns - centre_x) / unit).astype(np.float32)[None, :]
    y = ((rows - middle[1]) / unit).astype(np.float32)[:, None]
    return _Head(
        left=left,
        top=top,
        axis=_AXIS_DEPTH * unit,
        x=np.broadcast_to(x * np.float32(unit), (len(rows), len(columns))),
        depth=_depth(x, y, outline, nose_x) * np.float32(unit),
        hold=_hold(x, y, outline.half_width),
    )


def _depth(x: Floats, y: Floats, outline: Outline, nose_x: float) -> Floats:
    """Depth in front of the ears, in outer-eye widths; x and y likewise, from between the eyes."""
    height = np.where(y < 0, outline.above, _NECK_TO)
    tall = np.clip(1 - (y / height) ** 4, 0, 1) ** 0.25
    face = _FACE_DEPTH * np.sqrt(np.clip(1 - (x / _FACE_HALF_WIDTH) ** 2, 0, 1))
    hair = _HAIR_DEPTH * np.sqrt(np.clip(1 - (x / outline.half_width) ** 2, 0, 1))
    # A soft maximum, so that the face passes into the hair without a step.
    relief = tall * (face**8 + hair**8 + 1e-6) ** 0.125
    for rise, width, middle, length in (_NOSE, _LIPS):
        relief = relief + outline.relief * rise * np.exp(
            -(((x - nose_x) / width) ** 2) - ((y - middle) / length) ** 2
        )
    rise, width, high, apart = _SOCKETS  # flat inside, so that the eyes keep their shape
    relief = relief + outline.relief * rise * np.exp(
        -(((np.abs(x) - apart) / width) ** 4) - (y / high) ** 4
    )
    return np.asarray(relief, dtype=np.float32)


def _hold(x: Floats, y: Floats, half_width: float) -> Floats:
    """1 where the head turns as one piece, 0 at the silhouette and below the neck."""
    across = _fade(np.abs(x) / half_width, _RIGID_SHARE, 1.0)
    return np.asarray(across * _fade(y, _NECK_FROM, _NECK_TO), dtype=np.float32)


def _fade(value: NDArray[np.floating[Any]], start: float, end: float) -> Floats:
    t = np.clip((value - start) / (end - start), 0, 1)
    return np.asarray(1 - t * t * (3 - 2 * t), dtype=np.float32)


def _turn_head(source: Portrait, head: _Head, pose: Pose) -> Pixels:
    if abs(pose.turn) > MAX_TURN_DEGREES:
        raise ValueError("the portrait shows one side only: turns end at 45 degrees")
    turn = pose.turn - source.outline.facing
    angle = np.radians(np.float32(turn)) * head.hold
    target = head.x * np.cos(angle) + (head.depth - head.axis) * np.sin(angle)
    came_from = _inverted(head.x[0], target, to_the_right=turn >= 0)
    rows, columns = head.x.shape
    column = came_from - head.x[0, 0]
    row = np.arange(rows, dtype=np.float32)[:, None] + np.zeros((1, columns), np.float32)
    nearest = np.clip(np.rint(column).astype(np.intp), 0, columns - 1)
    lift = np.take_along_axis(head.depth * head.hold, nearest, axis=1)
    row = row + np.sin(np.radians(np.float32(pose.nod))) * lift
    pixels = source.pixels.copy()
    pixels[head.top : head.top + rows, head.left : head.left + columns] = _sampled(
        source.pixels, column + head.left, row + head.top
    )
    return pixels


def _inverted(x: Floats, target: Floats, *, to_the_right: bool) -> Floats:
    """For each pixel of each row, the x whose target it is; the nearer surface hides the other.

    A point pushed past its neighbour in the turn's direction covers it, so a running maximum
    along that direction leaves what is visible.
    """
    if not to_the_right:
        return -_inverted(-x[::-1], -target[:, ::-1], to_the_right=True)[:, ::-1]
    visible = np.maximum.accumulate(target, axis=1)
    return np.stack([np.interp(x, row, x) for row in visible]).astype(np.float32)


def _sampled(pixels: Pixels, column: Floats, row: Floats) -> Pixels:
    """Bilinear samples of an RGB picture at float positions."""
    height, width = pixels.shape[:2]
    column, row = np.clip(column, 0, width - 1.001), np.clip(row, 0, height - 1.001)
    left, top = column.astype(np.int32), row.astype(np.int32)
    right_share, low_share = (column - left)[..., None], (row - top)[..., None]
    flat = pixels.reshape(-1, 3)
    at = top * width + left
    upper = flat[at] * (1 - right_share) + flat[at + 1] * right_share
    lower = flat[at + width] * (1 - right_share) + flat[at + width + 1] * right_share
    mixed = upper * (1 - low_share) + lower * low_share
    return np.asarray(np.rint(mixed), dtype=np.uint8)
