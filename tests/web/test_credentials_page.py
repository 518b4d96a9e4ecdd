"""Authenticators, recovery codes, password and emergency code on the page, by plain requests."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote

import pyotp
import pytest
import requests

from facepay_client import Credentials, Problem
from tests.support.browser import SIGN_IN, Browser, hidden_fields
from tests.support.people import PASSWORD, STEP, Payer, PointOfSale, Scenario

CODE = re.compile(r"<li><code>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</code>")


@pytest.fixture
def browser(scenario: Scenario) -> Iterator[Browser]:
    opened = Browser(scenario.service.url)
    yield opened
    opened.close()


def credentials(payer: Payer) -> dict[str, str]:
    return {"password": PASSWORD, "code": payer.code()}


def recovery_codes(browser: Browser, payer: Payer) -> list[str]:
    browser.sign_in(payer)
    made = browser.fill_in("/account/recovery_codes", **credentials(payer))
    assert made.status_code == 200
    return CODE.findall(made.text)


def body_but_keys(answer: requests.Response) -> str:
    return re.sub(r'(name="key" value=")\w+', r"\1KEY", answer.text)


def test_a_customer_replaces_an_authenticator_alone(scenario: Scenario, browser: Browser) -> None:
    payer = scenario.payer()
    browser.sign_in(payer)
    shown = browser.fill_in("/account/factors/add", name="new phone", **credentials(payer))
    secret = re.search(r'class="secret">([A-Z2-7]+)<', shown.text)
    confirm = re.search(r'action="(/account/factors/fac_\w+/confirm)"', shown.text)
    assert secret is not None
    assert confirm is not None
    assert 'src="data:image/svg+xml' in shown.text
    assert browser.fill_in(confirm[1], code="000000").status_code == 403
    new = pyotp.TOTP(secret[1])
    assert browser.fill_in(confirm[1], code=new.at(scenario.service.clock.now())).status_code == 303
    scenario.service.clock.advance(STEP)
    fields = {"password": PASSWORD, "code": new.at(scenario.service.clock.now())}
    old = f"/account/factors/{payer.factor_id}/revoke"
    assert browser.fill_in(old, **fields).status_code == 303
    assert secret[1] not in browser.get("/account").text
    other = Browser(scenario.service.url)
    assert other.sign_in(payer).status_code == 403, "the old phone is worth nothing"
    scenario.service.clock.advance(STEP)
    fields = {"alias": payer.alias, "password": PASSWORD}
    fields["code"] = new.at(scenario.service.clock.now())
    assert other.fill_in(SIGN_IN, **fields).status_code == 303
    other.close()


def test_an_open_session_changes_nothing_without_password_and_code(
    scenario: Scenario, browser: Browser
) -> None:
    payer = scenario.payer()
    browser.sign_in(payer)
    wrong = {"password": PASSWORD, "code": payer.wrong_code()}
    factor = f"/account/factors/{payer.factor_id}/revoke"
    for path, more in (
        ("/account/factors/add", {"name": "thief's"}),
        (factor, {}),
        ("/account/recovery_codes", {}),
        ("/account/password", {"new_password": "the thief's own words"}),
    ):
        assert browser.fill_in(path, **wrong, **more).status_code == 403, path


def test_recovery_codes_are_shown_once(scenario: Scenario, browser: Browser) -> None:
    payer = scenario.payer()
    browser.sign_in(payer)
    page = browser.get("/account/recovery_codes").text
    fields = {**hidden_fields(page), **credentials(payer)}
    first = browser.send("/account/recovery_codes", fields)
    assert len(CODE.findall(first.text)) == 10
    again = browser.send("/account/recovery_codes", fields)
    assert again.status_code == 200
    assert CODE.findall(again.text) == []


def test_one_recovery_code_stops_the_face_without_signing_in(
    scenario: Scenario, browser: Browser, pos: PointOfSale
) -> None:
    payer = scenario.payer(face="eileen")
    code = recovery_codes(browser, payer)[0]
    stranger = Browser(scenario.service.url)
    stopped = stranger.fill_in("/account/stop", alias=payer.alias, recovery_code=code.lower())
    assert (stopped.status_code, stopped.headers["Location"]) == (303, "/account/stopped")
    assert "You can still pay with your password" in stranger.get("/account/stopped").text
    with pytest.raises(Problem) as refused:
        pos.capture(pos.intent().id, payer.alias)
    assert refused.value.code == "face_not_available"
    intent = pos.intent()
    paid = pos.terminal.use_password(intent.id, payer.alias, Credentials(PASSWORD, payer.code()))
    assert paid.state == "approved"
    again = stranger.fill_in("/account/stop", alias=payer.alias, recovery_code=code)
    assert again.status_code == 403, "each code is good once"
    stranger.close()


def test_stopping_a_face_reveals_no_customers(scenario: Scenario, browser: Browser) -> None:
    payer = scenario.payer()
    code = recovery_codes(browser, payer)[0]
    stranger = Browser(scenario.service.url)
    wrong = f"{code[:-4]}{'0000' if code[-4:] != '0000' else '1111'}"
    bodies = set()
    for alias, shown in (
        ("nobody at all", code),
        (payer.alias, "0000-0000-0000-0000"),
        (payer.alias, wrong),
        (payer.alias, "anything"),
    ):
        answer = stranger.fill_in("/account/stop", alias=alias, recovery_code=shown)
        assert answer.status_code == 403
        bodies.add(body_but_keys(answer).replace(alias, "ALIAS"))
    assert len(bodies) == 1
    stranger.close()


def test_a_changed_password_signs_everybody_out(scenario: Scenario, browser: Browser) -> None:
    payer = scenario.payer()
    browser.sign_in(payer)
    other = Browser(scenario.service.url)
    other.sign_in(payer)
    short = browser.fill_in("/account/password", **credentials(payer), new_password="short")
    assert short.status_code == 422
    assert "8 characters" in short.text
    done = browser.fill_in(
        "/account/password", **credentials(payer), new_password="quite other words"
    )
    assert done.headers["Location"] == "/account/password/changed"
    shown = browser.get(done.headers["Location"]).text
    assert "Every browser that was signed in is now signed out" in shown
    for one in (browser, other):
        assert one.get("/account").status_code == 303
    assert other.sign_in(payer).status_code == 403
    fields = {"alias": payer.alias, "password": "quite other words", "code": payer.code()}
    assert other.fill_in(SIGN_IN, **fields).status_code == 303
    other.close()


def test_an_emergency_code_at_the_sign_in_looks_like_a_wrong_code(
    scenario: Scenario, browser: Browser
) -> None:
    payer = scenario.payer()
    browser.sign_in(payer)
    fields = credentials(payer)
    same = browser.fill_in("/account/emergency", **fields, duress_code=fields["code"])
    assert same.status_code == 422
    emergency = payer.wrong_code()
    before = browser.get("/account").text
    done = browser.fill_in("/account/emergency", **credentials(payer), duress_code=emergency)
    assert done.headers["Location"] == "/account/emergency/saved"
    assert body_but_keys(browser.get("/account")) == re.sub(
        r'(name="key" value=")\w+', r"\1KEY", before
    ), "nobody sees whether one is set"
    forced = Browser(scenario.service.url)
    bodies = set()
    for code in (emergency, payer.wrong_code()):
        fields = {"alias": payer.alias, "password": PASSWORD, "code": code}
        answer = forced.fill_in(SIGN_IN, **fields)
        assert answer.status_code == 403
        bodies.add(body_but_keys(answer))
    assert len(bodies) == 1
    removed = browser.fill_in("/account/emergency/remove", **credentials(payer))
    assert removed.headers["Location"] == "/account/emergency/saved"
    forced.close()


def test_the_secret_of_a_new_authenticator_is_in_the_picture(
    scenario: Scenario, browser: Browser
) -> None:
    """The service draws the picture itself: no other service ever sees the secret."""
    payer = scenario.payer()
    browser.sign_in(payer)
    shown = browser.fill_in("/account/factors/add", name="tablet", **credentials(payer)).text
    source = re.search(r'<img class="qr" src="(data:image/svg\+xml[^"]*)"', shown)
    assert source is not None
    head, _, data = source[1].partition(",")
    svg = base64.b64decode(data).decode() if head.endswith("base64") else unquote(data)
    assert "<svg" in svg
