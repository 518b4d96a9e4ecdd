"""The liveness check of the real engine on rendered captures: payers pass, attacks do not.

That rendered heads pass shows that the signals work; it does not show that people pass.
"""

from collections.abc import Callable

import pytest

from facepay.domain.capture import Burst, Frame, PadOutcome
from facepay.domain.challenge import Step
from facepay.domain.errors import (
    NoFace,
)
from facepay_rehearsal import bursts
from tests.support import engine_captures
from tests.support.engine_captures import (
    CHALLENGES,
    ENGINE,
    LEFT,
    PAD,
    RIGHT,
    Look,
    asked,
    burst,
    genuine,
)

observed = engine_captures.observed


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("steps", CHALLENGES)
@pytest.mark.parametrize("name", ["eileen", "grace"])
def test_a_payer_who_turns_as_asked_is_alive(
    observed: Look, name: str, steps: tuple[Step, ...], mirrored: bool
) -> None:
    verdict = PAD.judge(observed(genuine(name, steps, 3, mirrored)), asked(*steps))
    assert (verdict.outcome, verdict.reason) == (PadOutcome.BONA_FIDE, "alive")


def test_a_recording_of_another_challenge_is_refused(observed: Look) -> None:
    faces = observed(genuine("eileen", (LEFT, LEFT), 3))
    assert PAD.judge(faces, asked(RIGHT, RIGHT)).outcome is PadOutcome.ATTACK
    assert PAD.judge(faces, asked(LEFT, RIGHT)).outcome is PadOutcome.ATTACK


def test_a_wrong_mirror_flag_does_not_pass_for_the_requested_turn(observed: Look) -> None:
    flipped = genuine("eileen", (LEFT, RIGHT), 3, True)
    faces = observed(Burst(flipped.frames, mirrored=False))
    assert PAD.judge(faces, asked(LEFT, RIGHT)).outcome is PadOutcome.ATTACK


@pytest.mark.parametrize("name", ["eileen", "grace"])
@pytest.mark.parametrize("attack", [bursts.still_photo, bursts.shaken_photo, bursts.moved_print])
def test_a_photo_of_the_payer_does_not_pay(
    observed: Look, attack: Callable[..., list[bursts.Shot]], name: str
) -> None:
    verdict = PAD.judge(observed(burst(attack(name, (LEFT, RIGHT), 5))), asked(LEFT, RIGHT))
    assert verdict.outcome is PadOutcome.ATTACK


@pytest.mark.parametrize("tilt", [-50.0, 50.0])
@pytest.mark.parametrize("axis", [-40.0, -20.0, 20.0, 40.0])
def test_a_print_tilted_by_50_degrees_does_not_follow_turns_to_both_sides(
    tilt: float, axis: float
) -> None:
    shots = bursts.moved_print("eileen", (LEFT, RIGHT), 5, tilt=tilt, axis=axis)
    try:
        verdict = PAD.judge(ENGINE.observe(burst(shots)), asked(LEFT, RIGHT))
    except NoFace:
        return
    assert verdict.outcome is not PadOutcome.BONA_FIDE


def test_one_frame_sent_repeatedly_is_refused() -> None:
    whole = genuine("eileen", (LEFT, RIGHT), 3)
    first = whole.frames[0].image
    again = Burst(tuple(Frame(first, f.step, f.monotonic_ms) for f in whole.frames), False)
    verdict = PAD.judge(ENGINE.observe(again), asked(LEFT, RIGHT))
    assert (verdict.outcome, verdict.reason) == (PadOutcome.ATTACK, "sanity: identical_frames")
