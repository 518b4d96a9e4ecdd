"""Whole captures, rendered: a genuine payer, and the plain attacks (liveness.md, species).

Each function returns the frames in order, `Shot(jpeg, step, monotonic_ms)`; step 0 is the hold,
step n the nth step, as an SDK declares them. `steps` are the names of the API, in the payer's own
left and right; who is asked for anything but a turn holds still here. The same arguments give the
same bytes. Nothing here knows facepay's types; a burst of 22 frames is 1.0 to 1.5 MB.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from facepay_rehearsal.portraits import FRAME_SIZE, Pixels, portrait
from facepay_rehearsal.renderer import (
    Homography,
    Pose,
    photographed,
    shaken,
    turned,
    warped,
)

HOLD_FRAMES = 4
# One turn, in degrees: out and almost back; the prompt for the next step comes then.
TURN_COURSE = (10.0, 30.0, 32.0, 33.0, 31.0, 4.0)
FRAME_INTERVAL_MS = 220
_SIGN = {"turn_left": 1.0, "turn_right": -1.0}


class Shot(NamedTuple):
    """One frame as an SDK would send it."""

    jpeg: bytes
    step: int
    monotonic_ms: int


def genuine(name: str, steps: Sequence[str], seed: int, *, mirrored: bool = False) -> list[Shot]:
    """A payer who holds still and then turns as asked, with the small movements of a real one."""
    rng = np.random.default_rng(seed)

    def picture(turn: float) -> Pixels:
        return turned(name, _lively(rng, turn))

    return _shots(_course(steps), picture, rng, mirrored=mirrored)


def still_photo(
    name: str, steps: Sequence[str], seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """Species print_still: one photograph on a stand; only the sensor's noise differs."""
    rng = np.random.default_rng(seed)
    still = portrait(name).pixels
    return _shots(_course(steps), lambda _turn: still, rng, mirrored=mirrored)


def shaken_photo(
    name: str, steps: Sequence[str], seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """Species print_moved: a photograph in the hand, shifted, rotated in its plane, and zoomed."""
    rng = np.random.default_rng(seed)
    still = portrait(name).pixels

    def picture(_turn: float) -> Pixels:
        hand = Pose(
            shift=(float(rng.uniform(-25, 25)), float(rng.uniform(-20, 20))),
            roll=float(rng.uniform(-12, 12)),
            zoom=float(rng.uniform(0.9, 1.1)),
        )
        return shaken(still, hand)

    return _shots(_course(steps), picture, rng, mirrored=mirrored)


def moved_print(
    name: str,
    steps: Sequence[str],
    seed: int,
    *,
    tilt: float = 35.0,
    axis: float = 0.0,
    mirrored: bool = False,
) -> list[Shot]:
    """Species print_moved: a flat print tilted in time with the prompts.

    `tilt` in degrees at the turn's extreme; `axis` in degrees is the axis of the tilt away from
    upright, in the picture's plane: 0 mimics a turning head, about 40 is the worst case for
    anything that measures a turn from few points.
    """
    rng = np.random.default_rng(seed)
    still = portrait(name).pixels
    middle = portrait(name).points[:4].mean(axis=0)
    largest = max(TURN_COURSE)

    def picture(turn: float) -> Pixels:
        flat = warped(still, _tilted(tilt * turn / largest, axis, middle))
        return shaken(flat, _lively(rng, 0.0))

    return _shots(_course(steps), picture, rng, mirrored=mirrored)


def two_faces(
    name: str, bystander: str, steps: Sequence[str], seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """A genuine payer with somebody else as near to the camera, side by side."""
    rng = np.random.default_rng(seed)
    other = _half(portrait(bystander).pixels)

    def picture(turn: float) -> Pixels:
        return np.concatenate([_half(turned(name, _lively(rng, turn))), other], axis=1)

    return _shots(_course(steps), picture, rng, mirrored=mirrored)


def _course(steps: Sequence[str]) -> list[tuple[int, float]]:
    """(step, turn in degrees) of each frame."""
    course = [(0, 0.0)] * HOLD_FRAMES
    for number, asked in enumerate(steps, start=1):
        course += [(number, _SIGN.get(asked, 0.0) * degrees) for degrees in TURN_COURSE]
    return course


def _lively(rng: np.random.Generator, turn: float) -> Pose:
    """A pose with the small movements of a head and of the hand that holds the camera."""
    return Pose(
        turn=turn + float(rng.uniform(-1.0, 1.0)),
        nod=float(rng.uniform(-1.5, 1.5)),
        shift=(float(rng.uniform(-4, 4)), float(rng.uniform(-4, 4))),
        roll=float(rng.uniform(-1.5, 1.5)),
        zoom=float(rng.uniform(0.98, 1.02)),
    )


def _shots(
    course: Sequence[tuple[int, float]],
    picture: Callable[[float], Pixels],
    rng: np.random.Generator,
    *,
    mirrored: bool,
) -> list[Shot]:
    def taken() -> Iterator[Shot]:
        clock = int(rng.integers(10_000, 1_000_000))
        for step, turn in course:
            noise = int(rng.integers(2**32))
            yield Shot(photographed(picture(turn), noise, mirrored=mirrored), step, clock)
            clock += FRAME_INTERVAL_MS + int(rng.integers(-15, 16))

    return list(taken())


def _half(pixels: Pixels) -> Pixels:
    """The middle of a frame, squeezed into half a frame with its proportions kept."""
    width, height = FRAME_SIZE[0] // 2, FRAME_SIZE[1]
    inner = FRAME_SIZE[0] * 5 // 8
    left = (FRAME_SIZE[0] - inner) // 2
    small = Image.fromarray(np.ascontiguousarray(pixels[:, left : left + inner])).resize(
        (width, height * width // inner), Image.Resampling.BICUBIC
    )
    return np.pad(
        np.array(small, dtype=np.uint8), ((0, height - small.height), (0, 0), (0, 0)), mode="edge"
    )


def _tilted(tilt: float, axis: float, middle: np.ndarray) -> Homography:
    """Where each pixel of a tilted flat print comes from, seen from 4 face widths away."""
    distance = 4.0 * 0.6 * FRAME_SIZE[1]
    a, t = np.radians(axis), np.radians(tilt)
    along = np.array([np.sin(a), np.cos(a), 0.0])
    cross = np.array([[0, -along[2], along[1]], [along[2], 0, -along[0]], [-along[1], along[0], 0]])
    rotation = np.eye(3) + np.sin(t) * cross + (1 - np.cos(t)) * cross @ cross
    move = np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, 1]])
    # A point (x, y) of the print lies at depth -z; the camera is `distance` away on the axis.
    plane = np.column_stack([rotation[:, 0], rotation[:, 1], [0, 0, distance]])
    camera = np.diag([distance, distance, 1.0])
    forward = np.linalg.inv(move) @ camera @ plane @ move
    inverse = np.linalg.inv(forward)
    flat = (inverse / inverse[2, 2]).ravel()
    return tuple(float(value) for value in flat[:8])  # type: ignore[return-value]
