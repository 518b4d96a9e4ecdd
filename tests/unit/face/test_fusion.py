"""What all signals together come to: nothing passes that one gate did not let through."""

import pytest

from facepay.domain.capture import Guidance as DomainGuidance
from facepay.domain.capture import PadOutcome
from facepay.face.pad.fusion import GATES, Guidance, Outcome, fuse
from facepay.face.pad.signal import Signal, Verdict
from tests.support.heads import FixedChallenge

LIT = FixedChallenge(("turn_left",), ("red", "blue"))
UNLIT = FixedChallenge(("turn_left",))


def heard(**verdicts: Verdict) -> list[Signal]:
    said = dict.fromkeys(GATES, Verdict.PASS) | verdicts
    return [Signal(name, 0.9, verdict, f"{name}_said") for name, verdict in said.items()]


def test_where_every_gate_passes_the_payer_is_alive() -> None:
    judgement = fuse(heard(), LIT)
    assert (judgement.outcome, judgement.guidance) == (Outcome.BONA_FIDE, None)


@pytest.mark.parametrize("gate", GATES)
def test_one_gate_that_fails_is_enough(gate: str) -> None:
    judgement = fuse(heard(**{gate: Verdict.FAIL}), LIT)
    assert (judgement.outcome, judgement.reason) == (Outcome.ATTACK, f"{gate}: {gate}_said")
    assert judgement.guidance is None, "an attacker hears nothing"


@pytest.mark.parametrize("gate", GATES)
def test_one_gate_that_could_not_measure_is_no_pass(gate: str) -> None:
    judgement = fuse(heard(**{gate: Verdict.NOT_MEASURABLE}), LIT)
    assert judgement.outcome is Outcome.RETRY
    assert judgement.guidance is not None, "a payer hears what to do otherwise"


def test_an_attack_outweighs_what_could_not_be_measured() -> None:
    said = heard(sanity=Verdict.NOT_MEASURABLE, identity=Verdict.FAIL)
    assert fuse(said, LIT).outcome is Outcome.ATTACK


@pytest.mark.parametrize(
    "missing", ["sanity", "compliance", "depth", "light", "reflection", "identity", "cover"]
)
def test_a_gate_that_was_not_heard_is_no_pass(missing: str) -> None:
    said = [signal for signal in heard() if signal.name != missing]
    assert fuse(said, LIT).outcome is Outcome.RETRY


def test_nothing_heard_is_no_pass() -> None:
    assert fuse([], UNLIT).outcome is Outcome.RETRY


@pytest.mark.parametrize("absent", ["light", "reflection", "passive"])
def test_what_this_capture_cannot_have_is_not_missed(absent: str) -> None:
    said = [signal for signal in heard() if signal.name != absent]
    assert fuse(said, UNLIT).outcome is Outcome.BONA_FIDE


def test_what_is_no_gate_makes_a_risk_and_changes_no_outcome() -> None:
    traces = Signal("artefacts", 0.8, Verdict.FAIL, "score_only")
    judgement = fuse([*heard(), traces], LIT)
    assert (judgement.outcome, judgement.risk) == (Outcome.BONA_FIDE, 0.8)


def test_the_payers_guidance_and_the_outcomes_are_those_of_the_protocol() -> None:
    assert {each.value for each in Guidance} <= {each.value for each in DomainGuidance}
    assert {each.value for each in Outcome} == {each.value for each in PadOutcome}
