"""The decision: facts and time go in, a value comes out. Nothing else happens here.

A face alone never pays. An approval by face needs a live capture, a match and a second factor; an
approval by password needs the password and a second factor. Unknown facts count against approval.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from facepay.domain.payment import Method

UNDER_DURESS = "under_duress"
UNDER_DURESS_ON_HOLD = "under_duress_on_hold"
ON_HOLD = "on_hold_as_unusual"


class Outcome(StrEnum):
    APPROVE = "approve"
    STEP_UP = "step_up"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Facts:
    """The established facts. None means "not checked" and never helps an approval.

    `second_factor_ok` is None while no second factor has been presented.
    """

    method: Method
    intent_expires_at: datetime
    second_factor_ok: bool | None
    consent_active: bool | None = None
    enrolment_live: bool | None = None
    pad_passed: bool | None = None
    face_matched: bool | None = None
    password_ok: bool | None = None
    duress: bool = False  # the code was the duress code
    duress_may_pay: bool = False  # under duress, the policy approves this amount and holds it
    silently_locked: bool = False  # the duress code was used earlier and is not cleared yet
    on_hold: bool = False  # the policy holds a payment as unusual as this one


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome and its reason.

    `reason` is for the intent's record and the audit log; terminals see only the outcome.
    """

    outcome: Outcome
    reason: str


def decide(facts: Facts, now: datetime) -> Decision:
    """Approve only when every needed fact is positively true."""
    if now >= facts.intent_expires_at:
        return Decision(Outcome.DECLINE, "intent_expired")
    if facts.method is Method.FACE:
        return _decide_face(facts)
    return _decide_password(facts)


def _decide_face(facts: Facts) -> Decision:
    before_the_code = (
        (facts.consent_active, "consent_not_active"),
        (facts.enrolment_live, "face_not_live"),
        (facts.pad_passed, "liveness_not_shown"),
    )
    for holds, otherwise in before_the_code:
        if holds is not True:
            return Decision(Outcome.DECLINE, otherwise)
    # Ask for the second factor before a mismatch counts: the terminal must not show a stranger
    # whether the face matched.
    if facts.second_factor_ok is None:
        return Decision(Outcome.STEP_UP, "second_factor_needed")
    if facts.face_matched is not True:
        return Decision(Outcome.DECLINE, "face_did_not_match")
    usual = Decision(Outcome.APPROVE, "face_and_second_factor")
    on_hold = Decision(Outcome.DECLINE, ON_HOLD)
    return _decide_second_factor(facts, on_hold if facts.on_hold else usual)


def _decide_password(facts: Facts) -> Decision:
    if facts.password_ok is not True:
        return Decision(Outcome.DECLINE, "password_rejected")
    return _decide_second_factor(facts, Decision(Outcome.APPROVE, "password_and_second_factor"))


def _decide_second_factor(facts: Facts, otherwise: Decision) -> Decision:
    """Decline a payment under duress like a wrong code, unless the policy approves and holds it."""
    if facts.duress:
        on_hold = Decision(Outcome.APPROVE, UNDER_DURESS_ON_HOLD)
        return on_hold if facts.duress_may_pay else Decision(Outcome.DECLINE, UNDER_DURESS)
    if facts.silently_locked:
        return Decision(Outcome.DECLINE, UNDER_DURESS)
    if facts.second_factor_ok is not True:
        return Decision(Outcome.DECLINE, "second_factor_rejected")
    return otherwise
