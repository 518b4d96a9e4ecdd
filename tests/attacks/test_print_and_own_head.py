"""A print of the owner for the comparison and the attacker's own head for liveness are refused.

Each alone is refused. Together they paid until the engine checked that both are one person. The
captures are rendered by `facepay_rehearsal.bursts` and judged by the real engine.
"""

from collections.abc import Sequence

import pytest

from facepay.adapters.dlib_face import DlibFaceEngine, SignalsPadDetector
from facepay.domain.capture import Burst, Frame, PadOutcome, PadVerdict
from facepay.domain.challenge import Challenge, Profile, Step
from facepay.face.model_store import ModelStore
from facepay_rehearsal import bursts
from tests.support.renders import rendered

EMBEDDER = ModelStore().embedder()
ENGINE = DlibFaceEngine(EMBEDDER)
PAD = SignalsPadDetector(EMBEDDER, same_person=0.3)
TURNS = (Step.TURN_LEFT, Step.TURN_RIGHT)
CHALLENGES = [(a, b) for a in TURNS for b in TURNS]
PAIRS = [("eileen", "grace"), ("grace", "eileen")]


def judged(shots: Sequence[bursts.Shot], steps: Sequence[Step]) -> PadVerdict:
    frames = tuple(Frame(shot.jpeg, shot.step, shot.monotonic_ms) for shot in shots)
    faces = ENGINE.observe(Burst(frames, mirrored=False))
    try:
        return PAD.judge(faces, Challenge(Profile.NO_LIGHT, tuple(steps), ()))
    finally:
        faces.wipe()


def swapped(
    owner: str, attacker: str, steps: tuple[Step, ...], shown: Sequence[int]
) -> list[bursts.Shot]:
    """Show the owner's print in the frames at `positions`, the attacker's turns in the others."""
    printed = rendered(bursts.still_photo, owner, steps, 5)
    own_head = rendered(bursts.genuine, attacker, steps, 3)
    both = zip(printed, own_head, strict=True)
    return [still if at in shown else alive for at, (still, alive) in enumerate(both)]


@pytest.mark.parametrize(("owner", "attacker"), PAIRS)
@pytest.mark.parametrize("steps", CHALLENGES)
def test_a_still_print_with_the_attackers_own_turns_is_refused(
    owner: str, attacker: str, steps: tuple[Step, ...]
) -> None:
    verdict = judged(swapped(owner, attacker, steps, range(4)), steps)
    assert verdict.outcome is PadOutcome.ATTACK
    assert ("identity", "another_person") in {(each.name, each.reason) for each in verdict.signals}


@pytest.mark.parametrize(("owner", "attacker"), PAIRS)
def test_a_print_shown_whenever_the_head_rests_is_refused(owner: str, attacker: str) -> None:
    """Show the print at the hold and in each step's first and last frame: only turns are real."""
    steps = (Step.TURN_LEFT, Step.TURN_RIGHT)
    verdict = judged(swapped(owner, attacker, steps, [0, 1, 2, 3, 4, 9, 10, 15]), steps)
    assert verdict.outcome is PadOutcome.ATTACK


@pytest.mark.parametrize(("owner", "attacker"), PAIRS)
@pytest.mark.parametrize("shown", [(0, 1, 2), (1, 2)])
def test_a_print_in_some_of_the_still_frames_is_refused(
    owner: str, attacker: str, shown: tuple[int, ...]
) -> None:
    steps = (Step.TURN_LEFT, Step.TURN_RIGHT)
    verdict = judged(swapped(owner, attacker, steps, shown), steps)
    assert verdict.outcome is not PadOutcome.BONA_FIDE
