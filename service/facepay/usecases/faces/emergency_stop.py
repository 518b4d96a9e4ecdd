"""Emergency stop: revoke a face with one recovery code, without signing in.

It is for customers who lost their phone and the password on it. The face is revoked for good.
Unknown aliases and wrong codes get the same answer. A stranger cannot fill a counter of the owner,
because that needs the selector of a code.
"""

from facepay.domain.deletion import Cause
from facepay.domain.enrolment import EnrolmentState
from facepay.domain.errors import CredentialsRejected
from facepay.domain.event import EventKind
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import (
    Credentials,
    RequiredCredentials,
    VerifiedCredentials,
)
from facepay.usecases.authentication.verify_credentials import verify_credentials
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_key
from facepay.usecases.faces.enrolments import emit_face, end_enrolment, record_deletion
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.request import Command
from facepay.usecases.responses import StopAnswer, rfc3339


def revoke_with_recovery_code(
    deps: Dependencies, command: Command, alias: str, recovery_code: str
) -> StopAnswer:
    """Revoke all faces of the customer `alias` with one recovery code, without a session.

    The caller in `command` is the visit of a browser.

    Raises CredentialsRejected.
    """
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(alias=alias)

    def act(lease: Lease) -> StopAnswer:
        verified = verify_credentials(
            deps, customer, Credentials(recovery_code=recovery_code), RequiredCredentials.ANY_ONE
        )
        if customer is None:
            raise CredentialsRejected()
        return _end_all(deps, lease, customer.id, verified)

    answer = run_idempotent(deps, command, StopAnswer, act)
    with deps.unit_of_work() as uow:
        faces = uow.enrolments.find_all(customer_id=customer.id) if customer else []
    for face in faces:
        destroy_key(deps, face.id)
    return answer


def _end_all(
    deps: Dependencies, lease: Lease, customer_id: str, verified: VerifiedCredentials
) -> StopAnswer:
    with deps.unit_of_work() as uow:
        uow.customers.lock(customer_id)
        verified.consume_to_leave(uow)
        faces = _living(uow, customer_id)
        ended = [end_enrolment(deps, uow, face_id, Cause.CUSTOMER) for face_id in faces]
        answer = StopAnswer(rfc3339(deps.clock()))
        lease.answer(uow, answer)
        for face, _ in ended:
            emit_face(deps, uow, EventKind.FACE_REVOKED, face)
        for _, deletion in ended:
            if deletion is not None:
                record_deletion(deps, uow, deletion)
        uow.commit()
    return answer


def _living(uow: UnitOfWork, customer_id: str) -> list[str]:
    faces = uow.enrolments.find_all(customer_id=customer_id)
    return sorted(face.id for face in faces if face.state is not EnrolmentState.REVOKED)
