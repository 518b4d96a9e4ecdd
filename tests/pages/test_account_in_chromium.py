"""A customer uses the page on a phone and at a desk, by touch, keyboard and screen reader."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from facepay_client import Credentials, Problem
from tests.support.chromium import DESKTOP, PHONE, Screen, screen
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario

MANY_TABS = 40


@pytest.fixture(scope="module")
def leaver(scenario: Scenario) -> Payer:
    """Enrol a customer, and revoke the face."""
    payer = scenario.payer(face="eileen")
    payer.customer.revoke_face(payer.enrolment_id, Credentials(password=PASSWORD))
    return payer


def paths_of(payer: Payer) -> dict[str, str]:
    face = f"/account/faces/{payer.enrolment_id}"
    return {
        "overview": "/account",
        "revoke": f"{face}/revoke",
        "unlock": f"{face}/unlock",
        "withdraw": f"/account/consents/{payer.consent_id}/withdraw",
        "add-factor": "/account/factors/add",
        "confirm-factor": f"/account/factors/{payer.factor_id}/confirm",
        "remove-factor": f"/account/factors/{payer.factor_id}/revoke",
        "recovery-codes": "/account/recovery_codes",
        "password": "/account/password",
        "password-changed": "/account/password/changed",
        "emergency": "/account/emergency",
        "emergency-remove": "/account/emergency/remove",
        "emergency-saved": "/account/emergency/saved",
        "stop": "/account/stop",
        "stopped": "/account/stopped",
        "not-found": "/account/nothing/here",
    }


def look(shown: Screen, name: str) -> list[str]:
    """Find faults on a phone; for two of the four kinds also at a desk, with pictures of both."""
    wrong = []
    pictured = name.endswith(("en-light", "zh-dark"))
    if pictured:
        shown.picture(name)
    for size in (PHONE, DESKTOP) if pictured else (PHONE,):
        shown.page.set_viewport_size({"width": size["width"], "height": size["height"]})
        wrong += shown.barriers()
        if shown.is_wider_than_the_screen():
            wrong.append(f"{shown.page.url}: wider than {size['width']}")
    return wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_accessible(
    browser: Browser, scenario: Scenario, owner: Payer, leaver: Payer, language: str, scheme: Any
) -> None:
    wrong: list[str] = []
    with screen(browser, scenario.service.url, language=language, scheme=scheme) as shown:
        shown.go("/account/sign_in")
        wrong += look(shown, f"sign-in-{language}-{scheme}")
        shown.page.fill("#alias", "nobody")
        shown.page.fill("#password", PASSWORD)
        shown.page.fill("#code", "123456")
        shown.follow(shown.page.locator("main button[type=submit]"))
        wrong += look(shown, f"sign-in-refused-{language}-{scheme}")
        shown.sign_in(owner)
        for name, path in paths_of(owner).items():
            shown.go(path)
            wrong += look(shown, f"{name}-{language}-{scheme}")
        for name, path in (
            ("scan-factor", "/account/factors/add"),
            ("recovery-codes-made", "/account/recovery_codes"),
        ):
            shown.go(path)
            shown.enter_credentials(owner)
            wrong += look(shown, f"{name}-{language}-{scheme}")
    with screen(browser, scenario.service.url, language=language, scheme=scheme) as shown:
        shown.sign_in(leaver)
        wrong += look(shown, f"overview-without-face-{language}-{scheme}")
        shown.go(f"/account/faces/{leaver.enrolment_id}/revoked")
        wrong += look(shown, f"revoked-{language}-{scheme}")
    assert wrong == []


def test_two_taps_revoke_the_face_and_stop_a_payment_under_way(
    browser: Browser, scenario: Scenario, pos: PointOfSale
) -> None:
    payer = scenario.payer(face="grace")
    intent = pos.intent()
    scenario.show_face(pos, intent, payer, "grace")
    with screen(browser, scenario.service.url) as shown:
        shown.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        shown.sign_in(payer)
        shown.follow(shown.page.get_by_role("link", name="Take my face back"))
        shown.follow(shown.page.get_by_role("button", name="Take it back now"))
        said = shown.page.inner_text("main")
    assert "Your face is taken back" in said
    assert "You can still pay with your password" in said
    with pytest.raises(Problem) as refused:
        pos.terminal.send_code(intent.id, payer.code())
    assert refused.value.code == "face_not_available"
    paid = pos.terminal.use_password(intent.id, payer.alias, Credentials(PASSWORD, payer.code()))
    assert paid.state == "approved", "and what the page said is true"


def test_a_face_is_locked_in_one_tap_and_unlocked_with_password_and_code(
    browser: Browser, scenario: Scenario, pos: PointOfSale, owner: Payer
) -> None:
    with screen(browser, scenario.service.url) as shown:
        shown.sign_in(owner)
        shown.follow(shown.page.get_by_role("button", name="Lock it for now"))
        assert "Locked" in shown.page.inner_text("main")
        with pytest.raises(Problem) as refused:
            pos.capture(pos.intent().id, owner.alias)
        assert refused.value.code == "face_not_available"
        shown.follow(shown.page.get_by_role("link", name="Unlock"))
        shown.page.get_by_label("Password").fill(PASSWORD)
        shown.page.get_by_label("Code").fill(owner.code())
        shown.follow(shown.page.get_by_role("button", name="Unlock"))
        assert "Can pay" in shown.page.inner_text("main")
    assert pos.capture(pos.intent().id, owner.alias)


def test_the_keyboard_alone_signs_in_and_revokes_the_face(
    browser: Browser, scenario: Scenario
) -> None:
    payer = scenario.payer(face="eileen")
    with screen(browser, scenario.service.url) as shown:
        shown.go("/account/sign_in")
        keys = shown.page.keyboard
        for name, text in (("alias", payer.alias), ("password", PASSWORD), ("code", None)):
            tab_to(shown.page, f"#{name}")
            keys.type(payer.code() if text is None else text)
        keys.press("Enter")
        shown.page.wait_for_url("**/account")
        tab_to(shown.page, "main a.grave")
        assert has_visible_focus(shown.page)
        keys.press("Enter")
        shown.page.wait_for_url("**/revoke")
        tab_to(shown.page, "main button.grave")
        assert has_visible_focus(shown.page)
        keys.press("Enter")
        shown.page.wait_for_url("**/revoked")
        assert "You can still pay with your password" in shown.page.inner_text("main")


def test_every_control_is_large_enough_for_a_thumb(
    browser: Browser, scenario: Scenario, owner: Payer
) -> None:
    with screen(browser, scenario.service.url) as shown:
        shown.sign_in(owner)
        for path in ("/account", *paths_of(owner).values()):
            shown.go(path)
            shown.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
            for target in shown.page.locator(
                "a:not(.skip), button, input:not([type=hidden])"
            ).all():
                box = target.bounding_box()
                assert box is not None
                assert box["height"] >= 44, f"{path}: {target.inner_text()}"


def test_no_page_runs_a_script_or_loads_anything_from_elsewhere(
    browser: Browser, scenario: Scenario, owner: Payer
) -> None:
    requested: list[str] = []
    complaints: list[str] = []
    with screen(browser, scenario.service.url) as shown:
        shown.page.on("request", lambda request: requested.append(request.url))
        shown.page.on(
            "console", lambda line: complaints.append(line.text) if line.type == "error" else None
        )
        shown.sign_in(owner)
        for path in paths_of(owner).values():
            shown.go(path)
            assert shown.page.locator("script, iframe, [onclick], [style]").count() == 0
    elsewhere = (scenario.service.url, "data:")
    assert [url for url in requested if not url.startswith(elsewhere)] == []
    assert [line for line in complaints if "404" not in line] == []


def tab_to(page: Page, selector: str) -> None:
    for _ in range(MANY_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"the Tab key never comes to {selector}")


def has_visible_focus(page: Page) -> bool:
    width = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
    return bool(page.evaluate(f"{width} >= 2"))
