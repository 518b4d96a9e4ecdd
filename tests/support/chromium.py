"""Debian's Chromium, without a window, driven as a person does: by the texts on the page."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_core_python
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from tests.support.people import PASSWORD, Payer

PACKAGE = "chromium"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"
_AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


def found() -> str | None:
    return shutil.which(PACKAGE)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser and its driver; stop both at the end of the block."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found())
        try:
            yield browser
        finally:
            browser.close()


class Screen:
    """One window of one reader: a language, a colour scheme, a width."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.url = url

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def follow(self, control: Locator) -> None:
        """Tap a link, and wait for the page it leads to."""
        with self.page.expect_navigation():
            control.click()

    def sign_in(self, payer: Payer) -> None:
        self.go("/account/sign_in")
        self.page.fill("#alias", payer.alias)
        self.page.fill("#password", PASSWORD)
        self.page.fill("#code", payer.code())
        self.follow(self.page.locator("main button[type=submit]"))

    def enter_credentials(self, payer: Payer) -> None:
        """Enter password and code on a form that asks for them once more."""
        if self.page.locator("#name").count():
            self.page.fill("#name", "my new phone")
        self.page.fill("#password", PASSWORD)
        self.page.fill("#code", payer.code())
        self.follow(self.page.locator("main button[type=submit]"))

    def picture(self, name: str) -> None:
        """Photograph the whole page at a phone's and a desktop's width, for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width, size in (("phone", PHONE), ("desktop", DESKTOP)):
            self.page.set_viewport_size({"width": size["width"], "height": size["height"]})
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)

    def barriers(self) -> list[str]:
        """Return axe-core's findings against WCAG 2.2, levels A and AA, at the present width."""
        rules = json.dumps({"runOnly": {"type": "tag", "values": _LEVELS}})
        # Through the debugger, which the page's own policy does not restrict.
        found: Any = self.page.evaluate(f"() => {{ {_AXE}; return axe.run(document, {rules}); }}")
        return [
            f"{self.page.url}: {each['id']} at {node['target']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def is_wider_than_the_screen(self) -> bool:
        root = "document.documentElement"
        return bool(self.page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))


@contextmanager
def screen(
    browser: Browser, url: str, *, language: str = "en", scheme: Any = "light"
) -> Iterator[Screen]:
    context = browser.new_context(locale=language, color_scheme=scheme, viewport=None)
    try:
        yield Screen(context, url)
    finally:
        context.close()
