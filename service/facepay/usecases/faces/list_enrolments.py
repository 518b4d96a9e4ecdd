"""List a customer's own enrolments."""

from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.end_expired_consents import end_expired_consents_of
from facepay.usecases.faces.enrolments import enrolment_answer
from facepay.usecases.request import Caller
from facepay.usecases.responses import EnrolmentAnswer

LISTED = 50


def list_enrolments(deps: Dependencies, caller: Caller) -> list[EnrolmentAnswer]:
    """Return the caller's enrolments, at most 50, newest first; a new app finds its face here.

    A face under a consent whose date has come ends first.
    """
    end_expired_consents_of(deps, caller.subject_id)
    with deps.unit_of_work() as uow:
        found = uow.enrolments.find_all(customer_id=caller.subject_id)
    found.sort(key=lambda each: each.created_at, reverse=True)
    return [enrolment_answer(each) for each in found[:LISTED]]
