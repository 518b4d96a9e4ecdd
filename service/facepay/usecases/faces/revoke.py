"""Revoke the face: at once, with any one credential, for good.

A revocation destroys:

- the sealed template in the enrolment's row, in the revoking transaction (enrolments.py);
- every vault key of the enrolment, also that of a renewal in progress (destroy_keys.py): no copy of
  the template, backups included, can be opened any more.

It also cancels open captures and payments in progress with this face. Enrolment row, consent and
audit log stay as evidence, and a signed receipt counts what was destroyed (deletion_receipt.py).

The row is marked under the lock that an approval takes. Once the revocation is acknowledged, no
approval by this face follows, on any worker. If the vault fails, the revocation is still effective,
and `destroy_pending_keys` destroys the keys later.
"""

from dataclasses import replace
from datetime import datetime

from facepay.domain.deletion import Cause
from facepay.domain.errors import NotFound
from facepay.domain.event import EventKind
from facepay.domain.page_session import PageSession
from facepay.usecases.authentication.credentials import (
    Credentials,
    RequiredCredentials,
    VerifiedCredentials,
)
from facepay.usecases.authentication.sign_in import verify_session
from facepay.usecases.authentication.verify_credentials import verify_for_command
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_key
from facepay.usecases.faces.enrolments import (
    emit_face,
    end_enrolment,
    enrolment_answer,
    record_deletion,
)
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.request import Command
from facepay.usecases.responses import EnrolmentAnswer


def revoke_face(
    deps: Dependencies, command: Command, enrolment_id: str, credentials: Credentials | PageSession
) -> EnrolmentAnswer:
    """Revoke the face with any one credential, or from a session of the customer's page.

    `key_destroyed` in the answer is False while the vault has not destroyed every key.

    Raises CredentialsRejected; NotFound for an enrolment that is not the caller's;
    FactorUnavailable when a code cannot be checked.
    """

    def act(lease: Lease) -> EnrolmentAnswer:
        verified = verify_owner(
            deps,
            command,
            enrolment_id,
            credentials,
            RequiredCredentials.ANY_ONE,
            at=lease.received_at,
        )
        with deps.unit_of_work() as uow:
            verified.consume_to_leave(uow)
            revoked, deletion = end_enrolment(deps, uow, enrolment_id, Cause.CUSTOMER)
            answer = enrolment_answer(revoked)
            lease.answer(uow, answer)
            if deletion is not None:
                emit_face(deps, uow, EventKind.FACE_REVOKED, revoked)
                record_deletion(deps, uow, deletion)
            uow.commit()
        return answer

    answer = run_idempotent(deps, command, EnrolmentAnswer, act)
    destroyed = destroy_key(deps, enrolment_id)
    return replace(answer, key_destroyed=answer.key_destroyed or destroyed)


def verify_owner(
    deps: Dependencies,
    command: Command,
    enrolment_id: str,
    credentials: Credentials | PageSession,
    required: RequiredCredentials,
    *,
    at: datetime | None = None,
) -> VerifiedCredentials:
    """Verify that the enrolment is the caller's, and verify the credentials or the session.

    `at` is when the credentials were presented; None means now.

    Raises NotFound, CredentialsRejected, FactorUnavailable.
    """
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=command.caller.subject_id)
        if customer is None or not uow.enrolments.find(id=enrolment_id, customer_id=customer.id):
            raise NotFound()
    if isinstance(credentials, PageSession):
        return verify_session(deps, command, required)
    return verify_for_command(deps, command, customer, credentials, required, at=at)
