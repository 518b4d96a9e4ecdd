"""Heed a proof that did not hold: as a slip, or as a call for help that nobody but the bank hears.

Both are the same statements in the same order: the customer's face is locked and its row written,
one event goes to the bank. Only the values differ. A face locked so is still asked for everything,
and ends every payment as a wrong code does, until the bank has cleared it.
"""

from facepay.domain.enrolment import ENROLLED
from facepay.domain.event import EventKind
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.outbox import emit

_NOBODY = "none"  # an id that no row has


def handle_rejected_credentials(
    deps: Dependencies,
    uow: UnitOfWork,
    customer_id: str | None,
    *,
    duress: bool,
    lock: bool = True,
    intent_id: str | None = None,
) -> None:
    """The caller commits. Locks the enrolment: call it before an intent is locked.

    Without `lock` the bank hears of it, and that is all: after too many wrong codes it may be a
    stranger's guess, who could otherwise lock somebody's face.
    """
    found = uow.enrolments.find(customer_id=customer_id or _NOBODY, state=ENROLLED)
    locked_row = uow.enrolments.lock(found.id if found else _NOBODY)
    since = locked_row.duress_since if locked_row else None
    if duress and lock:
        since = since or deps.clock()
    uow.enrolments.update_all({"duress_since": since}, id=locked_row.id if locked_row else _NOBODY)
    kind = EventKind.DURESS_ALARM if duress else EventKind.CREDENTIALS_REJECTED
    emit(deps, uow, kind, customer=customer_id, payment_intent=intent_id)
