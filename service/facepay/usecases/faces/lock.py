"""Lock the face at once with any one credential; unlock it with password and second factor.

A lock is a revocation that can be undone. It takes the same row lock, increases the epoch, and
cancels captures and payments in progress. Once it is acknowledged, no approval by this face follows
until it is unlocked. The template and its keys stay. A face cannot unlock itself: the lock may
exist because a stranger has stolen it.
"""

from dataclasses import replace

from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import NotFound, WrongState
from facepay.domain.event import EventKind
from facepay.domain.page_session import PageSession
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import Credentials, RequiredCredentials
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.end_expired_consents import (
    CONSENT_ENDED,
    ending_expired_consent,
    require_consent,
)
from facepay.usecases.faces.enrolments import (
    cancel_captures_and_payments,
    emit_face,
    enrolment_answer,
)
from facepay.usecases.faces.revoke import verify_owner
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Command
from facepay.usecases.responses import EnrolmentAnswer


def lock_face(
    deps: Dependencies, command: Command, enrolment_id: str, credentials: Credentials | PageSession
) -> EnrolmentAnswer:
    """Lock the face with any one credential, or from a session of the customer's page.

    Raises CredentialsRejected; NotFound for an enrolment that is not the caller's; WrongState for
    one that was never finished or is revoked; FactorUnavailable when a code cannot be checked.
    """

    def act(lease: Lease) -> EnrolmentAnswer:
        verified = verify_owner(
            deps, command, enrolment_id, credentials, RequiredCredentials.ANY_ONE
        )
        with deps.unit_of_work() as uow:
            verified.consume_to_leave(uow)
            locked, locked_now = lock_enrolment(uow, enrolment_id)
            answer = enrolment_answer(locked)
            lease.answer(uow, answer)
            if locked_now:
                emit_face(deps, uow, EventKind.FACE_LOCKED, locked)
                append_leaf(deps, uow, "face.locked", enrolment=enrolment_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, EnrolmentAnswer, act)


def unlock_face(
    deps: Dependencies, command: Command, enrolment_id: str, credentials: Credentials
) -> EnrolmentAnswer:
    """Unlock the face with password and second factor; unlocking an active face changes nothing.

    Raises CredentialsRejected, also for a code that was used meanwhile; NotFound for an enrolment
    that is not the caller's; WrongState for one that was never finished or is revoked;
    FaceNotAvailable when its consent has ended; FactorUnavailable when a code cannot be checked.
    """

    def act(lease: Lease) -> EnrolmentAnswer:
        verified = verify_owner(
            deps, command, enrolment_id, credentials, RequiredCredentials.PASSWORD_AND_SECOND_FACTOR
        )
        with deps.unit_of_work() as uow:
            verified.consume(uow)
            locked_row = _lock_row(uow, enrolment_id)
            require_consent(deps, uow, locked_row, CONSENT_ENDED)
            unlocked = replace(locked_row, state=EnrolmentState.ACTIVE, epoch=locked_row.epoch + 1)
            unlocked_now = locked_row.state is EnrolmentState.LOCKED
            if unlocked_now:
                uow.enrolments.update(unlocked)
            answer = enrolment_answer(unlocked)
            lease.answer(uow, answer)
            if unlocked_now:
                emit_face(deps, uow, EventKind.FACE_UNLOCKED, unlocked)
                append_leaf(deps, uow, "face.unlocked", enrolment=enrolment_id)
            uow.commit()
        return answer

    with ending_expired_consent(deps):
        return run_idempotent(deps, command, EnrolmentAnswer, act)


def lock_enrolment(uow: UnitOfWork, enrolment_id: str) -> tuple[Enrolment, bool]:
    """Lock under the row's lock, and cancel captures and payments in progress with this face.

    Returns the locked enrolment, and whether this call locked it.

    Raises NotFound, WrongState.
    """
    locked_row = _lock_row(uow, enrolment_id)
    if locked_row.state is EnrolmentState.LOCKED:
        return locked_row, False
    locked = replace(locked_row, state=EnrolmentState.LOCKED, epoch=locked_row.epoch + 1)
    uow.enrolments.update(locked)
    cancel_captures_and_payments(uow, enrolment_id)
    return locked, True


def _lock_row(uow: UnitOfWork, enrolment_id: str) -> Enrolment:
    """Lock and return the row of an enrolled face. Raises NotFound, WrongState."""
    locked_row = uow.enrolments.lock(enrolment_id)
    if locked_row is None:
        raise NotFound()
    if not locked_row.enrolled:
        raise WrongState(f"the enrolment is {locked_row.state}")
    return locked_row
