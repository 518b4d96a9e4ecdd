"""Enrol a face, with password, second factor, consent and a live capture.

The reference is protected with a secret derived from the enrolment's key, and sealed with that key,
before it is stored in the database. It is overwritten in memory as soon as it is sealed.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from facepay.domain.consent import Consent
from facepay.domain.deletion import Cause
from facepay.domain.enrolment import ENROLLED, OPEN_FOR, Enrolment, EnrolmentState
from facepay.domain.errors import FaceNotAvailable, VaultUnavailable, WrongState
from facepay.domain.event import EventKind
from facepay.ports import ObservedFaces, UnitOfWork
from facepay.usecases.authentication.credentials import (
    Credentials,
    RequiredCredentials,
    VerifiedCredentials,
)
from facepay.usecases.authentication.verify_credentials import verify_for_command
from facepay.usecases.captures.judge import Frames, live_faces, use_capture
from facepay.usecases.dependencies import Dependencies, new_id, wiped
from facepay.usecases.faces.destroy_keys import destroy_key
from facepay.usecases.faces.end_expired_consents import (
    CONSENT_ENDED,
    end_expired_consents_of,
    ending_expired_consent,
    require_consent,
)
from facepay.usecases.faces.enrolments import (
    emit_face,
    end_enrolment,
    enrolment_answer,
    record_deletion,
)
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Command
from facepay.usecases.responses import EnrolmentAnswer


def begin_enrolment(
    deps: Dependencies, command: Command, credentials: Credentials
) -> EnrolmentAnswer:
    """Create a pending enrolment, for which a capture can be opened within ten minutes.

    Raises CredentialsRejected; WrongState without an active consent, or while a face is enrolled;
    FaceNotAvailable when the consent ends meanwhile; VaultUnavailable, or FactorUnavailable when a
    code cannot be checked.
    """

    def act(lease: Lease) -> EnrolmentAnswer:
        customer_id = command.caller.subject_id
        end_expired_consents_of(deps, customer_id)
        with deps.unit_of_work() as uow:
            customer = uow.customers.find(id=customer_id)
            consent = _active_consent(deps, uow, customer_id)
            _require_no_face(uow, customer_id)
        verified = verify_for_command(
            deps, command, customer, credentials, RequiredCredentials.PASSWORD_AND_SECOND_FACTOR
        )
        enrolment = _pending(deps, consent)
        # Create the key before the row: every end of this enrolment then finds its key and destroys
        # it, and nothing creates it again.
        deps.templates.create_key(enrolment.key_name)
        try:
            return _store_pending(deps, lease, enrolment, verified)
        except BaseException:  # no row names the key now
            with suppress(VaultUnavailable):
                deps.templates.destroy_key(enrolment.key_name)
            raise

    with ending_expired_consent(deps):
        return run_idempotent(deps, command, EnrolmentAnswer, act)


def finish_enrolment(deps: Dependencies, command: Command, frames: Frames) -> EnrolmentAnswer:
    """Judge the burst, make the reference, seal it, activate the enrolment.

    Raises NotFound, WrongState and CaptureExpired of `use_capture`; the errors of `live_faces`;
    FaceNotAvailable or SealBroken when consent or enrolment ended meanwhile; VaultUnavailable.
    """

    def act(lease: Lease) -> EnrolmentAnswer:
        with deps.unit_of_work() as uow:
            capture = use_capture(deps, uow, lease, frames.capture_id)
            enrolment = _still_pending(deps, uow, capture.enrolment_id)
            uow.commit()

        with live_faces(deps, lease, capture, frames) as faces:
            sealed = _seal_reference(deps, enrolment, faces)
        with deps.unit_of_work() as uow:
            active = _activate(deps, uow, enrolment, sealed)
            answer = enrolment_answer(active)
            lease.answer(uow, answer)
            emit_face(deps, uow, EventKind.FACE_ENROLLED, active)
            append_leaf(deps, uow, "face.enrolled", enrolment=active.id)
            uow.commit()
        return answer

    with ending_expired_consent(deps):
        return run_idempotent(deps, command, EnrolmentAnswer, act)


def _seal_reference(deps: Dependencies, enrolment: Enrolment, faces: ObservedFaces) -> str:
    """Make the reference, protect it with the enrolment's secret and seal it with its key."""
    with wiped(deps.templates.derive_secret(enrolment.key_name)) as secret:
        reference = deps.engine.reference(faces, secret)
    with wiped(reference):
        return deps.templates.seal(enrolment.key_name, reference, binding=enrolment.binding)


def end_lapsed_enrolments(deps: Dependencies) -> int:
    """End enrolments not finished within ten minutes, destroy their keys, and return their number.

    The console calls it, and in the embedded profile the supervisor.
    """
    latest = deps.clock() - OPEN_FOR
    with deps.unit_of_work() as uow:
        pending = uow.enrolments.find_all(state=EnrolmentState.PENDING.value)
    lapsed = [each.id for each in pending if each.created_at < latest]
    return sum(_end_lapsed(deps, enrolment_id) for enrolment_id in lapsed)


def _end_lapsed(deps: Dependencies, enrolment_id: str) -> bool:
    """End one enrolment if it is still pending; return whether it was."""
    with deps.unit_of_work() as uow:
        locked_row = uow.enrolments.lock(enrolment_id)
        if locked_row is None or locked_row.state is not EnrolmentState.PENDING:
            return False
        _, deletion = end_enrolment(deps, uow, enrolment_id, Cause.LAPSED)
        if deletion is not None:
            record_deletion(deps, uow, deletion, "enrolment.lapsed")
        uow.commit()
    destroy_key(deps, enrolment_id)
    return True


def _active_consent(deps: Dependencies, uow: UnitOfWork, customer_id: str) -> Consent:
    now = deps.clock()
    for consent in uow.consents.find_all(customer_id=customer_id):
        if consent.active(now):
            return consent
    raise WrongState("enrolling a face needs an active consent to pay by face")


def _require_no_face(uow: UnitOfWork, customer_id: str) -> None:
    """Refuse while a face is enrolled, also a locked one: a new enrolment must not evade a lock."""
    if uow.enrolments.find(customer_id=customer_id, state=ENROLLED):
        raise WrongState("a face is enrolled already: revoke it first")


def _pending(deps: Dependencies, consent: Consent) -> Enrolment:
    return Enrolment(
        id=new_id("enr"),
        customer_id=consent.customer_id,
        consent_id=consent.id,
        state=EnrolmentState.PENDING,
        epoch=0,
        model=deps.engine.model,
        sealed_reference=None,
        created_at=deps.clock(),
        revoked_at=None,
        key_destroyed_at=None,
        renewed_at=None,
    )


def _store_pending(
    deps: Dependencies, lease: Lease, enrolment: Enrolment, verified: VerifiedCredentials
) -> EnrolmentAnswer:
    with deps.unit_of_work() as uow:
        uow.customers.lock(enrolment.customer_id)  # a consent that ends now waits, and ends it too
        verified.consume(uow)
        require_consent(deps, uow, enrolment, CONSENT_ENDED)
        uow.enrolments.add(enrolment)
        answer = enrolment_answer(enrolment)
        lease.answer(uow, answer)
        append_leaf(deps, uow, "enrolment.begun", enrolment=enrolment.id)
        uow.commit()
    return answer


def _still_pending(deps: Dependencies, uow: UnitOfWork, enrolment_id: str) -> Enrolment:
    enrolment = uow.enrolments.find(id=enrolment_id)
    if enrolment is None or enrolment.state is not EnrolmentState.PENDING:
        raise FaceNotAvailable("the enrolment is no longer open")
    require_consent(deps, uow, enrolment, CONSENT_ENDED)
    return enrolment


def _activate(deps: Dependencies, uow: UnitOfWork, pending: Enrolment, sealed: str) -> Enrolment:
    """Activate under the customer's row lock, so that a customer has one active enrolment."""
    uow.customers.lock(pending.customer_id)
    locked_row = uow.enrolments.lock(pending.id)
    if locked_row is None or locked_row.state is not EnrolmentState.PENDING:
        raise FaceNotAvailable("the enrolment is no longer open")
    require_consent(deps, uow, locked_row, CONSENT_ENDED)
    _require_no_face(uow, pending.customer_id)
    active = replace(
        locked_row,
        state=EnrolmentState.ACTIVE,
        epoch=locked_row.epoch + 1,
        model=deps.engine.model,  # the model that made the reference, not the one at the beginning
        sealed_reference=sealed,
        duress_since=_under_duress(uow, pending.customer_id),
    )
    uow.enrolments.update(active, epoch=locked_row.epoch)
    return active


def _under_duress(uow: UnitOfWork, customer_id: str) -> datetime | None:
    """Return the customer's latest duress mark, which a new enrolment does not clear."""
    before = uow.enrolments.find_all(customer_id=customer_id)
    return max((each.duress_since for each in before if each.duress_since), default=None)
