"""The states of a payment intent: final states stay final, and the password can always pay."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from facepay.domain.errors import IntentExpired, WrongState
from facepay.domain.payment import ENDED, MOVES, Intent, IntentState

S = IntentState
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BY_PASSWORD = {S.APPROVED, S.DECLINED, S.PAYER_CHOSE_ALTERNATIVE, S.EXPIRED}
# Repeated by hand: the allowed transitions are a promise, not an accident.
ALLOWED = {
    S.CREATED: BY_PASSWORD | {S.CAPTURING},
    S.CAPTURING: BY_PASSWORD | {S.CAPTURING, S.AWAITING_SECOND_FACTOR, S.REVOKED},
    S.AWAITING_SECOND_FACTOR: BY_PASSWORD | {S.CAPTURING, S.REVOKED},
    S.DECLINED: BY_PASSWORD | {S.CAPTURING, S.REVOKED},
    S.REVOKED: BY_PASSWORD,
    S.PAYER_CHOSE_ALTERNATIVE: BY_PASSWORD,
    S.APPROVED: {S.REVERSED},
    S.EXPIRED: set(),
    S.REVERSED: set(),
}


def intent(state: IntentState) -> Intent:
    return Intent(
        id="pi_1",
        merchant_id="mer_1",
        terminal_id="term_1",
        amount_minor=1250,
        currency="EUR",
        order_ref="order-1",
        nonce="nonce",
        state=state,
        method=None,
        customer_id=None,
        enrolment_id=None,
        enrolment_epoch=None,
        capture_id=None,
        captures_used=0,
        pad_passed=None,
        face_matched=None,
        decision_reason=None,
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
        opened_by="key",
    )


@pytest.mark.parametrize(("start", "end"), list(product(S, S)))
def test_only_the_documented_transitions_exist(start: IntentState, end: IntentState) -> None:
    if end in ALLOWED[start]:
        assert intent(start).moved_to(end).state is end
    else:
        with pytest.raises(WrongState):
            intent(start).moved_to(end)


def test_every_state_is_in_the_table() -> None:
    assert set(MOVES) == set(S)


@pytest.mark.parametrize("state", [state for state in S if state not in ENDED])
def test_the_password_can_pay_from_every_state_of_the_face(state: IntentState) -> None:
    assert S.APPROVED in MOVES[state]
    intent(state).require_open(NOW)


@pytest.mark.parametrize("state", [S.REVOKED, S.PAYER_CHOSE_ALTERNATIVE])
def test_a_payment_that_left_the_face_never_comes_back_to_it(state: IntentState) -> None:
    assert not MOVES[state] & {S.CAPTURING, S.AWAITING_SECOND_FACTOR}


@pytest.mark.parametrize("state", [S.APPROVED, S.REVERSED])
def test_a_decided_payment_cannot_change_again(state: IntentState) -> None:
    with pytest.raises(WrongState):
        intent(state).require_open(NOW)


@pytest.mark.parametrize("state", [state for state in S if state not in (S.APPROVED, S.REVERSED)])
def test_a_payment_expires_after_ten_minutes_and_not_before(state: IntentState) -> None:
    run_out = NOW + timedelta(minutes=10)
    with pytest.raises(IntentExpired):
        intent(state).require_open(run_out)
    assert intent(state).state_at(run_out) is S.EXPIRED
    just_before = run_out - timedelta(microseconds=1)
    assert intent(state).state_at(just_before) is state


@pytest.mark.parametrize("state", [S.APPROVED, S.REVERSED])
def test_an_approval_stays_when_its_intent_has_expired(state: IntentState) -> None:
    assert intent(state).state_at(NOW + timedelta(days=1)) is state
