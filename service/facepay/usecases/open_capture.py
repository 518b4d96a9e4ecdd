"""Open a capture: reserve it, so that the payer can read the instructions before it begins.

Only an explicit act opens a capture. It must be begun within 5 minutes, takes one burst, and gets
its challenge when it begins. A payment's capture needs an active face, consent and second factor.
Otherwise it is refused here, before any picture is taken, with the same answer as for an unknown
customer.
"""

from dataclasses import replace
from datetime import datetime

from facepay.domain.capture import BEGUN_WITHIN, Capture, CaptureState, Purpose
from facepay.domain.challenge import Profile, require_liveness_possible
from facepay.domain.enrolment import CAPTURES, OPEN_FOR, Enrolment, EnrolmentState
from facepay.domain.errors import (
    CaptureExpired,
    CapturesUsedUp,
    FaceNotAvailable,
    NotFound,
    WrongState,
)
from facepay.domain.payment import Intent, IntentState
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.match_factors import active_factors
from facepay.usecases.dependencies import Dependencies, new_id
from facepay.usecases.faces.end_expired_consents import (
    CONSENT_ENDED,
    ending_expired_consent,
    require_consent,
)
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import ReservedAnswer, rfc3339


def open_payment_capture(
    deps: Dependencies, command: Command, intent_id: str, payer_alias: str, profile: Profile
) -> ReservedAnswer:
    """Reserve a capture for a payment; it replaces an earlier one that was not used.

    Raises NotFound, WrongState, IntentExpired, CapturesUsedUp, FaceNotAvailable,
    LivenessNotPossible.
    """

    def act(lease: Lease) -> ReservedAnswer:
        require_liveness_possible(profile)
        now = deps.clock()
        with deps.unit_of_work() as uow:
            # The intent first: a caller without one must learn nothing about an alias.
            _require_own_open(uow.intents.find(id=intent_id), command.caller, now)
            enrolment = _payable_face(deps, uow, payer_alias)
            locked_row = uow.enrolments.lock(enrolment.id)
            if locked_row is None or locked_row.state is not EnrolmentState.ACTIVE:
                raise FaceNotAvailable()
            intent = _require_own_open(uow.intents.lock(intent_id), command.caller, now)
            if intent.captures_used >= deps.policy.captures_per_intent:
                raise CapturesUsedUp()
            _cancel_open(uow, uow.captures.find_all(intent_id=intent.id))
            capture = _reserve(
                deps, command.caller, locked_row, Purpose.PAYMENT, intent.id, profile
            )
            uow.intents.update(_capturing(intent, locked_row, capture), state=intent.state.value)
            return _store(deps, uow, lease, capture)

    with ending_expired_consent(deps):
        return run_idempotent(deps, command, ReservedAnswer, act)


def open_enrolment_capture(
    deps: Dependencies, command: Command, enrolment_id: str, profile: Profile
) -> ReservedAnswer:
    """Reserve a capture for an enrolment; it replaces an earlier one that was not used.

    Raises NotFound, WrongState, CapturesUsedUp, LivenessNotPossible; CaptureExpired for an
    enrolment that was begun more than ten minutes ago; FaceNotAvailable when the consent has ended.
    """

    def act(lease: Lease) -> ReservedAnswer:
        require_liveness_possible(profile)
        now = deps.clock()
        with deps.unit_of_work() as uow:
            enrolment = uow.enrolments.lock(enrolment_id)
            if enrolment is None or enrolment.customer_id != command.caller.subject_id:
                raise NotFound()
            if enrolment.state is not EnrolmentState.PENDING:
                raise WrongState(f"the enrolment is {enrolment.state}")
            if now >= enrolment.created_at + OPEN_FOR:
                raise CaptureExpired("the enrolment was begun too long ago: begin a new one")
            require_consent(deps, uow, enrolment, CONSENT_ENDED)
            earlier = uow.captures.find_all(enrolment_id=enrolment_id)
            if len(earlier) >= CAPTURES:
                raise CapturesUsedUp()
            _cancel_open(uow, earlier)
            purpose = Purpose.ENROLMENT
            capture = _reserve(deps, command.caller, enrolment, purpose, None, profile)
            return _store(deps, uow, lease, capture)

    with ending_expired_consent(deps):
        return run_idempotent(deps, command, ReservedAnswer, act)


def _payable_face(deps: Dependencies, uow: UnitOfWork, alias: str) -> Enrolment:
    customer = uow.customers.find(alias=alias)
    if customer is None:
        raise FaceNotAvailable()
    active = EnrolmentState.ACTIVE.value
    enrolment = uow.enrolments.find(customer_id=customer.id, state=active)
    if enrolment is None or enrolment.model != deps.engine.model:
        raise FaceNotAvailable()
    require_consent(deps, uow, enrolment)
    if not active_factors(uow, customer.id):
        raise FaceNotAvailable()
    return enrolment


def _require_own_open(intent: Intent | None, caller: Caller, now: datetime) -> Intent:
    if intent is None or intent.terminal_id != caller.subject_id:
        raise NotFound()
    intent.require_open(now)
    return intent


def _capturing(intent: Intent, enrolment: Enrolment, capture: Capture) -> Intent:
    return intent.moved_to(
        IntentState.CAPTURING,
        customer_id=enrolment.customer_id,
        enrolment_id=enrolment.id,
        enrolment_epoch=enrolment.epoch,
        capture_id=capture.id,
        captures_used=intent.captures_used + 1,
        pad_passed=None,
        face_matched=None,
        decision_reason=None,
    )


def _cancel_open(uow: UnitOfWork, captures: list[Capture]) -> None:
    for capture in captures:
        if capture.state in (CaptureState.RESERVED, CaptureState.OPEN):
            uow.captures.update(replace(capture, state=CaptureState.CANCELLED))


def _reserve(
    deps: Dependencies,
    caller: Caller,
    enrolment: Enrolment,
    purpose: Purpose,
    intent_id: str | None,
    profile: Profile,
) -> Capture:
    now = deps.clock()
    return Capture(
        id=new_id("cap"),
        purpose=purpose,
        customer_id=enrolment.customer_id,
        enrolment_id=enrolment.id,
        intent_id=intent_id,
        opened_by=caller.keyid,
        profile=profile,
        nonce=None,
        steps=(),
        light=(),
        state=CaptureState.RESERVED,
        used_by=None,
        opened_at=now,
        begun_at=None,
        deadline=now + BEGUN_WITHIN,
    )


def _store(deps: Dependencies, uow: UnitOfWork, lease: Lease, capture: Capture) -> ReservedAnswer:
    uow.captures.add(capture)
    answer = ReservedAnswer(
        id=capture.id,
        purpose=capture.purpose,
        profile=capture.profile,
        begin_by=rfc3339(capture.deadline),
    )
    lease.answer(uow, answer)
    append_leaf(deps, uow, "capture.opened", capture=capture.id, purpose=capture.purpose)
    uow.commit()
    return answer
