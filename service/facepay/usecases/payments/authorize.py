"""Authorize a payment by face, in seven steps.

    1  lease the request's idempotency key, so that it is answered once
    2  load intent, consent and enrolment; refuse early (and mark the capture as used)
    3  PAD over the captured frames
    4  unseal the reference and compare (only if PAD passed)
    5  verify the second factor
    6  decide(facts, now) -> Decision: pure, in domain/decision.py
    7  ONE commit, under the row lock that a revocation takes: check again that caller, factor and
       face are live; store decision, authorization, audit-log leaf and answer

A payment has two requests. `submit_frames` takes steps 1 to 4, 6 and 7; without a second factor,
step 6 can only ask for one. `submit_second_factor` takes steps 1, 2 and 5 to 7; in place of steps 3
and 4 it has the verdicts that the first request stored. Pixels are never stored.

No database lock is held during steps 3, 4 and 5. The lock of step 7 makes a revocation immediate.
"""

from dataclasses import dataclass, replace
from functools import partial

from facepay.domain.capture import Capture
from facepay.domain.confirmation import payment_claims
from facepay.domain.customer import Role
from facepay.domain.decision import UNDER_DURESS, Decision, Facts, Outcome, decide
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import FaceNotAvailable, NotFound, WrongState
from facepay.domain.payment import Authorization, Intent, IntentState, Method
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import Credentials, VerifiedCredentials
from facepay.usecases.authentication.verify_credentials import channel_of, check_factors
from facepay.usecases.captures.compare import matches_reference
from facepay.usecases.captures.judge import Frames, live_faces, use_capture
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.end_expired_consents import ending_expired_consent, require_consent
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.payments.intents import find_payable_intent
from facepay.usecases.payments.record_decision import may_pay_under_duress, record_decision
from facepay.usecases.payments.sign_authorization import sign_if_approved
from facepay.usecases.records.activity import is_on_hold
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import IntentAnswer
from facepay.usecases.stage_timing import timed_stage


@dataclass(frozen=True, slots=True)
class PaymentContext:
    """The payment as step 2 found it, and step 7 checks again.

    `on_hold`: the policy allows no approval by face for a payment as unusual as this one.
    """

    intent: Intent
    enrolment: Enrolment
    on_hold: bool = False


def submit_frames(
    deps: Dependencies, command: Command, intent_id: str, frames: Frames
) -> IntentAnswer:
    """Judge the burst and compare the face; the answer asks for the second factor.

    The answer is the same whether the face matched or not, so that the terminal cannot learn it.

    Raises NotFound, WrongState, IntentExpired, CaptureExpired, FaceNotAvailable, SealBroken, every
    Refused error of `live_faces`, and FaceUnavailable or VaultUnavailable: nothing is approved.
    """
    # 1 lease the request's idempotency key; a repeated request gets the first answer
    walk = partial(_walk_with_frames, deps, command, intent_id, frames)
    with ending_expired_consent(deps):
        return run_idempotent(deps, command, IntentAnswer, walk)


def submit_second_factor(
    deps: Dependencies, command: Command, intent_id: str, credentials: Credentials
) -> IntentAnswer:
    """Verify the payer's second factor, decide, and answer "approved" or "declined".

    The credentials come from the terminal or from the payer's own device.

    Raises NotFound, WrongState, IntentExpired, FaceNotAvailable, and VaultUnavailable or
    FactorUnavailable: then nothing is approved.
    """
    # 1 lease the request's idempotency key; a repeated request gets the first answer
    walk = partial(_walk_with_second_factor, deps, command, intent_id, credentials)
    with ending_expired_consent(deps):
        return run_idempotent(deps, command, IntentAnswer, walk)


def _walk_with_frames(
    deps: Dependencies, command: Command, intent_id: str, frames: Frames, lease: Lease
) -> IntentAnswer:
    # 2 load intent, consent and enrolment; refuse early. Whatever follows, the capture is used.
    context, capture = _load_and_use_capture(deps, command, lease, intent_id, frames.capture_id)
    # 3 PAD over the captured frames: only a living head in time gets into this block
    with live_faces(deps, lease, capture, frames) as faces:
        # 4 unseal the reference and compare
        matched = matches_reference(deps, faces, context.enrolment)
    judged = replace(context.intent, pad_passed=True, face_matched=matched)
    context = replace(context, intent=judged)
    # 6 decide: without a second factor, an answer of "approve" does not exist
    decision = _decide(deps, context, verified=None)
    # 7 one commit, under the lock that a revocation takes
    return _commit_if_still_live(deps, lease, context, None, decision, authorization=None)


def _walk_with_second_factor(
    deps: Dependencies, command: Command, intent_id: str, credentials: Credentials, lease: Lease
) -> IntentAnswer:
    # 2 load intent, consent and enrolment; refuse early
    context = _load_for_second_factor(deps, command, intent_id)
    # 5 verify the second factor
    verified = _verify_second_factor(deps, command, lease, context, credentials)
    # 6 decide
    decision = _decide(deps, context, verified)
    # Sign before the commit, so that no approval exists without its signature. If step 7 finds the
    # face revoked, the signature is dropped and nobody ever saw it.
    with timed_stage("sign"):
        authorization = sign_if_approved(deps, context.intent, decision)
    # 7 one commit, under the lock that a revocation takes
    return _commit_if_still_live(deps, lease, context, verified, decision, authorization)


@timed_stage("load")
def _load_and_use_capture(
    deps: Dependencies, command: Command, lease: Lease, intent_id: str, capture_id: str
) -> tuple[PaymentContext, Capture]:
    with deps.unit_of_work() as uow:
        context = _load_payment(deps, uow, command.caller, intent_id, IntentState.CAPTURING)
        capture = use_capture(deps, uow, lease, capture_id)
        if capture.id != context.intent.capture_id:
            raise WrongState("another capture was opened for this payment intent")
        uow.commit()
    return context, capture


@timed_stage("load")
def _load_for_second_factor(deps: Dependencies, command: Command, intent_id: str) -> PaymentContext:
    expected = IntentState.AWAITING_SECOND_FACTOR
    with deps.unit_of_work() as uow:
        context = _load_payment(deps, uow, command.caller, intent_id, expected)
        context = replace(context, on_hold=is_on_hold(deps, uow, context.intent))
        uow.commit()
    return context


def _load_payment(
    deps: Dependencies, uow: UnitOfWork, caller: Caller, intent_id: str, expected: IntentState
) -> PaymentContext:
    """Lock and return a payment that this caller may continue; the caller commits."""
    seen = find_payable_intent(uow, caller, intent_id)
    if caller.role is Role.CUSTOMER and seen.customer_id != caller.subject_id:
        raise NotFound()  # only the claimed payer's own device confirms a payment by face
    enrolment = _active_enrolment(deps, uow, seen)
    intent = uow.intents.lock(seen.id)
    if intent is None or intent.enrolment_id != enrolment.id:
        raise WrongState("another capture was opened for this payment intent")
    intent.require_open(deps.clock())
    if intent.state is not expected:
        raise WrongState(f"the payment intent is {intent.state}")
    return PaymentContext(intent, enrolment)


def _active_enrolment(deps: Dependencies, uow: UnitOfWork, intent: Intent) -> Enrolment:
    """Lock and return the enrolment this intent was opened for.

    Raises IntentExpired, WrongState, FaceNotAvailable, ConsentExpired.
    """
    intent.require_open(deps.clock())
    if intent.enrolment_id is None:
        raise WrongState(f"the payment intent is {intent.state}: no capture was opened for it")
    enrolment = uow.enrolments.lock(intent.enrolment_id)
    if enrolment is None or enrolment.state is not EnrolmentState.ACTIVE:
        raise FaceNotAvailable()
    require_consent(deps, uow, enrolment)
    if intent.state is IntentState.REVOKED or intent.enrolment_epoch != enrolment.epoch:
        raise FaceNotAvailable()
    return enrolment


@timed_stage("second_factor")
def _verify_second_factor(
    deps: Dependencies,
    command: Command,
    lease: Lease,
    context: PaymentContext,
    credentials: Credentials,
) -> VerifiedCredentials:
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=context.enrolment.customer_id)
    channel, confirms = channel_of(command.caller), payment_claims(context.intent)
    return check_factors(
        deps, customer, credentials, channel, at=lease.received_at, confirms=confirms
    )


@timed_stage("decide")
def _decide(
    deps: Dependencies, context: PaymentContext, verified: VerifiedCredentials | None
) -> Decision:
    intent, enrolment = context.intent, context.enrolment
    facts = Facts(
        method=Method.FACE,
        intent_expires_at=intent.expires_at,
        second_factor_ok=None if verified is None else verified.second_factor_ok,
        consent_active=True,  # step 2 refused otherwise, and step 7 looks again
        enrolment_active=enrolment.state is EnrolmentState.ACTIVE,
        pad_passed=intent.pad_passed,
        face_matched=intent.face_matched,
        duress=verified is not None and verified.duress,
        duress_may_pay=may_pay_under_duress(deps, intent, verified),
        silently_locked=enrolment.duress_since is not None,
        on_hold=context.on_hold,
    )
    return decide(facts, deps.clock())


@timed_stage("commit")
def _commit_if_still_live(
    deps: Dependencies,
    lease: Lease,
    context: PaymentContext,
    verified: VerifiedCredentials | None,
    decision: Decision,
    authorization: Authorization | None,
) -> IntentAnswer:
    check_face = partial(_check_face, deps, context)
    with deps.unit_of_work() as uow:
        answer = record_decision(
            deps,
            uow,
            lease,
            context.intent,
            Method.FACE,
            decision,
            verified,
            authorization,
            check_face,
        )
        uow.commit()
    return answer


def _check_face(
    deps: Dependencies, context: PaymentContext, uow: UnitOfWork, decision: Decision
) -> Decision:
    """Lock the face and check that it is as step 2 found it. Raises FaceNotAvailable."""
    live = _active_enrolment(deps, uow, context.intent)
    if live.epoch != context.enrolment.epoch:
        raise FaceNotAvailable()
    # The duress code was typed elsewhere since step 2: this payment fails like a wrong code.
    duress_meanwhile = live.duress_since != context.enrolment.duress_since
    if duress_meanwhile and decision.outcome is Outcome.APPROVE:
        return Decision(Outcome.DECLINE, UNDER_DURESS)
    return decision
