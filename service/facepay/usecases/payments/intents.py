"""Create a payment intent, read it, choose another method for it, reverse it."""

import secrets
from dataclasses import replace

from facepay.domain.customer import Role, Terminal
from facepay.domain.errors import NotAllowed, NotFound
from facepay.domain.event import EventKind
from facepay.domain.money import Money
from facepay.domain.payment import ENDED, Authorization, Intent, IntentState, Method
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies, new_id
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit_payment
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import IntentAnswer, rfc3339

_USER_ACTION = {
    IntentState.CREATED: "choose_method",
    IntentState.CAPTURING: "look_at_the_camera",
    IntentState.AWAITING_SECOND_FACTOR: "enter_code",
    IntentState.APPROVED: "none",
    IntentState.DECLINED: "try_again_or_use_password",
    IntentState.PAYER_CHOSE_ALTERNATIVE: "use_password",
    IntentState.EXPIRED: "start_again",
    IntentState.REVOKED: "use_password",
    IntentState.REVERSED: "none",
}
_REASON_CLASS = {
    IntentState.DECLINED: "not_verified",
    IntentState.REVOKED: "face_not_available",
    IntentState.EXPIRED: "expired",
}
_FACE_CLOSED = frozenset({IntentState.REVOKED, IntentState.PAYER_CHOSE_ALTERNATIVE})


def create_intent(
    deps: Dependencies, command: Command, money: Money, order_ref: str
) -> IntentAnswer:
    """Create an intent for the calling terminal; the policy limits its lifetime.

    It is as good as the key that opens it: once that is withdrawn, it is never approved.

    Raises NotAllowed for a terminal without a merchant.
    """

    def act(lease: Lease) -> IntentAnswer:
        with deps.unit_of_work() as uow:
            terminal = uow.terminals.find(id=command.caller.subject_id)
            if terminal is None:
                raise NotAllowed("this terminal is not registered with a merchant")
            intent = _new_intent(deps, terminal, command.caller.keyid, money, order_ref)
            uow.intents.add(intent)
            answer = intent_answer(deps, intent, None)
            lease.answer(uow, answer)
            append_leaf(deps, uow, "payment.opened", intent=intent.id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, IntentAnswer, act)


def read_intent(deps: Dependencies, caller: Caller, intent_id: str) -> IntentAnswer:
    """Return an intent to its terminal or merchant, with the authorization of an approval.

    Raises NotFound.
    """
    with deps.unit_of_work() as uow:
        intent = uow.intents.find(id=intent_id)
        if intent is None or caller.subject_id not in (intent.terminal_id, intent.merchant_id):
            raise NotFound()
        authorization = uow.authorizations.find(intent_id=intent_id)
    return intent_answer(deps, intent, authorization)


def read_intent_to_confirm(deps: Dependencies, caller: Caller, intent_id: str) -> IntentAnswer:
    """Return what a customer's own device needs for a confirmation: amount, payee and nonce.

    Every customer who knows the id can read an open intent; an ended one only its payer.

    Raises NotFound.
    """
    with deps.unit_of_work() as uow:
        intent = uow.intents.find(id=intent_id)
        if intent is None:
            raise NotFound()
        ended = intent.state_at(deps.clock()) in ENDED
        if ended and intent.customer_id != caller.subject_id:
            raise NotFound()
        merchant = uow.merchants.find(id=intent.merchant_id)
    answer = intent_answer(deps, intent, None)
    return replace(answer, merchant_name=merchant.name if merchant else None, nonce=intent.nonce)


def find_payable_intent(uow: UnitOfWork, caller: Caller, intent_id: str) -> Intent:
    """Return an intent to its terminal, or to any customer's own device that knows its id.

    Raises NotFound.
    """
    intent = uow.intents.find(id=intent_id)
    own = caller.role is Role.CUSTOMER or (intent and intent.terminal_id == caller.subject_id)
    if intent is None or not own:
        raise NotFound()
    return intent


def choose_alternative(deps: Dependencies, command: Command, intent_id: str) -> IntentAnswer:
    """Record that the payer prefers another method: an outcome of its own, not a failure.

    Raises NotFound, WrongState, IntentExpired.
    """
    kind = "payment.alternative_chosen"
    return _move(deps, command, intent_id, IntentState.PAYER_CHOSE_ALTERNATIVE, kind)


def reverse_payment(deps: Dependencies, command: Command, intent_id: str) -> IntentAnswer:
    """Reverse an approved payment, at any time; repeating it is safe.

    Raises NotFound; WrongState for an intent that is not approved.
    """
    return _move(deps, command, intent_id, IntentState.REVERSED, "payment.reversed")


def _move(
    deps: Dependencies, command: Command, intent_id: str, target: IntentState, kind: str
) -> IntentAnswer:
    def act(lease: Lease) -> IntentAnswer:
        with deps.unit_of_work() as uow:
            intent = _own_intent(uow, command.caller, intent_id)
            if target is not IntentState.REVERSED:  # an approval can be reversed at any time
                intent.require_open(deps.clock())
            moved = intent if intent.state is target else intent.moved_to(target)
            uow.intents.update(moved, state=intent.state.value)
            answer = intent_answer(deps, moved, None)
            lease.answer(uow, answer)
            if moved is not intent:
                if target is IntentState.REVERSED:
                    emit_payment(deps, uow, EventKind.PAYMENT_REVERSED, moved)
                append_leaf(deps, uow, kind, intent=intent_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, IntentAnswer, act)


def intent_answer(
    deps: Dependencies, intent: Intent, authorization: Authorization | None
) -> IntentAnswer:
    """Return an intent as terminals may see it: without scores and without the failing factor."""
    state = intent.state_at(deps.clock())
    return IntentAnswer(
        id=intent.id,
        merchant_id=intent.merchant_id,
        terminal_id=intent.terminal_id,
        amount_minor=intent.amount_minor,
        currency=intent.currency,
        order_ref=intent.order_ref,
        state=state,
        methods=_open_methods(deps, intent, state),
        user_action=_USER_ACTION[state],
        reason_class=_REASON_CLASS.get(state),
        authorization=authorization.jws
        if authorization and state is IntentState.APPROVED
        else None,
        expires_at=rfc3339(intent.expires_at),
    )


def _open_methods(deps: Dependencies, intent: Intent, state: IntentState) -> list[str]:
    """Return the open methods; while any is open, the password is one (PIPL art. 24)."""
    if state in ENDED:
        return []
    face_open = state not in _FACE_CLOSED and intent.captures_used < deps.policy.captures_per_intent
    return [Method.FACE.value, Method.PASSWORD.value] if face_open else [Method.PASSWORD.value]


def fresh_nonce() -> str:
    """Return a new nonce for confirmations of an intent: 192 random bits, base64url."""
    return secrets.token_urlsafe(24)


def _new_intent(
    deps: Dependencies, terminal: Terminal, opened_by: str, money: Money, order_ref: str
) -> Intent:
    now = deps.clock()
    return Intent(
        id=new_id("pi"),
        merchant_id=terminal.merchant_id,
        terminal_id=terminal.id,
        amount_minor=money.amount_minor,
        currency=money.currency,
        order_ref=order_ref,
        nonce=fresh_nonce(),
        state=IntentState.CREATED,
        method=None,
        customer_id=None,
        enrolment_id=None,
        enrolment_epoch=None,
        capture_id=None,
        captures_used=0,
        pad_passed=None,
        face_matched=None,
        decision_reason=None,
        created_at=now,
        expires_at=now + deps.policy.intent_lifetime,
        opened_by=opened_by,
    )


def _own_intent(uow: UnitOfWork, caller: Caller, intent_id: str) -> Intent:
    intent = uow.intents.lock(intent_id)
    if intent is None or caller.subject_id not in (intent.terminal_id, intent.merchant_id):
        raise NotFound()
    return intent
