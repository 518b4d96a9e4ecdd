"""Access to pages, and protection of their forms against requests from other sites (CSRF).

A visit has a token from its first page on; signing in replaces the token. Every form carries an
HMAC of the token, which another site cannot know. Browsers also report which site sent a form.
Both are checked, also on the form for signing in: otherwise an attacker could sign the customer's
browser in under the attacker's name (login CSRF).
"""

import hashlib
import hmac
import secrets
from typing import cast

from flask import Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from facepay.domain.customer import Role
from facepay.domain.errors import FacepayError
from facepay.domain.page_session import PageSession
from facepay.usecases.authentication.sign_in import TOKEN_BYTES, resume_session, session_id
from facepay.usecases.request import Caller, Command
from facepay.web.access import check_content_type, checked_by, deps, fingerprint, is_valid_key
from facepay.web.pages import cookies
from facepay.web.pages.refusals import is_page

FORM_TYPE = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 8 * 1024
MAX_TOKEN_LENGTH = 64
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class FormExpired(FacepayError):
    """The form does not belong to this visit: it was open too long, or another site sent it."""

    code = "form_expired"


def _check_page() -> None:
    request.max_content_length = MAX_FORM_BYTES
    check_content_type(request, FORM_TYPE)
    token = cookies.read(cookies.VISIT)
    g.visit = token if 0 < len(token) <= MAX_TOKEN_LENGTH else ""
    if request.method not in ("GET", "HEAD"):
        _require_own_form()
    g.page_session = resume_session(deps(), g.visit) if g.visit else None
    if not g.visit:
        begin_visit(secrets.token_urlsafe(TOKEN_BYTES))


def _check_signed_in_page() -> ResponseReturnValue | None:
    _check_page()
    if g.page_session is None:
        return redirect(url_for("signing_in.show_sign_in"), 303)
    return None


public_page = checked_by(_check_page)
signed_in_page = checked_by(_check_signed_in_page)


def begin_visit(token: str) -> None:
    """Give the browser this token with the answer; forms of its former token are refused."""
    g.visit = g.new_visit = token


def session() -> PageSession:
    """Return the session of the customer; a view marked `signed_in_page` always has one."""
    return cast(PageSession, g.page_session)


def signed_in() -> bool:
    return g.get("page_session") is not None


def form_command() -> Command:
    """Return the form as a command that is sent out once, however often the form is sent.

    The form's hidden `key` is the idempotency key. Raises FormExpired.
    """
    key = request.form.get("key", "")
    if not is_valid_key(key):
        raise FormExpired()
    caller = Caller(session().id, Role.CUSTOMER, session().customer_id, on_page=True)
    return Command(caller, key, fingerprint())


def visit_command() -> Command:
    """Return the form of a visitor who is not signed in as a command; the caller is the visit.

    Raises FormExpired.
    """
    key = request.form.get("key", "")
    if not is_valid_key(key):
        raise FormExpired()
    return Command(Caller(session_id(g.visit), Role.CUSTOMER, ""), key, fingerprint())


def form_token() -> str:
    """Return the token that every form of this visit carries: HMAC-SHA-256 in hexadecimal."""
    return hmac.new(g.visit.encode(), b"form", hashlib.sha256).hexdigest()


def _require_own_form() -> None:
    own = current_app.config["FACEPAY_ORIGIN"]
    if request.headers.get("Origin", own) != own:
        raise FormExpired()
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise FormExpired()
    sent = request.form.get("token", "").encode("utf-8", "replace")
    if not g.visit or not hmac.compare_digest(sent, form_token().encode()):
        raise FormExpired()


def set_security_headers(response: Response) -> Response:
    """Set the security headers of a page, and the cookie of a new visit.

    Refusals get them too; responses outside `/account` stay as they are.
    """
    if not is_page(request.path):
        return response
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    # With `no-referrer`, browsers would send "Origin: null" with the page's own forms too.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    response.headers["Vary"] = "Accept-Language, Cookie"
    if current_app.config["FACEPAY_ORIGIN"].startswith("https:"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if "new_visit" in g:
        cookies.write(response, cookies.VISIT, g.new_visit)
    return response
