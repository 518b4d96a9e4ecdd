"""The customer's activity: every use of the face, failed ones included.

A use is recorded with its flags when its frames were judged, and an event goes to the operator.
The outcome is updated when the payment is decided.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from facepay.domain.capture import Capture
from facepay.domain.errors import AlreadyExists, InvalidRequest
from facepay.domain.event import EventKind
from facepay.domain.face_use import FaceUse, UseOutcome
from facepay.domain.payment import Intent, IntentState
from facepay.domain.unusual_use import flags_of
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies, new_id
from facepay.usecases.records.outbox import emit
from facepay.usecases.responses import FaceUseAnswer, rfc3339

PAGE = 50
COMPARED_WITH = 50  # the customer's newest uses, which a new use is compared with
BEYOND = 2**62  # larger than the `seq` of any use

_OUTCOMES = {
    IntentState.APPROVED: UseOutcome.APPROVED,
    IntentState.DECLINED: UseOutcome.DECLINED,
}


def record_face_use(deps: Dependencies, uow: UnitOfWork, intent: Intent, *, on_hold: bool) -> None:
    """Record the intent's last capture, or update its outcome; call it under the intent's lock.

    The intent is already in its new state. The caller commits.
    """
    outcome = _OUTCOMES.get(intent.state)
    if outcome is None:
        _add(deps, uow, intent, intent.capture_id, UseOutcome.AWAITING_SECOND_FACTOR)
        return
    changes = {"outcome": outcome.value, "on_hold": on_hold}
    uow.face_uses.update_all(changes, capture_id=intent.capture_id)


def record_refused_capture(deps: Dependencies, uow: UnitOfWork, capture: Capture) -> None:
    """Record a refused capture of a payment; enrolments have no entry. The caller commits."""
    intent = uow.intents.find(id=capture.intent_id) if capture.intent_id else None
    if intent is not None:
        _add(deps, uow, intent, capture.id, UseOutcome.REFUSED)


def is_on_hold(deps: Dependencies, uow: UnitOfWork, intent: Intent) -> bool:
    """Return whether the policy holds this payment because of its last capture's flags."""
    rules = deps.policy.early_warning
    if not rules.hold:
        return False
    use = uow.face_uses.find(capture_id=intent.capture_id)
    return use is not None and rules.holds(use.flags)


def read_activity(
    deps: Dependencies, customer_id: str, *, before: str | None
) -> list[FaceUseAnswer]:
    """Return a page of at most 50 uses, newest first.

    `before` is the id of the last use on the page before; None returns the first page.

    Raises InvalidRequest for an id that is not one of this customer's uses.
    """
    with deps.unit_of_work() as uow:
        number = BEYOND
        if before is not None:
            last = uow.face_uses.find(id=before, customer_id=customer_id)
            if last is None:
                raise InvalidRequest("there is no such use of the face", param="before")
            number = last.seq
        uses = uow.face_uses.find_all(customer_id=customer_id, before_seq=number, limit=PAGE)
        return _answers(uow, uses)


def _add(
    deps: Dependencies, uow: UnitOfWork, intent: Intent, capture_id: str | None, outcome: UseOutcome
) -> None:
    if intent.customer_id is None or capture_id is None:
        return
    terminal = uow.terminals.find(id=intent.terminal_id)
    use = FaceUse(
        seq=0,
        id=new_id("use"),
        customer_id=intent.customer_id,
        at=deps.clock(),
        payment=intent.id,
        capture_id=capture_id,
        merchant_id=intent.merchant_id,
        terminal_id=intent.terminal_id,
        city=terminal.city if terminal else None,
        amount_minor=intent.amount_minor,
        currency=intent.currency,
        outcome=outcome,
        flags=(),
        on_hold=False,
    )
    flagged = _flagged(deps, uow, use)
    with suppress(AlreadyExists):  # a worker recorded it, and then died
        uow.face_uses.add(flagged)
        _emit_use(deps, uow, flagged)


def _flagged(deps: Dependencies, uow: UnitOfWork, use: FaceUse) -> FaceUse:
    before = uses_before(uow, use.customer_id)
    paid_there = any(
        each.merchant_id == use.merchant_id and each.outcome is UseOutcome.APPROVED
        for each in before
    ) or _paid_there(uow, use)
    rules = deps.policy.early_warning
    flags = flags_of(use, before, rules, paid_there_before=paid_there)
    return replace(use, flags=flags)


def uses_before(uow: UnitOfWork, customer_id: str) -> list[FaceUse]:
    """Return the customer's newest uses, and approved ones as well if none is among the newest.

    Otherwise many failed uses could hide every approved one, and nothing would be unusual any more.
    """
    newest: dict[str, Any] = {"before_seq": BEYOND, "limit": COMPARED_WITH}
    uses = uow.face_uses.find_all(customer_id=customer_id, **newest)
    approved = UseOutcome.APPROVED.value
    if len(uses) < COMPARED_WITH or any(use.outcome is UseOutcome.APPROVED for use in uses):
        return uses
    return uses + uow.face_uses.find_all(customer_id=customer_id, outcome=approved, **newest)


def _paid_there(uow: UnitOfWork, use: FaceUse) -> bool:
    """Return whether this merchant has an approved payment, by any method and at any time."""
    paid = {"customer_id": use.customer_id, "merchant_id": use.merchant_id}
    return uow.intents.find(state=IntentState.APPROVED.value, **paid) is not None


def _emit_use(deps: Dependencies, uow: UnitOfWork, use: FaceUse) -> None:
    emit(
        deps,
        uow,
        EventKind.FACE_USED,
        payment=use.payment,
        use=use.id,
        customer=use.customer_id,
        payment_intent=use.payment,
        merchant=use.merchant_id,
        terminal=use.terminal_id,
        city=use.city,
        amount_minor=use.amount_minor,
        currency=use.currency,
        outcome=use.outcome,
        flags=list(use.flags),
    )


def _answers(uow: UnitOfWork, uses: Sequence[FaceUse]) -> list[FaceUseAnswer]:
    merchants = {each: uow.merchants.find(id=each) for each in {use.merchant_id for use in uses}}
    terminals = {each: uow.terminals.find(id=each) for each in {use.terminal_id for use in uses}}
    answers = []
    for use in uses:
        merchant, terminal = merchants[use.merchant_id], terminals[use.terminal_id]
        answers.append(
            FaceUseAnswer(
                id=use.id,
                at=rfc3339(use.at),
                payment_intent=use.payment,
                merchant=merchant.name if merchant else "",
                terminal=terminal.name if terminal else "",
                city=use.city,
                amount_minor=use.amount_minor,
                currency=use.currency,
                outcome=use.outcome,
                flags=list(use.flags),
                on_hold=use.on_hold,
            )
        )
    return answers
