"""Light on a surface and on the wall behind it: ambient light, and the screen's colours.

The photograph's own light counts as the room's: the photograph shows albedo times ambient light.
The screen adds a lamp a little below the camera, by Lambert's law and the square of the distance.
Everything is linear; a pixel of albedo 1 in ambient light alone is 1. Not rendered: subsurface
scattering, shadows, and light that one surface reflects onto another.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.canvas import LEFT, SCALE, TOP
from facepay_rehearsal.renderer.resample import blurred, moved, sampled, scaled
from facepay_rehearsal.renderer.scene import FOCAL_PX, FRAME_SIZE, Pose, Seen
from facepay_rehearsal.renderer.surfaces import Surface

Floats = NDArray[np.float32]

# The colours of a screen as a camera sees them: each channel leaks a little into the others.
SCREEN = {
    "red": (1.0, 0.06, 0.02),
    "green": (0.08, 1.0, 0.08),
    "blue": (0.02, 0.08, 1.0),
    "yellow": (1.0, 1.0, 0.08),
    "cyan": (0.08, 1.0, 1.0),
    "magenta": (1.0, 0.10, 1.0),
}
DARK = (0.0, 0.0, 0.0)
_FULL_AT = 4.3  # units: the distance of a face at rest, where the screen's share is stated
_LAMP = np.array([0.0, 0.75, 0.0], dtype=np.float32)  # units below the camera


@dataclass(frozen=True, slots=True)
class Lights:
    """The light of one frame.

    `share` is the screen's light on a face at rest relative to the ambient light, in each channel.
    `screen` is the colour shown. `ambient` is the room's light in red, green and blue.
    """

    share: float
    screen: tuple[float, float, float] = DARK
    ambient: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Room:
    """The wall of a room.

    `albedo` (576, 736, 3) float32 linear has a margin of 48 pixels on every side of the frame.
    `distance` is in units from the camera to the wall.
    """

    albedo: Floats
    distance: float


def lit(surface: Surface, seen: Seen, behind: Floats, lights: Lights) -> Floats:
    """Return (480, 640, 3) float32: the light on the sensor; `behind` has the same shape."""
    arriving = _arriving(seen)
    cover, x, y, arriving, ambient = (
        scaled(plane, FRAME_SIZE)
        for plane in (blurred(seen.cover, 0.7), seen.x, seen.y, arriving, _ambient(seen))
    )
    on_canvas = (x - np.float32(LEFT)) * SCALE - 0.5, (y - np.float32(TOP)) * SCALE - 0.5
    screen = np.array(lights.screen, np.float32) * np.float32(lights.share)
    picture = sampled(surface.albedo, *on_canvas)
    picture *= np.dstack(
        [
            ambient * np.float32(a) + arriving * s
            for a, s in zip(lights.ambient, screen, strict=True)
        ]
    )
    if surface.glow is not None:
        picture += sampled(surface.glow, *on_canvas)
    if surface.mirror is not None:
        shine = sampled(surface.mirror, *on_canvas)[..., None]
        picture += shine * (np.array(lights.screen, np.float32) * np.float32(lights.share))
    picture -= behind
    picture *= np.clip(cover * 1.6 - np.float32(0.3), 0, 1)[..., None]
    picture += behind
    return picture


def wall(room: Room, pose: Pose, lights: Lights) -> Floats:
    """Return (480, 640, 3) float32: the light of the wall alone on the sensor."""
    share = lights.share * (_FULL_AT / room.distance) ** 2
    # A movement of the camera moves the wall less than the face.
    shift = ((pose.at[0] - 320) * 0.5, (pose.at[1] - 215) * 0.5)
    turn = np.asarray(cv2.getRotationMatrix2D((320, 240), -pose.roll * 0.5, 1.0), np.float64)
    height, width = room.albedo.shape[:2]
    turn[:, 2] += np.array(shift)
    turn[:, 2] -= turn[:, :2] @ np.array([(width - 640) / 2, (height - 480) / 2])
    picture = moved(room.albedo, turn, FRAME_SIZE)
    light = [a + s * share for a, s in zip(lights.ambient, lights.screen, strict=True)]
    return np.asarray(picture * np.array(light, np.float32), dtype=np.float32)


def _arriving(seen: Seen) -> Floats:
    """Return the screen's light on each place; 1 is a face at rest that looks at the screen."""
    rows, columns = seen.depth.shape
    across = ((np.arange(columns, dtype=np.float32) * 2 + 1 - FRAME_SIZE[0] / 2) / FOCAL_PX)[None]
    down = ((np.arange(rows, dtype=np.float32) * 2 + 1 - FRAME_SIZE[1] / 2) / FOCAL_PX)[:, None]
    to_x = _LAMP[0] - across * seen.depth
    to_y = _LAMP[1] - down * seen.depth
    square = to_x * to_x + to_y * to_y + seen.depth * seen.depth
    normals = seen.normals
    facing = normals[..., 0] * to_x + normals[..., 1] * to_y + normals[..., 2] * seen.depth
    return np.asarray(
        np.maximum(facing, 0) * np.float32(_FULL_AT**2) / (square * np.sqrt(square)), np.float32
    )


def _ambient(seen: Seen) -> Floats:
    """Return the room's light on each place: from all sides, a little more from above.

    The photograph was taken in such light, so only the small change of a turn is added.
    """
    return np.asarray(0.92 + 0.08 * seen.normals[..., 2] - 0.05 * seen.normals[..., 1], np.float32)
