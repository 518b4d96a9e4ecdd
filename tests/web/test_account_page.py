"""The customer's page: signing in, refused forms and visitors, and the browser's cookies."""

import re
import socket
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest
import requests

from facepay.web.app import create_app
from tests.support.browser import DEVICE, SIGN_IN, VISIT, Browser, hidden_fields
from tests.support.people import AFTER_THE_BLOCK, PASSWORD, Payer, Scenario

WRONG = "a wrong password"


@pytest.fixture
def browser(scenario: Scenario) -> Iterator[Browser]:
    opened = Browser(scenario.service.url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def payer(scenario: Scenario) -> Payer:
    return scenario.payer()


def is_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def cookies_of(answer: requests.Response) -> SimpleCookie:
    # `requests` joins headers of one name; no date of ours has its comma before a name.
    return SimpleCookie(re.sub(r", (?=facepay-|__Host-)", "; ", answer.headers["Set-Cookie"]))


def test_only_password_and_code_together_open_the_page(browser: Browser, payer: Payer) -> None:
    assert browser.get("/account").headers["Location"] == SIGN_IN
    for password, code in ((PASSWORD, payer.wrong_code()), (WRONG, payer.code())):
        refused = browser.fill_in(SIGN_IN, alias=payer.alias, password=password, code=code)
        assert refused.status_code == 403
        assert not is_in(browser)
    entered = browser.sign_in(payer)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/account")
    assert is_in(browser)


def test_a_code_opens_the_page_once(scenario: Scenario, browser: Browser, payer: Payer) -> None:
    code = payer.code()
    fields = {"alias": payer.alias, "password": PASSWORD, "code": code}
    assert browser.fill_in(SIGN_IN, **fields).status_code == 303
    other = Browser(scenario.service.url)
    assert other.fill_in(SIGN_IN, **fields).status_code == 403
    other.close()


def test_the_sign_in_page_reveals_no_customers(browser: Browser, payer: Payer) -> None:
    def body(alias: str, password: str, code: str) -> str:
        answer = browser.fill_in(SIGN_IN, alias=alias, password=password, code=code)
        assert answer.status_code == 403
        text = answer.text.replace(alias, "ALIAS")
        return re.sub(r'(name="key" value=")\w+', r"\1KEY", text)

    unknown = body("nobody at all", PASSWORD, "123456")
    assert body(payer.alias, WRONG, payer.code()) == unknown
    assert body(payer.alias, PASSWORD, payer.wrong_code()) == unknown
    assert body(payer.alias, WRONG, payer.wrong_code()) == unknown


def test_a_form_without_its_token_changes_nothing(browser: Browser, payer: Payer) -> None:
    fields = {"alias": payer.alias, "password": PASSWORD, "code": payer.code()}
    hidden = hidden_fields(browser.get(SIGN_IN).text)
    for token in ("", "0" * 64, "\u00e9", hidden["token"][:-1]):
        answer = browser.send(SIGN_IN, {**hidden, **fields, "token": token})
        assert answer.status_code == 403
    assert browser.send(SIGN_IN, fields).status_code == 403
    assert not is_in(browser)


def test_a_form_with_the_token_of_another_visit_is_refused(
    scenario: Scenario, browser: Browser, payer: Payer
) -> None:
    """Login CSRF: a page of an attacker signs the victim's browser in as the attacker."""
    attacker = Browser(scenario.service.url)
    theirs = hidden_fields(attacker.get(SIGN_IN).text)
    browser.get(SIGN_IN)
    fields = {"alias": payer.alias, "password": PASSWORD, "code": payer.code()}
    assert browser.send(SIGN_IN, {**theirs, **fields}).status_code == 403
    attacker.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_sent_from_another_site_changes_nothing(
    browser: Browser, payer: Payer, headers: dict[str, str]
) -> None:
    browser.sign_in(payer)
    hidden = hidden_fields(browser.get("/account").text)
    assert browser.send("/account/sign_out", hidden, **headers).status_code == 403
    assert is_in(browser)


def test_a_planted_session_cookie_is_replaced_at_sign_in(
    scenario: Scenario, browser: Browser, payer: Payer
) -> None:
    """Session fixation: a cookie from before signing in opens nothing afterwards."""
    browser.get(SIGN_IN)
    planted = browser.visit
    browser.sign_in(payer)
    assert planted
    assert browser.visit != planted
    attacker = Browser(scenario.service.url)
    attacker.kept.cookies.set(VISIT, planted)
    assert not is_in(attacker)
    attacker.close()


def test_an_invented_session_cookie_is_refused(browser: Browser) -> None:
    for made_up in ("x", "A" * 43, "A" * 5000, "\u00e9"):
        browser.kept.cookies.set(VISIT, made_up)
        assert browser.get("/account").status_code == 303


def test_cookies_are_kept_from_scripts_and_other_sites(browser: Browser, payer: Payer) -> None:
    cookies = cookies_of(browser.sign_in(payer))
    assert set(cookies) == {VISIT, DEVICE}
    for cookie in cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert not cookies[VISIT]["max-age"], "a visit ends with the browser"
    assert int(cookies[DEVICE]["max-age"]) == 365 * 24 * 3600


def test_over_https_cookies_never_travel_in_the_clear(scenario: Scenario) -> None:
    app = create_app(scenario.service.deps, "https://pay.example")
    answer = app.test_client().get(SIGN_IN)
    kept = answer.headers["Set-Cookie"]
    assert kept.startswith("__Host-facepay-visit=")
    assert "; Secure" in kept
    assert "; Path=/" in kept
    assert "Domain" not in kept
    assert answer.headers["Strict-Transport-Security"]


def test_five_idle_minutes_end_a_session(
    scenario: Scenario, browser: Browser, payer: Payer
) -> None:
    browser.sign_in(payer)
    for _ in range(3):
        scenario.service.clock.advance(4 * 60)
        assert is_in(browser), "each page begins the five minutes anew"
    scenario.service.clock.advance(5 * 60)
    assert not is_in(browser)


def test_a_session_ends_after_an_hour(scenario: Scenario, browser: Browser, payer: Payer) -> None:
    browser.sign_in(payer)
    for _ in range(14):
        scenario.service.clock.advance(4 * 60)
        assert is_in(browser)
    scenario.service.clock.advance(4 * 60)
    assert not is_in(browser)


def test_signing_out_ends_the_session_in_every_copy_of_the_cookie(
    scenario: Scenario, browser: Browser, payer: Payer
) -> None:
    browser.sign_in(payer)
    stolen = browser.visit or ""
    hidden = hidden_fields(browser.get("/account").text)
    left = browser.send("/account/sign_out", hidden)
    assert (left.status_code, left.headers["Location"]) == (303, SIGN_IN)
    assert not is_in(browser)
    thief = Browser(scenario.service.url)
    thief.kept.cookies.set(VISIT, stolen)
    assert not is_in(thief)
    thief.close()


def test_a_stranger_who_guesses_at_the_page_does_not_keep_the_owner_out(scenario: Scenario) -> None:
    owner, stranger = Browser(scenario.service.url), Browser(scenario.service.url)
    payer = scenario.payer()
    owner.sign_in(payer)
    right = payer.code()
    for _ in range(8):
        stranger.fill_in(SIGN_IN, alias=payer.alias, password=WRONG, code=payer.wrong_code())
    assert stranger.sign_in(payer, code=right).status_code == 403, "unknown browsers are blocked"
    owner.kept.cookies.set(VISIT, None)
    assert owner.sign_in(payer, code=right).status_code == 303, "the known browser is not"
    scenario.service.clock.advance(AFTER_THE_BLOCK)
    assert stranger.sign_in(payer).status_code == 303, "the block ends"
    owner.close()
    stranger.close()


def test_a_known_browser_gets_no_extra_guesses_at_another_customer(scenario: Scenario) -> None:
    """A signed-in customer does not get five more guesses at somebody else."""
    thief, victim = scenario.payer(), scenario.payer()
    browser = Browser(scenario.service.url)
    browser.sign_in(thief)
    browser.kept.cookies.set(VISIT, None)
    right = victim.code()
    for _ in range(6):
        wrong = victim.wrong_code()
        browser.fill_in(SIGN_IN, alias=victim.alias, password=WRONG, code=wrong)
    fresh = Browser(scenario.service.url)
    blocked = fresh.sign_in(victim, code=right)
    assert blocked.status_code == 403, "counted with all unknown browsers"
    scenario.service.clock.advance(AFTER_THE_BLOCK)
    assert fresh.sign_in(victim).status_code == 303, "the block ends"
    fresh.close()
    browser.close()


@pytest.mark.parametrize("path", ["/account/sign_in", "/account", "/account/nothing/here"])
def test_every_page_restricts_its_contents_and_its_framing(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"alias": "x", "password": PASSWORD}, 422),
        ({"alias": "x" * 101, "password": PASSWORD, "code": "123456"}, 422),
        ({"alias": "nul\x00", "password": PASSWORD, "code": "123456"}, 422),
        ({"alias": b"\xff\xfe", "password": PASSWORD, "code": "123456"}, 403),
        ({"alias": "x", "password": PASSWORD, "code": "12345x"}, 422),
        ({"alias": "x", "password": PASSWORD, "code": "١٢٣٤٥٦"}, 422),
        ({"alias": "x", "password": "\x00" * 8, "code": "123456"}, 422),
        ({"alias": "x", "password": "x" * 129, "code": "123456"}, 422),
        ({"alias": "x", "password": PASSWORD, "code": "123456", "surprise": "1"}, 422),
        ({"alias": "<script>", "password": PASSWORD, "code": "123456"}, 403),
        ({"alias": "x" * 10_000}, 413),
    ],
)
def test_bad_input_gets_a_page(browser: Browser, fields: dict[str, str], status: int) -> None:
    answer = browser.fill_in(SIGN_IN, **fields)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'role="alert"' in answer.text
    assert "<script" not in answer.text


def test_other_bodies_and_methods_get_a_page(browser: Browser) -> None:
    for kind in ("application/json", "multipart/form-data; boundary=b", "text/plain"):
        answer = browser.send(SIGN_IN, {"alias": "x"}, **{"Content-Type": kind})
        assert answer.status_code == 415
        assert "text/html" in answer.headers["Content-Type"]
    put = browser.kept.put(browser.url + SIGN_IN, timeout=30)
    assert put.status_code == 405
    assert browser.get("/account/sign_in/").status_code == 404


def test_a_broken_chunk_gets_a_page(scenario: Scenario) -> None:
    address = urlsplit(scenario.service.url)
    head = b"POST /account/sign_in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(head + b"zz\r\n")
        answer = line.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400"), answer[:200]
    assert b"text/html" in answer


def test_the_page_is_in_the_requested_language(browser: Browser) -> None:
    assert '<html lang="en">' in browser.get(SIGN_IN, **{"Accept-Language": "de, en;q=0.5"}).text
    assert '<html lang="zh-Hans">' in browser.get(SIGN_IN, **{"Accept-Language": "zh-CN"}).text
    assert '<html lang="zh-Hans">' in browser.get(f"{SIGN_IN}?lang=zh").text
    assert '<html lang="zh-Hans">' in browser.get(SIGN_IN).text, "and remembers it"
    assert '<html lang="en">' in browser.get(f"{SIGN_IN}?lang=en").text
    assert '<html lang="en">' in browser.get(f"{SIGN_IN}?lang=xx%00").text
