"""Handle rejected credentials: as a mistake, or as a duress alarm for the operator alone.

Both run the same statements in the same order: lock and write the enrolment's row, emit one event
to the operator. Only the values differ. Under duress the face is locked silently: it still takes
every step of a payment, and every payment ends as with a wrong code, until the operator clears it.
"""

from facepay.domain.enrolment import ENROLLED
from facepay.domain.event import EventKind
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import NO_ROW, Dependencies
from facepay.usecases.records.outbox import emit


def handle_rejected_credentials(
    deps: Dependencies,
    uow: UnitOfWork,
    customer_id: str | None,
    *,
    duress: bool,
    lock: bool = True,
    intent_id: str | None = None,
) -> None:
    """Write the enrolment and emit the event; the caller commits.

    It locks the enrolment's row: call it after the factor is locked and before an intent is. With
    `lock=False` a duress alarm is sent but the face is not locked. After too many wrong codes, the
    duress code may be a stranger's guess, and strangers must not be able to lock a face.
    """
    found = uow.enrolments.find(customer_id=customer_id or NO_ROW, state=ENROLLED)
    locked_row = uow.enrolments.lock(found.id if found else NO_ROW)
    since = locked_row.duress_since if locked_row else None
    if duress and lock:
        since = since or deps.clock()
    uow.enrolments.update_all({"duress_since": since}, id=locked_row.id if locked_row else NO_ROW)
    kind = EventKind.DURESS_ALARM if duress else EventKind.CREDENTIALS_REJECTED
    emit(deps, uow, kind, customer=customer_id, payment_intent=intent_id)
