"""End enrolments: the part that revoking, the end of a consent and enrolling share.

`end_enrolment` marks the row as revoked under the lock that an approval takes, and cancels captures
and payments in progress. The caller records the deletion (`record_deletion`), commits, and then
calls `destroy_keys.destroy_key`.
"""

import logging
from dataclasses import replace

from facepay.domain.capture import CaptureState
from facepay.domain.deletion import Cause, Deletion
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import AlreadyExists, NotFound
from facepay.domain.event import EventKind
from facepay.domain.payment import IntentState
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit
from facepay.usecases.responses import EnrolmentAnswer, rfc3339

log = logging.getLogger(__name__)

_FACE_UNDER_WAY = frozenset({IntentState.CAPTURING, IntentState.AWAITING_SECOND_FACTOR})


def end_enrolment(
    deps: Dependencies, uow: UnitOfWork, enrolment_id: str, cause: Cause
) -> tuple[Enrolment, Deletion | None]:
    """Revoke under the row's lock: erase the sealed template, cancel captures and payments.

    Returns the revoked enrolment, and a deletion if this call revoked it: pass that to
    `record_deletion` before the commit.

    Raises NotFound.
    """
    enrolment = uow.enrolments.lock(enrolment_id)
    if enrolment is None:
        raise NotFound()
    if enrolment.state is EnrolmentState.REVOKED:
        return enrolment, None
    revoked = replace(
        enrolment,
        state=EnrolmentState.REVOKED,
        epoch=enrolment.epoch + 1,
        sealed_reference=None,
        revoked_at=deps.clock(),
        key_destroyed_at=None,  # whatever the row said: the vault has not been asked yet
    )
    uow.enrolments.update(revoked)
    captures, intents = cancel_captures_and_payments(uow, enrolment_id)
    erased = int(enrolment.sealed_reference is not None)
    return revoked, Deletion(enrolment_id, cause, erased, captures, intents)


def record_deletion(
    deps: Dependencies, uow: UnitOfWork, deletion: Deletion, kind: str = "face.revoked"
) -> None:
    """Append the leaf of a deletion and add its row; call it last, as it locks the log's head."""
    leaf = append_leaf(deps, uow, kind, enrolment=deletion.id, **deletion.counts)
    recorded = replace(deletion, revoked_leaf=leaf.seq)
    try:
        uow.deletions.add(recorded)
    except AlreadyExists:  # a face is revoked once: somebody else wrote this row
        log.error("the deletion of %s was recorded before its revocation", deletion.id)
        uow.deletions.update(recorded)


def cancel_captures_and_payments(uow: UnitOfWork, enrolment_id: str) -> tuple[int, int]:
    """Cancel the open captures of an enrolment and revoke its payment intents in progress.

    It takes one statement for each state, however many a hostile terminal has opened.

    Returns the number of cancelled captures and the number of revoked intents.
    """
    stopped = sum(
        uow.intents.update_all(
            {"state": IntentState.REVOKED.value}, enrolment_id=enrolment_id, state=state.value
        )
        for state in sorted(_FACE_UNDER_WAY)
    )
    # RESERVED first: a capture that is begun meanwhile is cancelled in its second state, OPEN.
    cancelled = sum(
        uow.captures.update_all(
            {"state": CaptureState.CANCELLED.value}, enrolment_id=enrolment_id, state=state.value
        )
        for state in (CaptureState.RESERVED, CaptureState.OPEN)
    )
    return cancelled, stopped


def emit_face(deps: Dependencies, uow: UnitOfWork, kind: EventKind, enrolment: Enrolment) -> None:
    """Emit an event about a face to the operator."""
    emit(deps, uow, kind, enrolment=enrolment.id, customer=enrolment.customer_id)


def enrolment_answer(enrolment: Enrolment) -> EnrolmentAnswer:
    revoked = enrolment.revoked_at
    return EnrolmentAnswer(
        id=enrolment.id,
        state=enrolment.state,
        created_at=rfc3339(enrolment.created_at),
        revoked_at=rfc3339(revoked) if revoked else None,
        key_destroyed=enrolment.key_destroyed_at is not None,
    )
