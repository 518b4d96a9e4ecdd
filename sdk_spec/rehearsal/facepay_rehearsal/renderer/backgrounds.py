"""The wall behind a payer: different each time, with a few objects on it, out of focus."""

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.light import Room
from facepay_rehearsal.renderer.resample import blurred, scaled
from facepay_rehearsal.renderer.scene import FRAME_SIZE

Floats = NDArray[np.float32]

_MARGIN = 48
FAR = (14.0, 30.0)  # units from the camera: 1.2 to 2.7 m
NEAR = 8.0  # 20 cm behind a head


def room(rng: np.random.Generator, distance: float | None = None) -> Room:
    """Draw a wall at `distance` units; without it, at a distance of a usual room."""
    far = float(rng.uniform(*FAR)) if distance is None else distance
    width, height = FRAME_SIZE[0] + 2 * _MARGIN, FRAME_SIZE[1] + 2 * _MARGIN
    tint = rng.uniform(0.75, 1.0, 3) * rng.uniform(0.18, 0.55)
    wall = np.broadcast_to(tint, (height, width, 3)).astype(np.float32)
    clouds = rng.standard_normal((6, 8)).astype(np.float32)
    wall = wall * (1 + 0.10 * scaled(clouds, (width, height), smooth=True))[..., None]
    for _ in range(int(rng.integers(2, 6))):
        left, top = int(rng.integers(-60, width)), int(rng.integers(-60, height))
        right, bottom = left + int(rng.integers(30, 260)), top + int(rng.integers(40, 320))
        part = wall[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        part[...] = part * 0.3 + (rng.uniform(0.02, 0.6, 3) * 0.7).astype(np.float32)
    soft = blurred(wall.astype(np.float32), float(rng.uniform(1.5, 5.0)))
    return Room(np.clip(soft, 0.01, 1).astype(np.float32), far)
