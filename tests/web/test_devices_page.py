"""A signed-in customer removes a stolen device on the page, in two taps."""

from collections.abc import Iterator

import pytest

from facepay_client import Credentials, Customer, KeyPair, Problem
from tests.support.browser import Browser, hidden_fields
from tests.support.people import PASSWORD, Payer, Scenario


@pytest.fixture
def browser(scenario: Scenario) -> Iterator[Browser]:
    opened = Browser(scenario.service.url)
    yield opened
    opened.close()


@pytest.fixture
def owner(scenario: Scenario) -> Payer:
    return scenario.payer()


def with_device(scenario: Scenario, owner: Payer, name: str) -> Customer:
    pair = KeyPair.generate()
    owner.customer.add_device(name, pair.public_jwk, Credentials(PASSWORD, owner.code()))
    return Customer(scenario.transport(pair))


def test_the_overview_lists_the_devices_and_removes_one_at_once(
    scenario: Scenario, browser: Browser, owner: Payer
) -> None:
    thief = with_device(scenario, owner, "<b>my tablet</b>")
    browser.sign_in(owner)
    shown = browser.get("/account").text
    assert "&lt;b&gt;my tablet&lt;/b&gt;" in shown
    assert "The device your bank registered" in shown
    keyid = thief._transport.key.keyid
    done = browser.fill_in(f"/account/devices/{keyid}/withdraw")
    assert (done.status_code, done.headers["Location"]) == (303, "/account")
    with pytest.raises(Problem) as refused:
        thief.get_devices()
    assert refused.value.code == "key_withdrawn"
    assert "my tablet" not in browser.get("/account").text
    assert len(owner.customer.get_devices()) == 1


def test_the_last_device_goes_too_and_the_page_stays(browser: Browser, owner: Payer) -> None:
    browser.sign_in(owner)
    keyid = owner.transport.key.keyid
    assert browser.fill_in(f"/account/devices/{keyid}/withdraw").status_code == 303
    assert "No device acts for you at the moment." in browser.get("/account").text


def test_a_stranger_or_another_customer_removes_nothing(
    scenario: Scenario, browser: Browser, owner: Payer
) -> None:
    path = f"/account/devices/{owner.transport.key.keyid}/withdraw"
    hidden = hidden_fields(browser.get("/account/sign_in").text)
    answer = browser.send(path, hidden)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/sign_in")
    browser.sign_in(scenario.payer())
    assert browser.get(path).status_code == 404
    hidden = hidden_fields(browser.get("/account/password").text)
    assert browser.send(path, {**hidden, "key": "a key"}).status_code == 404
    assert browser.get("/account/devices/unknown/withdraw").status_code == 404
    assert len(owner.customer.get_devices()) == 1


def test_another_site_cannot_send_the_form(browser: Browser, owner: Payer) -> None:
    browser.sign_in(owner)
    path = f"/account/devices/{owner.transport.key.keyid}/withdraw"
    hidden = hidden_fields(browser.get(path).text)
    answer = browser.send(path, hidden, Origin="https://evil.example")
    assert answer.status_code == 403
    assert len(owner.customer.get_devices()) == 1
