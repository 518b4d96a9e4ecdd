"""The main walk: one face payment, in seven steps.

    1 claim the request (idempotency key); in a short commit use its capture up
    2 load intent, consent and enrolment; refuse early
    3 PAD over the captured frames
    4 unseal the reference, compare (only if PAD passed)
    5 verify the second factor
    6 decide(facts, now) -> Decision   (pure)
    7 ONE commit: re-check that face and factor are still live (locked row, epoch), store the
      decision, the authorization and the leaf

A payment walks it twice: with frames (there is no second factor yet, so 6 says "step up"), then
with the second factor, from the till or from the payer's own device. That walk passes by 3 and 4
on the stored verdicts, never on stored pixels. No lock is held during 3, 4 and 5. Step 7 takes the
row lock a revocation takes: that is what makes revoking immediate.
"""

from dataclasses import dataclass, replace

from facepay.domain.capture import Capture
from facepay.domain.confirmation import payment_claims
from facepay.domain.customer import Role
from facepay.domain.decision import UNDER_DURESS, Decision, Facts, Outcome, decide
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import FaceNotAvailable, NotFound, WrongState
from facepay.domain.payment import Authorization, Intent, IntentState, Method
from facepay.ports import ObservedFaces, UnitOfWork
from facepay.usecases.authentication.verify_credentials import (
    Credentials,
    VerifiedCredentials,
    channel_of,
    check_factors,
)
from facepay.usecases.captures.compare import matches_reference
from facepay.usecases.captures.judge import Frames, look_at, use_capture
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.payments.intents import find_to_pay
from facepay.usecases.payments.record_decision import may_be_on_hold, record_decision
from facepay.usecases.payments.sign_authorization import sign_authorization
from facepay.usecases.records.activity import is_on_hold
from facepay.usecases.request import Command
from facepay.usecases.responses import IntentAnswer
from facepay.usecases.stage_timing import timed_stage


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is brought: the burst, or afterwards the payer's second factor."""

    intent_id: str
    frames: Frames | None = None
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What was alive in step 2; step 7 looks again."""

    intent: Intent
    enrolment: Enrolment
    capture: Capture | None
    on_hold: bool = False


def authorize_payment(deps: Dependencies, command: Command, attempt: Attempt) -> IntentAnswer:
    """Walk with frames, then with the second factor; the face's verdict is told in neither.

    Raises NotFound, WrongState, IntentExpired, CaptureExpired, FaceNotAvailable, what `look_at`
    raises for the frames, and VaultUnavailable or FactorUnavailable: then nothing is approved.
    """

    def walk(lease: Lease) -> IntentAnswer:
        # 1 claim the request: `run_idempotent` holds the key, this commit uses the capture up
        # 2 load intent, consent and enrolment; refuse early
        standing = _enter(deps, command, lease, attempt)
        # 3 PAD over the captured frames
        # 4 unseal the reference, compare (only if PAD passed)
        if attempt.frames is not None:
            standing = _look_at_face(deps, lease, standing, attempt.frames)
        # 5 verify the second factor
        verified = _verify_second_factor(deps, command, lease, standing, attempt.credentials)
        # 6 decide
        decision = _decide(deps, standing, verified)
        # Signed before the commit, so that no approval can exist without its signature; if
        # step 7 finds the face revoked, the signature is dropped and was never seen by anybody.
        authorization = _sign_if_approved(deps, standing, decision)
        # 7 one commit, under the lock that a revocation takes
        return _commit_if_still_live(deps, lease, standing, verified, decision, authorization)

    return run_idempotent(deps, command, IntentAnswer, walk)


@timed_stage("enter")
def _enter(deps: Dependencies, command: Command, lease: Lease, attempt: Attempt) -> Standing:
    expected = (
        IntentState.CAPTURING if attempt.frames is not None else IntentState.AWAITING_SECOND_FACTOR
    )
    with deps.unit_of_work() as uow:
        seen = find_to_pay(uow, command.caller, attempt.intent_id)
        own = (
            command.caller.role is not Role.CUSTOMER
            or seen.customer_id == command.caller.subject_id
        )
        if not own:
            raise NotFound()  # a face is confirmed by the device of whom it is claimed to be
        enrolment = _live_enrolment(deps, uow, seen)
        intent = uow.intents.lock(seen.id)
        if intent is None or intent.enrolment_id != enrolment.id:
            raise WrongState("another capture was opened for this payment intent")
        intent.require_open(deps.clock())
        if intent.state is not expected:
            raise WrongState(f"the payment intent is {intent.state}")
        capture = None
        if attempt.frames is not None:
            capture = use_capture(deps, uow, lease, attempt.frames.capture_id)
            if capture.id != intent.capture_id:
                raise WrongState("another capture was opened for this payment intent")
        on_hold = capture is None and is_on_hold(deps, uow, intent)
        uow.commit()
    return Standing(intent, enrolment, capture, on_hold)


def _live_enrolment(deps: Dependencies, uow: UnitOfWork, intent: Intent) -> Enrolment:
    """The locked enrolment this intent was opened for. Raises FaceNotAvailable when it ended."""
    intent.require_open(deps.clock())
    if intent.enrolment_id is None:
        raise WrongState(f"the payment intent is {intent.state}: no capture was opened for it")
    enrolment = uow.enrolments.lock(intent.enrolment_id)
    if enrolment is None or enrolment.state is not EnrolmentState.ACTIVE:
        raise FaceNotAvailable()
    consent = uow.consents.find(id=enrolment.consent_id)
    if consent is None or not consent.active(deps.clock()):
        raise FaceNotAvailable()
    if intent.state is IntentState.REVOKED or intent.enrolment_epoch != enrolment.epoch:
        raise FaceNotAvailable()
    return enrolment


def _look_at_face(deps: Dependencies, lease: Lease, standing: Standing, frames: Frames) -> Standing:
    enrolment, capture = standing.enrolment, standing.capture
    if capture is None:
        raise FaceNotAvailable()

    def compare(faces: ObservedFaces) -> bool:
        return matches_reference(deps, faces, enrolment)

    matched = look_at(deps, lease, capture, frames, compare)
    judged = replace(standing.intent, pad_passed=True, face_matched=matched)
    return replace(standing, intent=judged)


@timed_stage("second_factor")
def _verify_second_factor(
    deps: Dependencies,
    command: Command,
    lease: Lease,
    standing: Standing,
    credentials: Credentials | None,
) -> VerifiedCredentials | None:
    if credentials is None:
        return None
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=standing.enrolment.customer_id)
    channel, confirms = channel_of(command.caller), payment_claims(standing.intent)
    return check_factors(
        deps, customer, credentials, channel, at=lease.received_at, confirms=confirms
    )


@timed_stage("decide")
def _decide(
    deps: Dependencies, standing: Standing, verified: VerifiedCredentials | None
) -> Decision:
    intent = standing.intent
    facts = Facts(
        method=Method.FACE,
        intent_expires_at=intent.expires_at,
        second_factor_ok=None if verified is None else verified.second_factor_ok,
        consent_active=True,  # step 2 refused otherwise, and step 7 looks again
        enrolment_live=standing.enrolment.state is EnrolmentState.ACTIVE,
        pad_passed=intent.pad_passed,
        face_matched=intent.face_matched,
        duress=verified is not None and verified.duress,
        duress_may_pay=may_be_on_hold(deps, intent, verified),
        silently_locked=standing.enrolment.duress_since is not None,
        on_hold=standing.on_hold,
    )
    return decide(facts, deps.clock())


@timed_stage("sign")
def _sign_if_approved(
    deps: Dependencies, standing: Standing, decision: Decision
) -> Authorization | None:
    if decision.outcome is not Outcome.APPROVE:
        return None
    return sign_authorization(deps, standing.intent)


@timed_stage("commit")
def _commit_if_still_live(
    deps: Dependencies,
    lease: Lease,
    standing: Standing,
    verified: VerifiedCredentials | None,
    decision: Decision,
    authorization: Authorization | None,
) -> IntentAnswer:
    with deps.unit_of_work() as uow:
        live = _live_enrolment(deps, uow, standing.intent)
        if live.epoch != standing.enrolment.epoch:
            raise FaceNotAvailable()
        shown_since = live.duress_since != standing.enrolment.duress_since
        if shown_since and decision.outcome is Outcome.APPROVE:  # under duress, elsewhere
            decision = Decision(Outcome.DECLINE, UNDER_DURESS)
        answer = record_decision(
            deps, uow, lease, standing.intent, Method.FACE, decision, verified, authorization
        )
        uow.commit()
    return answer
