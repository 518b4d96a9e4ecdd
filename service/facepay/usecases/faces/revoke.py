"""Take the face back: at once, by any one proof, for good.

The row is marked under the same lock an approval is written under, so once this has answered no
approval by this face can follow, on any worker. Then the enrolment's keys, that of a renewal under
way too, are destroyed in the vault: every copy of the template, backups included, is dead. Should
the vault be away, the revocation holds all the same, and `destroy_pending_keys` does it later.
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
from facepay.usecases.authentication.verify_credentials import channel_of, verify_credentials
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
    """Any one proof will do, and being signed in on the page, which takes two.

    Raises CredentialsRejected, or NotFound for an enrolment that is not the caller's.
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
            revoked, deletion = end_enrolment(deps, uow, enrolment_id, Cause.CUSTOMER)
            verified.consume(uow)  # leaving is never refused because a code was used meanwhile
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
    """That the caller's own enrolment is meant, and the caller is who enrolled it.

    Raises NotFound, CredentialsRejected.
    """
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=command.caller.subject_id)
        if customer is None or not uow.enrolments.find(id=enrolment_id, customer_id=customer.id):
            raise NotFound()
    if isinstance(credentials, PageSession):
        return verify_session(deps, command, required)
    channel = channel_of(command.caller)
    return verify_credentials(
        deps, customer, credentials, required, confirms=command.claims, at=at, channel=channel
    )
