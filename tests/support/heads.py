"""A synthetic head of five points in any pose, and bursts of it without pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from facepay.face.detection.landmarks import Points, yaw
from facepay.face.observe import Observation, SeenFrame

# Outer-eye widths from the middle of the outer eye corners: x to the picture's right, y down, z
# towards the camera. The order is that of `landmarks`.
HEAD = np.array(
    [[0.5, 0, 0], [0.21, 0.02, 0.07], [-0.5, 0, 0], [-0.21, 0.02, 0.07], [0, 0.5, 0.42]]
)
FLAT = HEAD * (1, 1, 0)
_UNIT_PX = 100.0
FRAME_MS = 220

TURN, NOD, CLOSER = 32.0, 20.0, 1.4


@dataclass(frozen=True)
class FixedChallenge:
    """A challenge that a test chooses."""

    steps: Sequence[str]
    light: Sequence[str] = ()


@dataclass(frozen=True)
class Pose:
    """Degrees: the payer's left, and up."""

    turn: float = 0.0
    nod: float = 0.0
    scale: float = 1.0


def points(pose: Pose, *, shape: Points = HEAD, mirrored: bool = False) -> Points:
    a, b = np.radians(pose.turn), np.radians(pose.nod)
    turned = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nodded = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    seen = (shape @ nodded.T @ turned.T)[:, :2]
    if mirrored:
        seen = (seen * (-1, 1))[[2, 3, 0, 1, 4]]
    return np.asarray(seen * _UNIT_PX * pose.scale + (320, 200))


# One step as a payer does it in six frames: how much of its extreme there is in each.
TIMELINE = (0.05, 0.5, 0.95, 1.0, 0.9, 0.3)


def pose(step: str, share: float) -> Pose:
    return {
        "turn_left": Pose(turn=TURN * share),
        "turn_right": Pose(turn=-TURN * share),
        "look_up": Pose(nod=NOD * share),
        "look_down": Pose(nod=-NOD * share),
        "closer": Pose(scale=CLOSER**share),
        "nothing": Pose(),
    }[step]


def burst(
    steps: Sequence[str],
    *,
    timeline: Sequence[float] = TIMELINE,
    shape: Points = HEAD,
    mirrored: bool = False,
    change: Callable[[list[SeenFrame]], object] = lambda frames: None,
) -> Observation:
    """Make four still frames, then each step along `timeline`; `change` may alter them."""
    poses = [(0, Pose(turn=0.3 * at)) for at in range(4)]
    for number, step in enumerate(steps, start=1):
        poses += [(number, pose(step, share)) for share in timeline]
    frames = [
        frame(at, step, points(each, shape=shape, mirrored=mirrored), mirrored=mirrored)
        for at, (step, each) in enumerate(poses)
    ]
    change(frames)
    return Observation(sent=len(frames), seen=frames)


def frame(position: int, step: int, seen: Points, *, mirrored: bool = False) -> SeenFrame:
    return SeenFrame(
        position=position,
        step=step,
        image=b"",
        grey=np.zeros((1, 1), dtype=np.uint8),
        reduction=1,
        points=seen,
        yaw=yaw(seen, mirrored=mirrored),
        change=2.0 if position else float("nan"),
        fingerprint=position.to_bytes(16, "big"),
        monotonic_ms=position * FRAME_MS,
    )
