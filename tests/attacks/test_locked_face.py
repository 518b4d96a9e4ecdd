"""Only the customer's own device locks a face, and no shown face opens it again."""

import pytest

from facepay_client import Credentials, Problem
from tests.support.forgery import post, send
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario, genuine

WRONG_PASSWORD = "a wrong password"


@pytest.fixture(scope="module")
def locked(scenario: Scenario) -> Payer:
    payer = scenario.payer(face="grace")
    payer.customer.lock_face(payer.enrolment_id, Credentials(password=PASSWORD))
    return payer


def state(scenario: Scenario, payer: Payer) -> str:
    with scenario.service.deps.unit_of_work() as uow:
        enrolment = uow.enrolments.find(id=payer.enrolment_id)
    assert enrolment is not None
    return enrolment.state.value


def test_a_stranger_without_credentials_cannot_lock_a_face(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    """The terminal knows the alias, a thief has the phone, another customer knows the password."""
    stranger = scenario.payer()
    lock = f"/v1/enrolments/{grace.enrolment_id}/lock"
    wrong = {"code": grace.wrong_code(), "password": WRONG_PASSWORD}
    answers = [
        send(pos.transport, post(lock, {"password": PASSWORD}, "from the terminal")),
        send(scenario.operator_transport, post(lock, {"password": PASSWORD}, "one operator")),
        send(stranger.transport, post(lock, {"password": PASSWORD}, "another customer")),
        send(grace.transport, post(lock, {}, "the phone alone")),
        send(grace.transport, post(lock, wrong, "the phone and a guess")),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (403, "not_allowed"),
        (403, "not_allowed"),
        (404, "not_found"),
        (403, "credentials_rejected"),
        (403, "credentials_rejected"),
    ]
    assert state(scenario, grace) == "active"


def test_a_locked_face_cannot_be_unlocked_by_showing_it(
    scenario: Scenario, pos: PointOfSale, locked: Payer
) -> None:
    with pytest.raises(Problem) as at_terminal:
        pos.capture(pos.intent().id, locked.alias)
    with pytest.raises(Problem) as in_app:
        locked.customer.open_enrolment_capture(locked.enrolment_id)
    with pytest.raises(Problem) as anew:
        locked.customer.begin_enrolment(Credentials(PASSWORD, locked.code()))
    codes = [error.value.code for error in (at_terminal, in_app, anew)]
    assert codes == ["face_not_available", "wrong_state", "wrong_state"]
    unlock = f"/v1/enrolments/{locked.enrolment_id}/unlock"
    for credentials in ({"face": "me"}, {"capture": "cap_" + "0" * 32}):
        refused = send(locked.transport, post(unlock, credentials, f"unlock {credentials}"))
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert state(scenario, locked) == "locked"


def test_a_burst_from_before_the_lock_is_refused_after_the_unlock(
    scenario: Scenario, pos: PointOfSale
) -> None:
    payer = scenario.payer(face="grace")
    capture = pos.capture(pos.intent().id, payer.alias)
    payer.customer.lock_face(payer.enrolment_id, Credentials(password=PASSWORD))
    payer.customer.unlock_face(payer.enrolment_id, Credentials(PASSWORD, payer.code()))
    with pytest.raises(Problem) as error:
        pos.terminal.send_frames(capture, genuine("grace", capture.challenge, 3))
    assert error.value.code in ("face_not_available", "capture_expired")


def test_the_password_alone_does_not_unlock(scenario: Scenario, locked: Payer) -> None:
    unlock = f"/v1/enrolments/{locked.enrolment_id}/unlock"
    for name, credentials in {
        "password": {"password": PASSWORD},
        "code": {"code": locked.code()},
        "wrong code": {"password": PASSWORD, "code": locked.wrong_code()},
    }.items():
        refused = send(locked.transport, post(unlock, credentials, f"unlock by {name}"))
        assert (refused.status_code, refused.json()["code"]) == (403, "credentials_rejected")
    assert state(scenario, locked) == "locked"
