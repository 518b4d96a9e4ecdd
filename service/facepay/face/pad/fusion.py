"""Fuse all signals into one judgement: the AND of the gates, and a risk score from the rest.

A gate that fails makes the outcome an attack. Otherwise a gate that could not measure makes it a
retry, with guidance for the payer. Otherwise the presentation is bona fide. A required gate that is
missing counts as one that could not measure, so a missing signal never passes. Signals that are not
gates never change the outcome. They form a risk score from 0 to 1, which a policy may read.

The reason is for the operator. The payer receives `guidance`, and no details of an attack.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from facepay.face.pad.signal import Challenge, Signal, Verdict


class Outcome(StrEnum):
    """Outcome by ISO/IEC 30107-3, and `retry` where a bona fide payer may have been clumsy."""

    BONA_FIDE = "bona_fide"
    RETRY = "retry"
    ATTACK = "attack"


class Guidance(StrEnum):
    """Advice that lets the payer be measured at the next attempt."""

    HOLD_STILL = "hold_still"
    TURN_FURTHER = "turn_further"
    SLOWER = "slower"
    COME_CLOSER = "come_closer"
    LOOK_STRAIGHT = "look_straight"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Result of an evaluation.

    `reason` is "signal: reason of the signal". `risk` is None where no signal that feeds it was
    measured.
    """

    outcome: Outcome
    reason: str
    guidance: Guidance | None
    risk: float | None
    signals: tuple[Signal, ...]


# In order of precedence: the first gate with the deciding verdict gives the reason.
GATES = ("sanity", "compliance", "depth", "light", "reflection", "identity", "cover", "passive")
_REQUIRED = ("sanity", "compliance", "depth", "identity", "cover")
_REQUIRED_WITH_LIGHT = ("light", "reflection")
_GUIDANCE = {
    "repeated_frames": Guidance.HOLD_STILL,
    "face_lost": Guidance.SLOWER,
    "too_few_frames": Guidance.SLOWER,
    "hold_not_frontal": Guidance.LOOK_STRAIGHT,
    "hold_not_steady": Guidance.HOLD_STILL,
    "turn_too_small": Guidance.TURN_FURTHER,
    "nod_too_small": Guidance.TURN_FURTHER,
    "not_close_enough": Guidance.COME_CLOSER,
    "not_from_rest": Guidance.SLOWER,
    "not_followed": Guidance.MORE_LIGHT,
    "relief_unclear": Guidance.TURN_FURTHER,
    "light_too_weak": Guidance.LESS_LIGHT,
    "no_answer_to_the_light": Guidance.LESS_LIGHT,
    "covered": Guidance.LOOK_STRAIGHT,
    "looks_unclear": Guidance.LOOK_STRAIGHT,
    "not_frontal": Guidance.LOOK_STRAIGHT,
    "too_dark": Guidance.MORE_LIGHT,
    "too_bright": Guidance.LESS_LIGHT,
    "blurred": Guidance.HOLD_STILL,
}


def fuse(signals: Sequence[Signal], challenge: Challenge) -> Judgement:
    """Fuse `signals`, the signals that were evaluated, each at most once.

    `light` and `reflection` are required only where the challenge has light.
    """
    evaluated = {signal.name: signal for signal in signals}
    gates = [evaluated[name] for name in GATES if name in evaluated]
    risk = _risk(evaluated)

    def judged(outcome: Outcome, said: Signal | None, reason: str) -> Judgement:
        guidance = None
        if outcome is Outcome.RETRY:
            guidance = _GUIDANCE.get(reason, Guidance.SLOWER)
        named = reason if said is None else f"{said.name}: {said.reason}"
        return Judgement(outcome, named, guidance, risk, tuple(signals))

    for verdict, outcome in (
        (Verdict.FAIL, Outcome.ATTACK),
        (Verdict.NOT_MEASURABLE, Outcome.RETRY),
    ):
        for gate in gates:
            if gate.verdict is verdict:
                return judged(outcome, gate, gate.reason)
    needed = (*_REQUIRED, *_REQUIRED_WITH_LIGHT) if challenge.light else _REQUIRED
    if missing := [name for name in needed if name not in evaluated]:
        return judged(Outcome.RETRY, None, f"{missing[0]} was not evaluated")
    return judged(Outcome.BONA_FIDE, None, "alive")


def _risk(evaluated: dict[str, Signal]) -> float | None:
    risks = []
    if "passive" in evaluated and evaluated["passive"].score is not None:
        risks.append(1 - evaluated["passive"].score)
    if "artefacts" in evaluated and evaluated["artefacts"].score is not None:
        risks.append(evaluated["artefacts"].score)
    return max(risks, default=None)
