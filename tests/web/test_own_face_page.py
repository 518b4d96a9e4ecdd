"""Revoking, locking and withdrawing on the page, by plain requests."""

from collections.abc import Iterator

import pytest

from facepay_client import Credentials
from tests.support.browser import Browser, hidden_fields
from tests.support.people import PASSWORD, Payer, Scenario


@pytest.fixture
def browser(scenario: Scenario) -> Iterator[Browser]:
    opened = Browser(scenario.service.url)
    yield opened
    opened.close()


def test_a_visitor_who_is_not_signed_in_cannot_revoke_a_face(
    scenario: Scenario, browser: Browser, grace: Payer
) -> None:
    path = f"/account/faces/{grace.enrolment_id}/revoke"
    hidden = hidden_fields(browser.get("/account/sign_in").text)
    answer = browser.send(path, hidden)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/sign_in")
    bystander = scenario.payer()
    browser.sign_in(bystander)
    assert browser.get(path).status_code == 404
    hidden = hidden_fields(browser.get("/account").text)
    answer = browser.send(path, {**hidden, "key": "a key"})
    assert answer.status_code == 404
    locked = grace.customer.lock_face(grace.enrolment_id, Credentials(password=PASSWORD))
    assert locked.state == "locked"
    grace.customer.unlock_face(grace.enrolment_id, Credentials(PASSWORD, grace.code()))


def test_a_form_sent_twice_revokes_once(scenario: Scenario, browser: Browser) -> None:
    payer = scenario.payer(face="eileen")
    browser.sign_in(payer)
    path = f"/account/faces/{payer.enrolment_id}/revoke"
    hidden = hidden_fields(browser.get(path).text)
    for _ in range(2):
        answer = browser.send(path, hidden)
        assert answer.status_code == 303
        assert browser.get(answer.headers["Location"]).status_code == 200
    with scenario.service.deps.unit_of_work() as uow:
        about = {o.seq for o in uow.openings.find_all() if payer.enrolment_id in o.details}
        revocations = [
            leaf for leaf in uow.leaves.find_all(kind="face.revoked") if leaf.seq in about
        ]
    assert len(revocations) == 1


def test_a_one_time_key_serves_one_form(browser: Browser, grace: Payer) -> None:
    browser.sign_in(grace)
    hidden = hidden_fields(browser.get("/account").text)
    lock, revoke = (f"/account/faces/{grace.enrolment_id}/{act}" for act in ("lock", "revoke"))
    assert browser.send(lock, hidden).status_code == 303
    assert browser.send(revoke, hidden).status_code == 422
    for key in ("", "x" * 256, "\u00e9", "nul\x00"):
        assert browser.send(revoke, {**hidden, "key": key}).status_code == 403
    unlock = f"/account/faces/{grace.enrolment_id}/unlock"
    wrong = browser.fill_in(unlock, password=PASSWORD, code=grace.wrong_code())
    assert wrong.status_code == 403
    assert "did not match" in wrong.text
    assert browser.fill_in(unlock, password=PASSWORD, code=grace.code()).status_code == 303


def test_withdrawing_consent_on_the_page_revokes_the_face(
    scenario: Scenario, browser: Browser
) -> None:
    payer = scenario.payer(face="eileen")
    browser.sign_in(payer)
    done = browser.fill_in(f"/account/consents/{payer.consent_id}/withdraw")
    assert done.status_code == 303
    assert "Taken back" in browser.get("/account").text
    revoked = browser.get(f"/account/faces/{payer.enrolment_id}/revoked")
    assert "You can still pay with your password" in revoked.text


def test_an_unknown_address_gets_a_page(browser: Browser, grace: Payer) -> None:
    browser.sign_in(grace)
    for path in (
        f"/account/faces/enr_{'0' * 32}/revoke",
        f"/account/faces/enr_{'0' * 32}/revoked",
        f"/account/consents/con_{'0' * 32}/withdraw",
        "/account/faces/x/revoke",
        f"/account/faces/{grace.enrolment_id}/sell",
    ):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "text/html" in answer.headers["Content-Type"]
