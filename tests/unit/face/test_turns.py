"""The turn check on made-up tracks: what it takes for a living payer, and what it never takes."""

from collections.abc import Sequence

import numpy as np
import pytest

from facepay.face.landmarks import eye_shift, yaw
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.turns import Direction, Judgement, Outcome, judge

LEFT, RIGHT = Direction.LEFT, Direction.RIGHT
HOLD = (0.01, 0.02, 0.015, 0.02)
OUT_AND_BACK = (0.07, 0.21, 0.26, 0.22, 0.04)
# What the inner eye corners of a real head show for each unit of `yaw` (landmarks.eye_shift).
DEEP, FLAT = 0.158, 0.0


def track(*steps: Sequence[float], depth: float = DEEP, repeat: int = 0) -> Observation:
    """Frames with these yaws, one sequence a step; `repeat` frames show the frame before them."""
    yaws = [(step, value) for step, values in enumerate(steps) for value in values]
    frames = [
        SeenFrame(
            position=position,
            step=step,
            image=b"",
            points=np.ones((5, 2)),
            yaw=value,
            eye_shift=depth * value,
            change=2.0 if position else float("nan"),
            fingerprint=max(position, repeat).to_bytes(16, "big"),
        )
        for position, (step, value) in enumerate(yaws)
    ]
    return Observation(sent=len(frames), seen=frames)


def turned(direction: Direction, size: float = 1.0) -> list[float]:
    return [size * direction * value for value in OUT_AND_BACK]


@pytest.mark.parametrize("first", [LEFT, RIGHT])
@pytest.mark.parametrize("second", [LEFT, RIGHT])
def test_a_payer_who_turns_as_asked_is_alive(first: Direction, second: Direction) -> None:
    seen = track(HOLD, turned(first), turned(second))
    assert judge(seen, (first, second)) == Judgement(Outcome.BONA_FIDE, "turned_as_asked")


def test_a_payer_whose_face_is_not_symmetrical_is_not_turned_away() -> None:
    leaning = [[0.07 + value for value in step] for step in (HOLD, turned(LEFT), turned(RIGHT))]
    assert judge(track(*leaning), (LEFT, RIGHT)).outcome is Outcome.BONA_FIDE


def test_a_payer_prompted_at_the_extreme_need_not_hurry_back() -> None:
    still_right = [-0.2, -0.1, *turned(LEFT)]
    seen = track(HOLD, turned(RIGHT)[:4], still_right)
    assert judge(seen, (RIGHT, LEFT)).outcome is Outcome.BONA_FIDE


@pytest.mark.parametrize(
    ("steps", "challenge", "outcome", "reason"),
    [
        ((HOLD, HOLD, HOLD), (LEFT, RIGHT), Outcome.ATTACK, "no_turn"),
        ((HOLD, turned(LEFT), HOLD), (LEFT, RIGHT), Outcome.ATTACK, "no_turn"),
        (
            (HOLD, turned(RIGHT), turned(RIGHT)),
            (LEFT, RIGHT),
            Outcome.ATTACK,
            "turned_the_other_way",
        ),
        ((HOLD, turned(LEFT, 0.6), turned(RIGHT)), (LEFT, RIGHT), Outcome.RETRY, "turn_too_small"),
        (
            (HOLD, turned(LEFT)[:4], [0.24, 0.25, 0.24]),
            (LEFT, LEFT),
            Outcome.RETRY,
            "turn_not_from_rest",
        ),
        ((HOLD[:2], turned(LEFT), turned(LEFT)), (LEFT, LEFT), Outcome.RETRY, "too_few_frames"),
        ((HOLD, turned(LEFT)), (LEFT, LEFT), Outcome.RETRY, "too_few_frames"),
        ((HOLD, turned(LEFT), turned(LEFT)), (LEFT,), Outcome.ATTACK, "wrong_order"),
        ((HOLD, turned(LEFT)), (), Outcome.ATTACK, "wrong_order"),
        (
            ([0.2, 0.21, 0.2], [0.2, 0.4, 0.45], [0.2, 0.4, 0.45]),
            (LEFT, LEFT),
            Outcome.RETRY,
            "hold_not_frontal",
        ),
        (
            ([0.0, 0.09, 0.0, -0.08], turned(LEFT), turned(LEFT)),
            (LEFT, LEFT),
            Outcome.RETRY,
            "hold_not_steady",
        ),
    ],
)
def test_what_is_not_the_turn_asked_for_never_pays(
    steps: tuple[Sequence[float], ...],
    challenge: tuple[Direction, ...],
    outcome: Outcome,
    reason: str,
) -> None:
    assert judge(track(*steps), challenge) == Judgement(outcome, reason)


def test_one_badly_drawn_frame_is_not_a_turn() -> None:
    glitch = (0.0, 0.01, 0.3, 0.0)
    assert judge(track(HOLD, glitch), (LEFT,)).outcome is not Outcome.BONA_FIDE


def test_a_turn_whose_eye_corners_show_no_depth_gets_no_further_than_a_retry() -> None:
    seen = track(HOLD, turned(LEFT), turned(LEFT), depth=FLAT)
    assert judge(seen, (LEFT, LEFT)) == Judgement(Outcome.RETRY, "eyes_do_not_follow")


def test_a_replayed_frame_is_seen_even_when_the_rest_moves() -> None:
    steps = (HOLD, turned(LEFT), turned(RIGHT))
    once = judge(track(*steps, repeat=1), (LEFT, RIGHT))
    often = judge(track(*steps, repeat=3), (LEFT, RIGHT))
    assert once == Judgement(Outcome.RETRY, "repeated_frames")
    assert often == Judgement(Outcome.ATTACK, "identical_frames")


def test_a_picture_without_even_a_sensors_noise_is_refused() -> None:
    seen = track(HOLD, turned(LEFT))
    for frame in seen.seen:
        frame.change = 0.01
    assert judge(seen, (LEFT,)) == Judgement(Outcome.ATTACK, "frozen_picture")


def test_frames_declared_out_of_order_are_refused() -> None:
    seen = track(HOLD, turned(LEFT), turned(RIGHT))
    seen.seen[1], seen.seen[8] = seen.seen[8], seen.seen[1]
    assert judge(seen, (LEFT, RIGHT)) == Judgement(Outcome.ATTACK, "wrong_order")


# Points of an unmirrored picture: the payer's left eye (0, 1) is on the picture's right.
FRONTAL = np.array([[100.0, 50.0], [75.0, 50.0], [0.0, 50.0], [25.0, 50.0], [50.0, 105.0]])


def test_left_is_the_payers_own_left() -> None:
    nose_to_the_pictures_right = FRONTAL + np.array([[0, 0], [3, 0], [0, 0], [3, 0], [20, 0]])
    assert yaw(nose_to_the_pictures_right, mirrored=False) == pytest.approx(0.2)
    assert yaw(nose_to_the_pictures_right, mirrored=True) == pytest.approx(-0.2)
    assert eye_shift(nose_to_the_pictures_right, mirrored=False) == pytest.approx(0.03)
    assert eye_shift(nose_to_the_pictures_right, mirrored=True) == pytest.approx(-0.03)


@pytest.mark.parametrize("degrees", [-25, 10, 40])
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
def test_moving_rotating_or_zooming_a_photo_is_no_turn(degrees: float, scale: float) -> None:
    angle = np.radians(degrees)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = FRONTAL @ spin * scale + np.array([30.0, -12.0])
    assert yaw(moved, mirrored=False) == pytest.approx(yaw(FRONTAL, mirrored=False))
    assert eye_shift(moved, mirrored=False) == pytest.approx(0.0)


def test_one_frame_of_another_size_does_not_hide_that_the_picture_is_frozen() -> None:
    seen = track(HOLD, turned(LEFT), turned(RIGHT))
    for frame in seen.seen[1:]:
        frame.change = 0.0
    seen.seen[1].change = float("nan")  # after a first frame of another size
    assert judge(seen, (LEFT, RIGHT)) == Judgement(Outcome.ATTACK, "frozen_picture")


def test_a_burst_in_which_no_two_frames_can_be_compared_shows_no_life() -> None:
    seen = track(HOLD, turned(LEFT), turned(RIGHT))
    for frame in seen.seen:
        frame.change = float("nan")
    assert judge(seen, (LEFT, RIGHT)) == Judgement(Outcome.ATTACK, "frozen_picture")
