"""Fusion: no capture passes unless every gate passes."""

import pytest

from facepay.domain.capture import Guidance as DomainGuidance
from facepay.domain.capture import PadOutcome
from facepay.face.pad.fusion import GATES, Guidance, Outcome, fuse
from facepay.face.pad.signal import Signal, Verdict
from tests.support.heads import FixedChallenge

WITH_LIGHT = FixedChallenge(("turn_left",), ("red", "blue"))
WITHOUT_LIGHT = FixedChallenge(("turn_left",))


def signals(**verdicts: Verdict) -> list[Signal]:
    evaluated = dict.fromkeys(GATES, Verdict.PASS) | verdicts
    return [Signal(name, 0.9, verdict, f"{name}_said") for name, verdict in evaluated.items()]


def test_a_capture_that_passes_every_gate_is_bona_fide() -> None:
    judgement = fuse(signals(), WITH_LIGHT)
    assert (judgement.outcome, judgement.guidance) == (Outcome.BONA_FIDE, None)


@pytest.mark.parametrize("gate", GATES)
def test_one_failed_gate_makes_an_attack(gate: str) -> None:
    judgement = fuse(signals(**{gate: Verdict.FAIL}), WITH_LIGHT)
    assert (judgement.outcome, judgement.reason) == (Outcome.ATTACK, f"{gate}: {gate}_said")
    assert judgement.guidance is None, "an attacker receives no guidance"


@pytest.mark.parametrize("gate", GATES)
def test_one_gate_that_could_not_measure_makes_a_retry_with_guidance(gate: str) -> None:
    judgement = fuse(signals(**{gate: Verdict.NOT_MEASURABLE}), WITH_LIGHT)
    assert judgement.outcome is Outcome.RETRY
    assert judgement.guidance is not None, "a payer receives guidance"


def test_a_failed_gate_outweighs_one_that_could_not_measure() -> None:
    evaluated = signals(sanity=Verdict.NOT_MEASURABLE, identity=Verdict.FAIL)
    assert fuse(evaluated, WITH_LIGHT).outcome is Outcome.ATTACK


@pytest.mark.parametrize(
    "missing", ["sanity", "compliance", "depth", "light", "reflection", "identity", "cover"]
)
def test_a_missing_gate_never_passes(missing: str) -> None:
    evaluated = [signal for signal in signals() if signal.name != missing]
    assert fuse(evaluated, WITH_LIGHT).outcome is Outcome.RETRY


def test_no_signals_never_pass() -> None:
    assert fuse([], WITHOUT_LIGHT).outcome is Outcome.RETRY


@pytest.mark.parametrize("absent", ["light", "reflection", "passive"])
def test_a_capture_without_light_needs_no_light_signals_or_passive_networks(absent: str) -> None:
    evaluated = [signal for signal in signals() if signal.name != absent]
    assert fuse(evaluated, WITHOUT_LIGHT).outcome is Outcome.BONA_FIDE


def test_a_signal_that_is_no_gate_raises_the_risk_and_keeps_the_outcome() -> None:
    traces = Signal("artefacts", 0.8, Verdict.FAIL, "score_only")
    judgement = fuse([*signals(), traces], WITH_LIGHT)
    assert (judgement.outcome, judgement.risk) == (Outcome.BONA_FIDE, 0.8)


def test_guidance_and_outcomes_are_those_of_the_domain() -> None:
    assert {each.value for each in Guidance} <= {each.value for each in DomainGuidance}
    assert {each.value for each in Outcome} == {each.value for each in PadOutcome}
