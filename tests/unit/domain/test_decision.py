"""The decision in every combination of facts: a payment needs all of its factors."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from facepay.domain.decision import Decision, Facts, Outcome, decide
from facepay.domain.payment import Method

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
KNOWN = (True, False, None)
FACE_FACTS = (
    "consent_active",
    "enrolment_live",
    "pad_passed",
    "face_matched",
    "second_factor_ok",
)
PASSWORD_FACTS = ("password_ok", "second_factor_ok")


def by(method: Method, known: dict[str, bool | None], expires_at: datetime = LATER) -> Decision:
    facts = {"second_factor_ok": None, **known}
    return decide(Facts(method=method, intent_expires_at=expires_at, **facts), NOW)


@pytest.mark.parametrize("values", list(product(KNOWN, repeat=len(FACE_FACTS))))
def test_a_face_pays_only_when_every_fact_is_positively_true(
    values: tuple[bool | None, ...],
) -> None:
    decision = by(Method.FACE, dict(zip(FACE_FACTS, values, strict=True)))
    assert (decision.outcome is Outcome.APPROVE) == all(value is True for value in values)


@pytest.mark.parametrize("values", list(product(KNOWN, repeat=len(PASSWORD_FACTS))))
def test_a_password_pays_only_together_with_a_second_factor(
    values: tuple[bool | None, ...],
) -> None:
    decision = by(Method.PASSWORD, dict(zip(PASSWORD_FACTS, values, strict=True)))
    assert (decision.outcome is Outcome.APPROVE) == all(value is True for value in values)


@pytest.mark.parametrize("method", list(Method))
def test_an_expired_payment_is_never_approved(method: Method) -> None:
    everything = dict.fromkeys({*FACE_FACTS, *PASSWORD_FACTS}, True)
    assert by(method, everything, expires_at=NOW).outcome is Outcome.DECLINE
    assert by(method, everything, expires_at=NOW + timedelta(microseconds=1)).outcome is (
        Outcome.APPROVE
    )


@pytest.mark.parametrize("matched", KNOWN)
def test_before_the_code_a_stranger_gets_the_same_answer_as_the_payer(
    matched: bool | None,
) -> None:
    facts = dict.fromkeys(FACE_FACTS, True) | {"face_matched": matched, "second_factor_ok": None}
    assert by(Method.FACE, facts) == Decision(Outcome.STEP_UP, "second_factor_needed")


@pytest.mark.parametrize("password", KNOWN)
def test_a_password_helps_no_face_and_a_face_helps_no_password(password: bool | None) -> None:
    face_alone = dict.fromkeys(FACE_FACTS, True) | {"second_factor_ok": False}
    assert by(Method.FACE, face_alone | {"password_ok": password}).outcome is Outcome.DECLINE
    all_of_the_face = dict.fromkeys(FACE_FACTS, True) | {"password_ok": False}
    assert by(Method.PASSWORD, all_of_the_face).outcome is Outcome.DECLINE


@pytest.mark.parametrize("missing", FACE_FACTS[:3])
def test_no_code_is_requested_where_the_face_cannot_pay(missing: str) -> None:
    facts = dict.fromkeys(FACE_FACTS, True) | {missing: None, "second_factor_ok": None}
    assert by(Method.FACE, facts).outcome is Outcome.DECLINE
