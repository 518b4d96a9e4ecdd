"""A browser without a screen: it keeps cookies and sends forms unchanged."""

import html
import re
from typing import Any

import requests

from tests.support.people import PASSWORD, Payer

SIGN_IN = "/account/sign_in"
VISIT = "facepay-visit"
DEVICE = "facepay-device"
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


class Browser:
    """Follows no redirect in `get` and `send`: tests want to see them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.kept = requests.Session()

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.kept.get(self.url + path, headers=headers, allow_redirects=False, timeout=30)

    def send(
        self, path: str, fields: dict[str, Any] | None = None, **headers: str
    ) -> requests.Response:
        """Send a form as given, without any field that a page would add."""
        return self.kept.post(
            self.url + path, data=fields, headers=headers, allow_redirects=False, timeout=30
        )

    def fill_in(self, path: str, **fields: str) -> requests.Response:
        """Open the page at `path`, fill its form in and send it there."""
        return self.send(path, {**hidden_fields(self.get(path).text), **fields})

    def sign_in(self, payer: Payer, *, code: str | None = None) -> requests.Response:
        """Sign in with the password and `code`; without one, with a new one.

        A new code turns the clock forward by up to 30 s, which may end a block. Tests that expect
        a block take the code before they guess.
        """
        code = code or payer.code()
        return self.fill_in(SIGN_IN, alias=payer.alias, password=PASSWORD, code=code)

    @property
    def visit(self) -> str | None:
        return self.kept.cookies.get(VISIT)

    def close(self) -> None:
        self.kept.close()


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the page's own form, which precedes the one for signing out."""
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(page)}
