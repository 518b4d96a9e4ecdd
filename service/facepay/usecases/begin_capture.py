"""Begin a capture: draw its challenge and its nonce, and start its 60 s.

The payer has read the instructions and is ready. A capture can be begun only once, so that nobody
can read a challenge, prepare for it, and begin again.
"""

import secrets
from dataclasses import replace

from facepay.domain.capture import LIFETIME, MAX_FRAMES, Capture, CaptureState, Purpose
from facepay.domain.challenge import SLOT_MS, Challenge, draw_challenge
from facepay.domain.enrolment import EnrolmentState
from facepay.domain.errors import CaptureExpired, FaceNotAvailable, NotFound, WrongState
from facepay.domain.payment import IntentState
from facepay.ports import UnitOfWork
from facepay.usecases.captures.judge import find_capture
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.end_expired_consents import ending_expired_consent, require_consent
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Command
from facepay.usecases.responses import CaptureAnswer, rfc3339

_WAITS_FOR_A_FACE = {
    Purpose.ENROLMENT: EnrolmentState.PENDING,
    Purpose.PAYMENT: EnrolmentState.ACTIVE,
}


def begin_capture(deps: Dependencies, command: Command, capture_id: str) -> CaptureAnswer:
    """Begin a reserved capture and return its challenge.

    Raises NotFound, WrongState, FaceNotAvailable, IntentExpired; CaptureExpired for a capture that
    was opened more than five minutes ago.
    """

    def act(lease: Lease) -> CaptureAnswer:
        with deps.unit_of_work() as uow:
            found = find_capture(uow, command.caller, capture_id)
            _require_purpose(deps, uow, found)
            locked_row = uow.captures.lock(capture_id)
            if locked_row is None or locked_row.state is not CaptureState.RESERVED:
                raise WrongState("a capture can be begun only once: open a new one")
            if deps.clock() >= locked_row.deadline:
                raise CaptureExpired("the capture was opened too long ago: open a new one")
            begun, answer = _begun(deps, locked_row)
            uow.captures.update(begun, state=CaptureState.RESERVED.value)
            lease.answer(uow, answer)
            append_leaf(deps, uow, "capture.begun", capture=begun.id)
            uow.commit()
        return answer

    with ending_expired_consent(deps):
        return run_idempotent(deps, command, CaptureAnswer, act)


def _require_purpose(deps: Dependencies, uow: UnitOfWork, capture: Capture) -> None:
    """Refuse a capture whose payment or consent has ended, or whose face is gone."""
    enrolment = uow.enrolments.find(id=capture.enrolment_id)
    if enrolment is None or enrolment.state is not _WAITS_FOR_A_FACE[capture.purpose]:
        raise FaceNotAvailable()
    require_consent(deps, uow, enrolment)
    if capture.intent_id is None:
        return
    intent = uow.intents.find(id=capture.intent_id)
    if intent is None:
        raise NotFound()
    intent.require_open(deps.clock())
    if intent.state is not IntentState.CAPTURING or intent.capture_id != capture.id:
        raise WrongState("another request has changed the payment intent meanwhile")


def _begun(deps: Dependencies, reserved: Capture) -> tuple[Capture, CaptureAnswer]:
    now, challenge = deps.clock(), draw_challenge(reserved.profile)
    nonce = secrets.token_urlsafe(24)
    begun = replace(
        reserved,
        state=CaptureState.OPEN,
        nonce=nonce,
        steps=tuple(step.value for step in challenge.steps),
        light=tuple(colour.value for colour in challenge.light),
        begun_at=now,
        deadline=now + LIFETIME,
    )
    answer = CaptureAnswer(
        id=begun.id,
        purpose=begun.purpose,
        nonce=nonce,
        challenge=_challenge_answer(challenge),
        max_frames=MAX_FRAMES,
        deadline=rfc3339(begun.deadline),
    )
    return begun, answer


def _challenge_answer(challenge: Challenge) -> dict[str, object]:
    light = {"slot_ms": SLOT_MS, "colours": [colour.value for colour in challenge.light]}
    steps = [step.value for step in challenge.steps]
    return {"profile": challenge.profile.value, "steps": steps, "light": light}
