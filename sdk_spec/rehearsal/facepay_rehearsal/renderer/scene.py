"""A pinhole camera before one surface: find where the ray of each pixel meets it.

The camera is at the origin and looks along +t; lengths are in units (outer-eye widths). The surface
has the axes of the canvas: x to the picture's right, y down, z towards the camera. Each ray is
marched through the height field at half resolution and refined by bisection; the result is scaled
up. Below the neck a turn fades out row by row.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.canvas import COARSE, LEFT, TOP
from facepay_rehearsal.renderer.resample import sampled
from facepay_rehearsal.renderer.surfaces import Surface

Floats = NDArray[np.float32]

FRAME_SIZE = (640, 480)
FOCAL_PX = 460.0  # 70 degrees of view across, like a phone's front camera
_HALF = (FRAME_SIZE[0] // 2, FRAME_SIZE[1] // 2)
_STEP = 0.085  # units along a ray
_AXIS = np.array([0.0, 0.75, 0.12])  # the point that a head turns and nods about, in units
_FADE = 0.7  # units below the chin over which a turn fades out in the neck


@dataclass(frozen=True, slots=True)
class Pose:
    """The pose of a head or an object before the camera.

    `turn`, `nod` and `roll` are in degrees: to the payer's left, up, and clockwise in the picture.
    `lean` is the angle of the turn's axis away from upright. `distance` is in units from the camera
    to the plane of the ears. `at` is the pixel of the middle of the eyes when the head is straight.
    """

    turn: float = 0.0
    nod: float = 0.0
    roll: float = 0.0
    lean: float = 0.0
    distance: float = 5.5
    at: tuple[float, float] = (320.0, 215.0)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Seen:
    """The places where the rays meet the surface, (240, 320) float32 each.

    `x` and `y` are on the canvas in units, `cover` is 0 or 1, `depth` is along the camera's axis.
    `normals` (240, 320, 3) are in the camera's axes (z towards it).
    """

    x: Floats
    y: Floats
    cover: Floats
    depth: Floats
    normals: Floats


def look(surface: Surface, pose: Pose) -> Seen:
    """Find where every ray of a half-size frame meets the surface."""
    turns = _rotations(surface, pose)
    before = surface.reach[0]
    start, along = _rays(pose, turns, before)
    t, cover = (_on_the_plane if surface.flat else _march)(surface, start, along)
    x, y = (start[i] + t * along[i] for i in (0, 1))
    x, y = _filled(x, cover), _filled(y, cover)
    depth = np.float32(pose.distance - before) + t
    on_canvas = (x - np.float32(LEFT)) * COARSE - 0.5, (y - np.float32(TOP)) * COARSE - 0.5
    own = sampled(surface.normals, *on_canvas)
    normals = np.einsum("rij,rcj->rci", turns.transpose(0, 2, 1), own)
    return Seen(x, y, cover, depth, normals.astype(np.float32))


def _rotations(surface: Surface, pose: Pose) -> Floats:
    """Return (240, 3, 3): rotations from the camera's axes to the surface's, one for each row."""
    rows = np.arange(_HALF[1]) * 2.0 + 1.0
    hold = np.ones(len(rows))
    if surface.neck is not None:
        y = (rows - pose.at[1]) / FOCAL_PX * (pose.distance - 0.4)
        lifted = np.sin(np.radians(pose.nod)) * 0.5  # a rising chin moves the neck too
        t = np.clip((y - surface.neck + lifted) / _FADE, 0, 1)
        hold = 1 - t * t * (3 - 2 * t)
    turn, nod = np.radians(pose.turn) * hold, np.radians(pose.nod) * hold
    zero, one = np.zeros(len(rows)), np.ones(len(rows))

    def stacked(*values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack(values, axis=1).reshape(-1, 3, 3)

    yaw = stacked(
        np.cos(turn), zero, np.sin(turn), zero, one, zero, -np.sin(turn), zero, np.cos(turn)
    )
    pitch = stacked(
        one, zero, zero, zero, np.cos(nod), -np.sin(nod), zero, np.sin(nod), np.cos(nod)
    )
    forward = _in_plane(pose.roll + pose.lean) @ yaw @ _in_plane(-pose.lean) @ pitch
    return forward.transpose(0, 2, 1).astype(np.float32)


def _in_plane(degrees: float) -> NDArray[np.float64]:
    a = np.radians(degrees)
    return np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])


def _rays(pose: Pose, turns: Floats, before: float) -> tuple[list[Floats], list[Floats]]:
    """Return start and direction of each ray in the surface's axes: x, y, z, (240, 320) each."""
    columns = (np.arange(_HALF[0], dtype=np.float32) * 2 + 1 - FRAME_SIZE[0] / 2) / FOCAL_PX
    rows = (np.arange(_HALF[1], dtype=np.float32) * 2 + 1 - FRAME_SIZE[1] / 2) / FOCAL_PX
    middle_x = (pose.at[0] - FRAME_SIZE[0] / 2) / FOCAL_PX * pose.distance
    middle_y = (pose.at[1] - FRAME_SIZE[1] / 2) / FOCAL_PX * pose.distance
    near = pose.distance - before
    axis = _AXIS.astype(np.float32)
    # In the camera's axes, with z towards the camera, relative to the axis of the turn.
    from_x = (columns * near - middle_x - axis[0])[None, :]
    from_y = (rows * near - middle_y - axis[1])[:, None]
    from_z = np.float32(before - axis[2])
    across, down = columns[None, :], rows[:, None]
    start, along = [], []
    for i in range(3):
        a, b, c = (turns[:, i, j][:, None] for j in range(3))
        start.append(np.asarray(a * from_x + b * from_y + c * from_z + axis[i], np.float32))
        along.append(np.asarray(a * across + b * down - c, np.float32))
    return start, along


def _march(surface: Surface, start: list[Floats], along: list[Floats]) -> tuple[Floats, Floats]:
    """March each ray; return how far it goes, and whether it meets the solid (0 or 1)."""
    step = np.float32(_STEP)
    bounds = np.dstack([surface.front, surface.back])
    x = (start[0] - np.float32(LEFT)) * COARSE - np.float32(0.5)
    y = (start[1] - np.float32(TOP)) * COARSE - np.float32(0.5)
    z = start[2].copy()
    move = along[0] * (step * COARSE), along[1] * (step * COARSE), along[2] * step
    met = np.zeros(x.shape, np.uint8)
    count = np.zeros(x.shape, np.float32)
    for _ in range(round(sum(surface.reach) / _STEP)):
        found = sampled(bounds, x, y)
        met |= (z <= found[..., 0]) & (z >= found[..., 1])
        count += met == 0
        x += move[0]
        y += move[1]
        z += move[2]
    return _exact(surface, start, along, count * step, step), met.astype(np.float32)


def _on_the_plane(
    surface: Surface, start: list[Floats], along: list[Floats]
) -> tuple[Floats, Floats]:
    t = np.asarray(-start[2] / np.minimum(along[2], np.float32(-1e-3)), dtype=np.float32)
    x = (start[0] + t * along[0] - np.float32(LEFT)) * COARSE - np.float32(0.5)
    y = (start[1] + t * along[1] - np.float32(TOP)) * COARSE - np.float32(0.5)
    there = sampled(surface.front, x, y)
    return t, np.asarray(there >= 0, dtype=np.float32)


def _exact(
    surface: Surface, start: list[Floats], along: list[Floats], t: Floats, step: np.float32
) -> Floats:
    """Bisect the last step, to about a hundredth of a unit."""
    low, high = t - step, t
    for _ in range(3):
        t = (low + high) * np.float32(0.5)
        x = (start[0] + t * along[0] - np.float32(LEFT)) * COARSE - np.float32(0.5)
        y = (start[1] + t * along[1] - np.float32(TOP)) * COARSE - np.float32(0.5)
        over = start[2] + t * along[2] > sampled(surface.front, x, y)
        low, high = np.where(over, t, low), np.where(over, high, t)
    return np.asarray((low + high) / 2, dtype=np.float32)


def _filled(values: Floats, cover: Floats) -> Floats:
    """Carry values outwards from where rays meet the surface, for a smooth edge."""
    around = cv2.blur(cover, (5, 5))
    carried = cv2.blur(values * cover, (5, 5)) / np.maximum(around, 1e-3)
    return np.asarray(np.where(cover > 0, values, carried), dtype=np.float32)
