"""Who may see a page, and that a form was filled in on a page of ours.

A visit has a token from its first page on; signing in replaces it. Every form carries an HMAC of
that token, which a page of somebody else cannot know, and browsers say where a form was sent from:
both have to fit, also on the form for signing in (login CSRF).
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
from facepay.web.access import check_kind, checked_by, deps, fingerprint, usable_key
from facepay.web.pages import cookies
from facepay.web.pages.refusals import is_page

FORM = "application/x-www-form-urlencoded"
FORM_BODY = 8 * 1024
LONGEST_TOKEN = 64
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class FormExpired(FacepayError):
    """A form that no page of this visit shows: left open too long, or sent from elsewhere."""

    code = "form_expired"


def _enter() -> None:
    request.max_content_length = FORM_BODY
    check_kind(request, FORM)
    brought = cookies.kept(cookies.VISIT)
    g.visit = brought if 0 < len(brought) <= LONGEST_TOKEN else ""
    if request.method not in ("GET", "HEAD"):
        _require_own_form()
    g.page_session = resume_session(deps(), g.visit) if g.visit else None
    if not g.visit:
        begin_visit(secrets.token_urlsafe(TOKEN_BYTES))


def _enter_signed_in() -> ResponseReturnValue | None:
    _enter()
    if g.page_session is None:
        return redirect(url_for("signing_in.show_sign_in"), 303)
    return None


open_page = checked_by(_enter)
signed_in_page = checked_by(_enter_signed_in)


def begin_visit(token: str) -> None:
    """The browser gets this token with the answer; the one it had is worth nothing here."""
    g.visit = g.new_visit = token


def session() -> PageSession:
    return cast(PageSession, g.page_session)


def signed_in() -> bool:
    return g.get("page_session") is not None


def form_command() -> Command:
    """What a form asks for, to be done once however often it is sent. Raises FormExpired."""
    key = request.form.get("key", "")
    if not usable_key(key):
        raise FormExpired()
    caller = Caller(session().id, Role.CUSTOMER, session().customer_id, on_page=True)
    return Command(caller, key, fingerprint())


def visit_command() -> Command:
    """As `form_change`, for somebody who is not signed in: the caller is nobody but this visit."""
    key = request.form.get("key", "")
    if not usable_key(key):
        raise FormExpired()
    return Command(Caller(session_id(g.visit), Role.CUSTOMER, ""), key, fingerprint())


def form_token() -> str:
    """What every form of this visit carries."""
    return hmac.new(g.visit.encode(), b"form", hashlib.sha256).hexdigest()


def _require_own_form() -> None:
    own = current_app.config["FACEPAY_ORIGIN"]
    if request.headers.get("Origin", own) != own:
        raise FormExpired()
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise FormExpired()
    carried = request.form.get("token", "").encode("utf-8", "replace")
    if not g.visit or not hmac.compare_digest(carried, form_token().encode()):
        raise FormExpired()


def set_security_headers(response: Response) -> Response:
    """Headers of every page, refusals included, and the visit's cookie where it is a new one."""
    if not is_page(request.path):
        return response
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    # Not `no-referrer`: with it browsers say "Origin: null" for our own forms, too.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    response.headers["Vary"] = "Accept-Language, Cookie"
    if current_app.config["FACEPAY_ORIGIN"].startswith("https:"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if "new_visit" in g:
        cookies.keep(response, cookies.VISIT, g.new_visit)
    return response
