"""Record a decision in one transaction: intent, authorization, consumed code, leaf and answer."""

from collections.abc import Callable
from typing import Any

from facepay.domain.decision import ON_HOLD, Decision, Outcome
from facepay.domain.errors import IntentExpired, WrongState
from facepay.domain.event import EventKind
from facepay.domain.payment import Authorization, Intent, IntentState, Method
from facepay.domain.standing import ClientSuspended, KeyWithdrawn
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import VerifiedCredentials
from facepay.usecases.authentication.live_callers import require_standing
from facepay.usecases.authentication.rejected_credentials import handle_rejected_credentials
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease
from facepay.usecases.payments.intents import fresh_nonce, intent_answer
from facepay.usecases.records.activity import record_face_use
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit_payment
from facepay.usecases.responses import IntentAnswer

CheckFace = Callable[[UnitOfWork, Decision], Decision]

# The password was changed, the code used, or the factor revoked, after they had been verified.
CHANGED_MEANWHILE = "credentials_changed_meanwhile"

_STATE_AFTER = {
    Outcome.APPROVE: IntentState.APPROVED,
    Outcome.STEP_UP: IntentState.AWAITING_SECOND_FACTOR,
    Outcome.DECLINE: IntentState.DECLINED,
}
_EVENTS = {
    Outcome.APPROVE: EventKind.PAYMENT_APPROVED,
    Outcome.DECLINE: EventKind.PAYMENT_DECLINED,
}
# A leaf has the kind of its event. A step-up has a leaf but no event.
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
    check_face: CheckFace | None = None,
) -> IntentAnswer:
    """Record a decision and return its answer; the caller commits.

    Everything that was verified is checked again under the locks of this transaction, in the order
    that ARCHITECTURE.md gives: credentials, face (`check_face`), intent. Credentials that have
    changed since turn an approval into a decline. A decline renews the intent's nonce, so that a
    confirmation of this attempt fits no other attempt. The commit of an approval raises
    IntentExpired when the key that opened the intent has no standing.

    Raises WrongState when another request changed the intent meanwhile, and what `check_face`
    raises.
    """
    decision = _check_credentials(uow, verified, decision)
    if check_face is not None:
        decision = check_face(uow, decision)
    _handle_rejected(deps, uow, judged, decision, verified)
    _lock_unchanged(uow, judged)
    approved = decision.outcome is Outcome.APPROVE
    decided = _decided(judged, method, decision)
    uow.intents.update(decided, state=judged.state.value)
    if approved and authorization is not None:
        uow.authorizations.add(authorization)
    # The caller's own key is checked anyway.
    if approved and judged.opened_by != lease.caller.keyid:
        uow.before_commit(lambda: _require_opener(deps, uow, judged))
    answer = intent_answer(deps, decided, authorization if approved else None)
    lease.answer(uow, answer)
    if method is Method.FACE:
        record_face_use(deps, uow, decided, on_hold=decision.reason == ON_HOLD)
    if decision.outcome in _EVENTS:
        emit_payment(deps, uow, _EVENTS[decision.outcome], decided)
    _append_decision_leaf(deps, uow, decided, decision)
    return answer


def may_pay_under_duress(
    deps: Dependencies, intent: Intent, verified: VerifiedCredentials | None
) -> bool:
    """Return whether the policy approves and holds this payment if the code is the duress code.

    It never does after too many wrong codes, when the duress code may be a guess.
    """
    known = verified is not None and not verified.blocked
    return known and deps.policy.duress.may_pay(intent.amount_minor, intent.currency)


def _check_credentials(
    uow: UnitOfWork, verified: VerifiedCredentials | None, decision: Decision
) -> Decision:
    unchanged = verified is None or verified.consume_if_unchanged(uow)
    if unchanged or decision.outcome is not Outcome.APPROVE:
        return decision
    return Decision(Outcome.DECLINE, CHANGED_MEANWHILE)


def _handle_rejected(
    deps: Dependencies,
    uow: UnitOfWork,
    judged: Intent,
    decision: Decision,
    verified: VerifiedCredentials | None,
) -> None:
    if verified is None:
        return
    if verified.duress or decision.outcome is Outcome.DECLINE:
        handle_rejected_credentials(
            deps,
            uow,
            verified.customer_id,
            duress=verified.duress,
            lock=not verified.blocked,
            intent_id=judged.id,
        )


def _lock_unchanged(uow: UnitOfWork, judged: Intent) -> None:
    """Lock the intent's row. Raises WrongState unless it is as it was when it was judged."""
    locked_row = uow.intents.lock(judged.id)
    expected = (judged.state, judged.capture_id, judged.nonce)
    if (
        locked_row is None
        or (locked_row.state, locked_row.capture_id, locked_row.nonce) != expected
    ):
        raise WrongState("another request has changed the payment intent meanwhile")


def _require_opener(deps: Dependencies, uow: UnitOfWork, intent: Intent) -> None:
    """Refuse to approve what a withdrawn or suspended terminal opened, whoever sends the factor.

    Raises IntentExpired.
    """
    try:
        require_standing(uow, intent.opened_by, deps.clock())
    except (KeyWithdrawn, ClientSuspended):
        raise IntentExpired("The terminal is out of use. Open a new payment.") from None


def _decided(judged: Intent, method: Method, decision: Decision) -> Intent:
    changes: dict[str, Any] = {"method": method, "decision_reason": decision.reason}
    if decision.outcome is Outcome.DECLINE:
        changes["nonce"] = fresh_nonce()
    return judged.moved_to(_STATE_AFTER[decision.outcome], **changes)


def _append_decision_leaf(
    deps: Dependencies, uow: UnitOfWork, decided: Intent, decision: Decision
) -> None:
    append_leaf(
        deps,
        uow,
        _LEAVES[decision.outcome],
        intent=decided.id,
        method=decided.method,
        reason=decision.reason,
        amount_minor=decided.amount_minor,
        currency=decided.currency,
        policy=deps.policy.version,
    )
