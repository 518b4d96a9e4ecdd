"""Depth: a turned head passes, and flat or bent things do not.

Surfaces are numbers, and pictures are noise.
"""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad import depth
from facepay.face.pad.patches import Correspondences, find_correspondences
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.thresholds import thresholds
from tests.support.heads import FixedChallenge, frame

RNG = np.random.default_rng(4)
X, Y = (
    each.ravel() for each in np.meshgrid(np.arange(-0.6, 0.61, 0.12), np.arange(-0.4, 1.1, 0.12))
)
NOSE_X, NOSE_Y = (
    each.ravel() for each in np.meshgrid(np.arange(-0.16, 0.17, 0.08), np.arange(0.06, 0.55, 0.08))
)


Shape = Callable[[np.ndarray, np.ndarray], np.ndarray]


def flat(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 0 * x * y


def bent(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 0.9 * np.sqrt(1 - (x / 0.85) ** 2) + 0 * y


def head(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    ridge = np.clip(y / 0.42, 0, 1) * np.exp(-((x / 0.13) ** 2)) * (y < 0.54)
    return bent(x, y) - 0.15 * (y - 0.3) ** 2 + 0.28 * ridge


def moved(shape: Shape, x: np.ndarray, y: np.ndarray, turn: float, axis: float) -> np.ndarray:
    """Project a surface after a turn around an axis `axis` degrees off upright."""
    z = shape(x, y)
    a, t = np.radians(axis), np.radians(turn)
    along = np.array([np.sin(a), np.cos(a), 0.0])
    cross = np.array([[0, -along[2], along[1]], [along[2], 0, -along[0]], [-along[1], along[0], 0]])
    rotation = np.eye(3) + np.sin(t) * cross + (1 - np.cos(t)) * cross @ cross
    turned = np.column_stack([x, y, z]) @ rotation.T
    return turned[:, :2] * (5 / (5 - turned[:, 2:]))


def seen(
    shape: Shape, turn: float = 28.0, axis: float = 0.0, noise: float = 0.006
) -> depth.TurnDepth:
    def placed(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there = moved(shape, x, y, turn, axis)
        return np.column_stack([x, y]), there + RNG.normal(0, noise, there.shape)

    found = depth.measure_depth(
        Correspondences(*placed(X, Y), *placed(NOSE_X, NOSE_Y)), np.sign(turn)
    )
    assert found is not None
    return found


@pytest.mark.parametrize("turn", [-32, -22, 22, 32])
def test_a_head_passes_depth_at_small_and_large_turns(turn: float) -> None:
    shape = seen(head, turn)
    assert shape.residual > thresholds().depth.residual
    assert shape.relief > thresholds().depth.relief * 1.5


@pytest.mark.parametrize("axis", [-40, -15, 0, 20, 60])
@pytest.mark.parametrize("turn", [-55, 30, 57])
def test_a_flat_print_measures_flat_however_it_is_tilted(turn: float, axis: float) -> None:
    shape = seen(flat, turn, axis)
    assert shape.residual < thresholds().depth.residual / 2
    assert shape.relief < thresholds().depth.bent


@pytest.mark.parametrize("axis", [-30, 0, 30])
@pytest.mark.parametrize("turn", [-40, 28, 40])
def test_a_bent_print_shows_no_nose(turn: float, axis: float) -> None:
    assert seen(bent, turn, axis).relief < thresholds().depth.bent


def test_too_few_patches_give_no_measurement() -> None:
    none = np.empty((0, 2))
    assert depth.measure_depth(Correspondences(none, none, none, none), 1.0) is None


@pytest.mark.parametrize(("at", "counts"), [(0.19, True), (0.20, False), (0.21, False)])
def test_a_patch_on_the_end_of_the_bridge_or_below_it_is_not_of_the_bridge(
    at: float, counts: bool
) -> None:
    """Two patches of the bridge are needed: the nose stands out from its bridge."""
    face = np.column_stack([X, Y])
    nose = np.column_stack([np.zeros(4), [0.1, at, 0.4, 0.5]])
    assert (depth.measure_depth(Correspondences(face, face, nose, nose), 1.0) is not None) == counts


# Pictures are blobs of noise, so that every place is distinctive; five points lie as in a face.
TEXTURE = cv2.GaussianBlur(RNG.uniform(0, 255, (480, 640)), (0, 0), 4)
TEXTURE = np.clip((TEXTURE - TEXTURE.mean()) * 6 + 128, 0, 255).astype(np.uint8)
POINTS = np.array([[370, 180], [342, 182], [270, 180], [298, 182], [320, 230]], dtype=np.float64)


def picture(position: int, step: int, homography: np.ndarray) -> SeenFrame:
    grey = cv2.warpPerspective(TEXTURE, homography, (640, 480), borderMode=cv2.BORDER_REFLECT)
    points = cv2.perspectiveTransform(POINTS[None], homography)[0]
    made = frame(position, step, points)
    made.grey = np.asarray(grey, dtype=np.uint8)
    return made


TILTED = np.array([[0.9, 0.08, 20.0], [-0.05, 1.02, 6.0], [-0.0002, 0.0001, 1.0]])


def test_patches_are_found_at_their_new_positions() -> None:
    (followed,) = find_correspondences(picture(0, 0, np.eye(3)), [picture(1, 1, TILTED)])
    assert len(followed.places) > 60
    homography, _ = cv2.findHomography(followed.places, followed.moved, cv2.LMEDS)
    off = followed.moved - cv2.perspectiveTransform(followed.places[None], homography)[0]
    assert float(np.median(np.linalg.norm(off, axis=1))) < 0.01


def judged(frames: list[SeenFrame]) -> Signal:
    return depth.judge(
        Observation(sent=len(frames), seen=frames),
        FixedChallenge(("turn_left",)),
        thresholds().depth,
    )


def test_a_picture_that_was_only_tilted_is_refused_as_flat() -> None:
    frames = [picture(at, 0, np.eye(3)) for at in range(3)]
    frames += [picture(3 + at, 1, TILTED) for at in range(3)]
    signal = judged(frames)
    assert (signal.verdict, signal.reason) == (Verdict.FAIL, "flat")


def test_frames_without_patches_are_a_retry_and_not_a_pass() -> None:
    frames = [picture(at, 0, np.eye(3)) for at in range(3)]
    lost = [picture(3 + at, 1, TILTED) for at in range(3)]
    for each in lost:
        each.grey.fill(122)
    signal = judged(frames + lost)
    assert (signal.verdict, signal.reason) == (Verdict.NOT_MEASURABLE, "not_followed")


def test_a_challenge_without_a_turn_never_passes_depth() -> None:
    frames = [picture(at, 0, np.eye(3)) for at in range(3)]
    signal = depth.judge(Observation(3, frames), FixedChallenge(("closer",)), thresholds().depth)
    assert signal.verdict is Verdict.NOT_MEASURABLE


@pytest.mark.parametrize("shape", [flat, head])
def test_a_nose_moves_down_in_a_nod_and_a_flat_print_does_not(shape: Shape) -> None:
    nod = 90.0  # the axis of a nod

    def placed(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there = moved(shape, x, y, -18.0, nod)
        return np.column_stack([x, y]), there + RNG.normal(0, 0.005, there.shape)

    down = depth.nose_drop(Correspondences(*placed(X, Y), *placed(NOSE_X, NOSE_Y)))
    assert down is not None
    assert (abs(down) > thresholds().compliance.nose) == (shape is head)
