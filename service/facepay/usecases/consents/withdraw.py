"""Withdraw consent in one step, without credentials, as easily as granting it (PIPL art. 15).

Without consent there is no legal ground to keep a face. Every enrolment under the consent is
revoked in the same transaction, and its key is destroyed afterwards.
"""

from dataclasses import replace

from facepay.domain.consent import Consent
from facepay.domain.deletion import Cause
from facepay.domain.enrolment import EnrolmentState
from facepay.domain.errors import NotFound
from facepay.domain.event import EventKind
from facepay.ports import UnitOfWork
from facepay.usecases.consents.grant import consent_answer
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_key
from facepay.usecases.faces.end_expired_consents import end_faces_under
from facepay.usecases.faces.enrolments import emit_face, record_deletion
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit
from facepay.usecases.request import Command
from facepay.usecases.responses import ConsentAnswer


def withdraw_consent(deps: Dependencies, command: Command, consent_id: str) -> ConsentAnswer:
    """Withdraw a consent and revoke the faces enrolled under it; repeating it is safe.

    If the vault fails, the keys are destroyed later by `destroy_pending_keys`.

    Raises NotFound for a consent that is not the caller's.
    """

    def act(lease: Lease) -> ConsentAnswer:
        customer_id = command.caller.subject_id
        with deps.unit_of_work() as uow:
            cause = Cause.CONSENT_WITHDRAWN
            ended = end_faces_under(deps, uow, consent_id, customer_id, cause)
            consent = _withdraw(deps, uow, consent_id, customer_id)
            for face, _ in ended:
                emit_face(deps, uow, EventKind.FACE_REVOKED, face)
            answer = consent_answer(consent)
            lease.answer(uow, answer)
            append_leaf(deps, uow, "consent.withdrawn", consent=consent_id)
            for _, deletion in ended:
                record_deletion(deps, uow, deletion)
            uow.commit()
        return answer

    answer = run_idempotent(deps, command, ConsentAnswer, act)
    with deps.unit_of_work() as uow:
        revoked = uow.enrolments.find_all(
            consent_id=consent_id, state=EnrolmentState.REVOKED.value, key_destroyed_at=None
        )
    for enrolment in revoked:
        destroy_key(deps, enrolment.id)
    return answer


def _withdraw(deps: Dependencies, uow: UnitOfWork, consent_id: str, customer_id: str) -> Consent:
    consent = uow.consents.lock(consent_id)
    if consent is None or consent.customer_id != customer_id:
        raise NotFound()
    if consent.withdrawn_at is not None:
        return consent
    now = deps.clock()
    withdrawn = replace(consent, withdrawn_at=now, ended_at=consent.ended_at or now)
    uow.consents.update(withdrawn)
    emit(deps, uow, EventKind.CONSENT_WITHDRAWN, consent=consent_id, customer=customer_id)
    return withdrawn
