"""Withdraw consent: one step, no proof beyond the signature, as easy as granting (PIPL art. 15).

Without consent there is no ground to keep a face: every enrolment made under it is revoked in the
same transaction, and its key destroyed.
"""

from dataclasses import replace

from facepay.domain.deletion import Cause
from facepay.domain.enrolment import EnrolmentState
from facepay.domain.errors import NotFound
from facepay.domain.event import EventKind
from facepay.usecases.consents.grant import consent_answer
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_key
from facepay.usecases.faces.enrolments import emit_face, end_enrolment, write_down
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit
from facepay.usecases.request import Command
from facepay.usecases.responses import ConsentAnswer


def withdraw_consent(deps: Dependencies, command: Command, consent_id: str) -> ConsentAnswer:
    """Raises NotFound for a consent that is not the caller's."""

    def act(lease: Lease) -> ConsentAnswer:
        with deps.unit_of_work() as uow:
            enrolments = uow.enrolments.find_all(
                consent_id=consent_id, customer_id=command.caller.subject_id
            )
            cause = Cause.CONSENT_WITHDRAWN
            outcomes = [end_enrolment(deps, uow, each.id, cause) for each in enrolments]
            ended = [(face, deletion) for face, deletion in outcomes if deletion is not None]
            consent = uow.consents.lock(consent_id)
            if consent is None or consent.customer_id != command.caller.subject_id:
                raise NotFound()
            if consent.withdrawn_at is None:
                consent = replace(consent, withdrawn_at=deps.clock())
                uow.consents.update(consent)
                emit(
                    deps,
                    uow,
                    EventKind.CONSENT_WITHDRAWN,
                    consent=consent_id,
                    customer=consent.customer_id,
                )
            for face, _ in ended:
                emit_face(deps, uow, EventKind.FACE_REVOKED, face)
            answer = consent_answer(consent)
            lease.answer(uow, answer)
            append_leaf(deps, uow, "consent.withdrawn", consent=consent_id)
            for _, deletion in ended:
                write_down(deps, uow, deletion)
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
