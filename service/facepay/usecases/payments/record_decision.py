"""Write a decision down: intent, authorization, used-up code, leaf and answer, together."""

from typing import Any

from facepay.domain.decision import ON_HOLD, Decision, Outcome
from facepay.domain.errors import WrongState
from facepay.domain.event import EventKind
from facepay.domain.payment import Authorization, Intent, IntentState, Method
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import VerifiedCredentials
from facepay.usecases.authentication.rejected_credentials import handle_rejected_credentials
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease
from facepay.usecases.payments.intents import fresh_nonce, intent_answer
from facepay.usecases.records.activity import record_face_use
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit_payment
from facepay.usecases.responses import IntentAnswer

_STATE_AFTER = {
    Outcome.APPROVE: IntentState.APPROVED,
    Outcome.STEP_UP: IntentState.AWAITING_SECOND_FACTOR,
    Outcome.DECLINE: IntentState.DECLINED,
}
_EVENTS = {
    Outcome.APPROVE: EventKind.PAYMENT_APPROVED,
    Outcome.DECLINE: EventKind.PAYMENT_DECLINED,
}
# A leaf has the kind of its event; a step up is logged and is no event.
_LEAVES = {**_EVENTS, Outcome.STEP_UP: "payment.awaiting_second_factor"}


def record_decision(
    deps: Dependencies,
    uow: UnitOfWork,
    lease: Lease,
    judged: Intent,
    method: Method,
    decision: Decision,
    verified: VerifiedCredentials | None,
    authorization: Authorization | None,
) -> IntentAnswer:
    """The caller commits. A code used or revoked since it was checked turns a yes into a no.

    A no renews the intent's nonce: what a device key signed for this attempt is good for no other.

    Raises WrongState when the intent moved on meanwhile: it is then decided by somebody else.
    """
    if verified is not None and (verified.duress or decision.outcome is Outcome.DECLINE):
        handle_rejected_credentials(
            deps,
            uow,
            verified.customer_id,
            duress=verified.duress,
            lock=not verified.blocked,
            intent_id=judged.id,
        )
    locked_row = uow.intents.lock(judged.id)
    seen = (judged.state, judged.capture_id, judged.nonce)
    if locked_row is None or (locked_row.state, locked_row.capture_id, locked_row.nonce) != seen:
        raise WrongState("the payment intent has moved on meanwhile")
    if verified is not None and not verified.consume(uow):
        decision = Decision(Outcome.DECLINE, "second_factor_used_meanwhile")
    approved = decision.outcome is Outcome.APPROVE
    changes: dict[str, Any] = {"method": method, "decision_reason": decision.reason}
    if decision.outcome is Outcome.DECLINE:
        changes["nonce"] = fresh_nonce()
    decided = judged.moved_to(_STATE_AFTER[decision.outcome], **changes)
    uow.intents.update(decided, state=locked_row.state.value)
    if approved and authorization is not None:
        uow.authorizations.add(authorization)
    answer = intent_answer(deps, decided, authorization if approved else None)
    lease.answer(uow, answer)
    if method is Method.FACE:
        record_face_use(deps, uow, decided, on_hold=decision.reason == ON_HOLD)
    if decision.outcome in _EVENTS:
        emit_payment(deps, uow, _EVENTS[decision.outcome], decided)
    append_leaf(
        deps,
        uow,
        _LEAVES[decision.outcome],
        intent=judged.id,
        method=method,
        reason=decision.reason,
        amount_minor=judged.amount_minor,
        currency=judged.currency,
        policy=deps.policy.version,
    )
    return answer


def may_pay_under_duress(
    deps: Dependencies, intent: Intent, verified: VerifiedCredentials | None
) -> bool:
    """Whether duress pays this, to be held by the bank: never by what may be a guess."""
    known = verified is not None and not verified.blocked
    return known and deps.policy.duress.may_pay(intent.amount_minor, intent.currency)
