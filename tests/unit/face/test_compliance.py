"""Compliance: the motion that was asked for passes, and no other does."""

from collections.abc import Sequence

import numpy as np
import pytest

from facepay.face.detection.landmarks import yaw
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad import compliance
from facepay.face.pad.motion import displacement
from facepay.face.pad.nods import NoseMotion
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.thresholds import thresholds
from tests.support.heads import FLAT, HEAD, TIMELINE, FixedChallenge, Pose, burst, points

ALL = ("turn_left", "turn_right", "look_up", "look_down", "closer")
CHALLENGES = [
    ("turn_left", "closer", "look_up"),
    ("closer", "look_down", "turn_right"),
    ("turn_right", "turn_right", "closer"),
    ("look_down", "turn_left", "closer"),
]


def _no_nose(seen: Sequence[SeenFrame], _number: int, _step: str) -> np.ndarray:
    return np.zeros(len(seen))


def judged(observation: Observation, steps: Sequence[str], nose: NoseMotion = _no_nose) -> Signal:
    return compliance.judge(
        observation, FixedChallenge(steps), thresholds().compliance, nose_motion=nose
    )


def said(signal: Signal) -> tuple[Verdict, str]:
    return signal.verdict, signal.reason


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("steps", CHALLENGES)
def test_a_payer_who_does_as_asked_complies(steps: Sequence[str], mirrored: bool) -> None:
    assert said(judged(burst(steps, mirrored=mirrored), steps)) == (Verdict.PASS, "as_asked")


def test_a_payer_with_an_asymmetrical_face_complies() -> None:
    leaning = HEAD + np.array([[0, 0, 0]] * 4 + [[0.07, 0, 0]])
    steps = CHALLENGES[0]
    assert judged(burst(steps, shape=leaning), steps).verdict is Verdict.PASS


def test_a_slow_payer_who_finishes_after_the_next_prompt_complies() -> None:
    def late(frames: list[SeenFrame]) -> None:
        shares = [0.0, 0.0, 0.1, 0.5, 1.0, 1.0, 1.0, 1.0, 0.6, 0.2]
        for frame, share in zip(frames[4:], shares, strict=False):
            frame.points[:] = points(Pose(turn=32 * share))
            frame.yaw = yaw(frame.points, mirrored=False)

    steps = ("turn_left", "nothing", "nothing")
    observation = burst(steps, change=late)
    for frame in observation.seen:
        frame.step = min(frame.step, 2)
    assert judged(observation, ("turn_left",)).verdict is Verdict.PASS


def test_a_slow_payer_who_has_not_returned_when_the_same_step_is_asked_again_complies() -> None:
    def late(frames: list[SeenFrame]) -> None:
        shares = [0.0, 0.0, 0.0, 0.6, 0.9, 0.9, 1.0, 0.1, 0.2, 0.9, 0.9, 0.9]
        for frame, share in zip(frames[4:], shares, strict=True):
            frame.points[:] = points(Pose(turn=32 * share))
            frame.yaw = yaw(frame.points, mirrored=False)

    twice = ("turn_left", "turn_left")
    assert judged(burst(twice, change=late), twice).verdict is Verdict.PASS


@pytest.mark.parametrize("asked", ALL)
def test_holding_still_passes_for_no_step(asked: str) -> None:
    still = burst(("nothing",))
    assert said(judged(still, (asked,))) == (Verdict.FAIL, "step_not_followed")


@pytest.mark.parametrize("asked", ALL)
@pytest.mark.parametrize("done", ALL)
def test_no_step_passes_for_another(asked: str, done: str) -> None:
    verdict = judged(burst((done,)), (asked,)).verdict
    assert (verdict is Verdict.PASS) == (asked == done)


@pytest.mark.parametrize(
    "done", [("look_up", "closer", "turn_left"), ("turn_left", "look_up", "closer")]
)
def test_the_right_steps_in_another_order_are_refused(done: Sequence[str]) -> None:
    steps = ("turn_left", "closer", "look_up")
    assert judged(burst(done), steps).verdict is Verdict.FAIL


def test_a_turn_to_the_wrong_side_is_named() -> None:
    assert said(judged(burst(("turn_right",)), ("turn_left",)))[1] == "did_the_opposite"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("turn_left", "turn_too_small"),
        ("look_up", "nod_too_small"),
        ("closer", "not_close_enough"),
    ],
)
def test_half_a_step_is_a_retry_and_not_an_attack(step: str, reason: str) -> None:
    share = {"turn_left": 0.55, "look_up": 0.28, "closer": 0.4}[step]
    small = burst((step,), timeline=[share * each for each in TIMELINE])
    assert said(judged(small, (step,))) == (Verdict.NOT_MEASURABLE, reason)


def test_staying_on_the_left_is_not_a_second_turn_to_the_left() -> None:
    stayed = burst(("turn_left", "turn_left"), timeline=(0.9, 1.0, 1.0, 1.0, 1.0, 1.0))
    stayed.seen[4].points[:] = points(Pose())
    stayed.seen[4].yaw = 0.0
    verdict = said(judged(stayed, ("turn_left", "turn_left")))
    assert verdict == (Verdict.NOT_MEASURABLE, "not_from_rest")


def test_a_motion_before_its_prompt_is_refused() -> None:
    early = burst(("nothing", "turn_left"), timeline=(0.05, 0.5, 1.0, 1.0, 1.0, 1.0))
    for frame in early.seen[6:10]:
        frame.yaw = 0.3
    assert judged(early, ("closer", "turn_left")).verdict is not Verdict.PASS


def test_one_frame_with_wrong_points_is_no_step() -> None:
    glitch = burst(("turn_left",), timeline=(0.0, 0.0, 1.0, 0.0, 0.0, 0.0))
    assert judged(glitch, ("turn_left",)).verdict is Verdict.FAIL


def test_a_hold_that_looks_away_or_moves_is_a_retry() -> None:
    def away(frames: list[SeenFrame]) -> None:
        for frame in frames:
            frame.yaw += 0.2

    def wobble(frames: list[SeenFrame]) -> None:
        frames[1].yaw += 0.1

    steps = CHALLENGES[0]
    assert said(judged(burst(steps, change=away), steps))[1] == "hold_not_frontal"
    assert said(judged(burst(steps, change=wobble), steps))[1] == "hold_not_steady"


def test_a_turn_is_neither_a_nod_nor_a_step_back() -> None:
    """The foreshortened eyes of a turned head would otherwise look like both."""
    turned = burst(("turn_left",))
    assert (
        float(np.abs(displacement(turned.seen, "look_down")).max()) < thresholds().compliance.pitch
    )
    assert (
        float(np.abs(displacement(turned.seen, "closer")).max())
        < thresholds().compliance.closer / 2
    )


def test_a_flat_picture_turned_about_its_upright_axis_is_no_turn() -> None:
    flat = burst(("turn_left",), shape=FLAT)
    assert judged(flat, ("turn_left",)).verdict is Verdict.FAIL


@pytest.mark.parametrize("share", [1.0, 0.0])
def test_a_nod_that_the_points_do_not_show_is_measured_on_the_nose(share: float) -> None:
    still = burst(("turn_left", "nothing"))

    def nose(seen: Sequence[SeenFrame], number: int, step: str) -> np.ndarray:
        assert (number, step) == (2, "look_down")
        own = [frame.step == number for frame in seen]
        return share * 0.08 * np.array([0.0] * own.index(True) + list(TIMELINE))

    verdict = judged(still, ("turn_left", "look_down"), nose).verdict
    assert (verdict is Verdict.PASS) == (share == 1.0)
