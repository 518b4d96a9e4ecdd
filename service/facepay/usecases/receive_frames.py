"""Receive a burst, and pass it to the enrolment or the payment of its capture."""

from dataclasses import asdict

from facepay.domain.capture import Purpose
from facepay.domain.errors import NotFound
from facepay.usecases.captures.judge import Frames, find_capture
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.enrol import finish_enrolment
from facepay.usecases.payments.authorize import submit_frames
from facepay.usecases.request import Command
from facepay.usecases.responses import FramesAnswer


def receive_frames(deps: Dependencies, command: Command, frames: Frames) -> FramesAnswer:
    """Finish the enrolment, or take the payment to its second factor, with one burst.

    The outcome "accepted" means that the capture shows one living person, in time; it does not say
    whose face it is.

    Raises NotFound, and the errors of `finish_enrolment` and `submit_frames`.
    """
    with deps.unit_of_work() as uow:
        capture = find_capture(uow, command.caller, frames.capture_id)
    if capture.purpose is Purpose.ENROLMENT:
        enrolled = finish_enrolment(deps, command, frames)
        return FramesAnswer(capture.id, capture.purpose, "accepted", asdict(enrolled), None)
    if capture.intent_id is None:
        raise NotFound()
    intent = submit_frames(deps, command, capture.intent_id, frames)
    return FramesAnswer(capture.id, capture.purpose, "accepted", None, asdict(intent))
