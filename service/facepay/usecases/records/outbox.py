"""The outbox: write an event in the transaction of its change.

A change that is rolled back sends no event. A committed change sends its event, even if senders die
(`webhooks/deliver.py`). Emitting is one INSERT without a lock: call it before `append_leaf`, which
locks the log's head.
"""

from collections.abc import Mapping

from facepay.domain.decision import ON_HOLD, UNDER_DURESS_ON_HOLD
from facepay.domain.event import OPERATOR, EventKind, Member, merchant_audience, new_event
from facepay.domain.payment import Intent
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies, new_id


def emit(
    deps: Dependencies,
    uow: UnitOfWork,
    kind: EventKind,
    *,
    audience: str = OPERATOR,
    payment: str | None = None,
    operator_only: Mapping[str, Member] | None = None,
    **payload: Member,
) -> None:
    """Write an event for the operator, and for a merchant if `audience` names one.

    The operator receives `payload` and `operator_only`, a merchant only `payload`. Events of one
    `payment` are delivered in the order of emission: emit them under the intent's lock.

    Raises ValueError for kinds and members that are not for merchants.
    """
    uow.events.add(
        new_event(
            new_id("evt"),
            kind,
            deps.clock(),
            audience=audience,
            payment=payment,
            shared=payload,
            operator_only=dict(operator_only or {}),
        )
    )


def emit_payment(deps: Dependencies, uow: UnitOfWork, kind: EventKind, intent: Intent) -> None:
    """Emit the outcome of a payment to its merchant and to the operator."""
    emit(
        deps,
        uow,
        kind,
        audience=merchant_audience(intent.merchant_id),
        payment=intent.id,
        operator_only={
            "customer": intent.customer_id,
            "method": intent.method,
            "on_hold": intent.decision_reason in (ON_HOLD, UNDER_DURESS_ON_HOLD),
        },
        payment_intent=intent.id,
        merchant=intent.merchant_id,
        terminal=intent.terminal_id,
        amount_minor=intent.amount_minor,
        currency=intent.currency,
        order_ref=intent.order_ref,
    )
