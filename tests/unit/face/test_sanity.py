"""Sanity: frames that no camera took, or that are not what the client declares, never pass."""

from collections.abc import Callable

import pytest

from facepay.face.observe import SeenFrame
from facepay.face.pad import sanity
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.thresholds import thresholds
from tests.support.heads import FixedChallenge, burst

STEPS = ("turn_left", "closer", "look_up")
Change = Callable[[list[SeenFrame]], object]


def judged(change: Change = lambda frames: None, steps: tuple[str, ...] = STEPS) -> Signal:
    return sanity.judge(burst(STEPS, change=change), FixedChallenge(steps), thresholds().sanity)


def said(signal: Signal) -> tuple[Verdict, str]:
    return signal.verdict, signal.reason


def look_the_same(count: int) -> Change:
    def change(frames: list[SeenFrame]) -> None:
        for each in frames[:count]:
            each.fingerprint = frames[0].fingerprint

    return change


def differ_by(levels: float, *, first: int = 1, last: int = 99) -> Change:
    def change(frames: list[SeenFrame]) -> None:
        for each in frames[first:last]:
            each.change = levels

    return change


def test_frames_of_a_camera_pass() -> None:
    assert said(judged()) == (Verdict.PASS, "as_a_camera_takes_them")


def test_repeated_frames_are_refused_even_when_the_rest_moves() -> None:
    assert said(judged(look_the_same(2))) == (Verdict.NOT_MEASURABLE, "repeated_frames")
    assert said(judged(look_the_same(4))) == (Verdict.FAIL, "identical_frames")


def test_frames_without_the_noise_of_a_sensor_are_refused() -> None:
    assert said(judged(differ_by(0.01))) == (Verdict.FAIL, "frozen_picture")


def test_a_still_that_moves_now_and_then_is_refused() -> None:
    assert said(judged(differ_by(0.05, first=3, last=16))) == (Verdict.FAIL, "frozen_picture")


def test_one_frame_of_another_size_does_not_hide_that_the_picture_is_frozen() -> None:
    def change(frames: list[SeenFrame]) -> None:
        differ_by(0.0)(frames)
        frames[1].change = float("nan")

    assert said(judged(change)) == (Verdict.FAIL, "frozen_picture")


def test_a_capture_in_which_no_two_frames_can_be_compared_is_refused() -> None:
    assert said(judged(differ_by(float("nan")))) == (Verdict.FAIL, "frozen_picture")


def test_frames_declared_out_of_order_are_refused() -> None:
    def swap(frames: list[SeenFrame]) -> None:
        frames[1], frames[8] = frames[8], frames[1]

    assert said(judged(swap)) == (Verdict.FAIL, "wrong_order")


@pytest.mark.parametrize("steps", [(), STEPS[:2]])
def test_more_steps_than_were_asked_for_are_refused(steps: tuple[str, ...]) -> None:
    assert said(judged(steps=steps)) == (Verdict.FAIL, "wrong_order")


def test_a_face_missing_in_several_frames_is_a_retry() -> None:
    def hidden(frames: list[SeenFrame]) -> None:
        del frames[6:9]

    observation = burst(STEPS, change=hidden)
    observation.sent += 3
    assert len(observation.seen) < 0.87 * observation.sent
    observation.sent += 1
    verdict = said(sanity.judge(observation, FixedChallenge(STEPS), thresholds().sanity))
    assert verdict == (Verdict.NOT_MEASURABLE, "face_lost")


def test_a_step_of_two_frames_is_a_retry() -> None:
    def dropped(frames: list[SeenFrame]) -> None:
        del frames[-4:]

    assert said(judged(dropped)) == (Verdict.NOT_MEASURABLE, "too_few_frames")
