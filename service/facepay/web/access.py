"""Which doors are open to whom: every view is marked, and an unmarked one stays shut."""

import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Request, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as RouteNotFound

from facepay.domain.customer import Role
from facepay.domain.errors import (
    FacepayError,
    IdempotencyKeyMissing,
    MalformedRequest,
    NotAllowed,
    UnsupportedMedia,
)
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.request import Caller, Command
from facepay.usecases.stage_timing import timed_stage
from facepay.web.signatures import verify_signature

View = TypeVar("View", bound=Callable[..., Any])
Check = Callable[[], ResponseReturnValue | None]

API_VERSION = "2026-11-23"
SMALL_BODY = 64 * 1024
FRAMES_BODY = 4 * 1024 * 1024
LONGEST_KEY = 255


class UnsupportedVersion(FacepayError):
    code = "unsupported_version"


def public(view: View) -> View:
    """Needs no signature: what is published for everybody."""
    view.__dict__["allowed_roles"] = frozenset()
    return view


def signed_by(*roles: Role) -> Callable[[View], View]:
    """Needs a signature of one of these roles."""

    def mark(view: View) -> View:
        view.__dict__["allowed_roles"] = frozenset(roles)
        return view

    return mark


def checked_by(check: Check) -> Callable[[View], View]:
    """Takes no signature, because it has checks of its own: they answer, raise, or let in."""

    def mark(view: View) -> View:
        view.__dict__["own_check"] = check
        return view

    return mark


def takes_frames(view: View) -> View:
    """Takes multipart/form-data up to the limit for a capture, instead of a small JSON body."""
    view.__dict__["takes_frames"] = True
    return view


def guard(app: Flask, deps: Dependencies, origin: str) -> None:
    """Check size, kind, version and signature of every request before its view sees it."""

    @app.before_request
    def check() -> ResponseReturnValue | None:
        g.request_id = secrets.token_hex(8)
        if request.routing_exception is not None:
            raise request.routing_exception
        view = app.view_functions[request.endpoint or ""]
        own_check: Check | None = view.__dict__.get("own_check")
        if own_check is not None:
            return own_check()
        roles = view.__dict__.get("allowed_roles")
        if roles is None:
            raise RouteNotFound()
        frames = view.__dict__.get("takes_frames", False)
        request.max_content_length = FRAMES_BODY if frames else SMALL_BODY
        _check_version(request)
        check_kind(request, "multipart/form-data" if frames else "application/json")
        if roles:
            with timed_stage("signature"):
                g.caller = verify_signature(deps, origin, request)
            if g.caller.role not in roles:
                raise NotAllowed()
        if not frames:
            _check_json(request)
        return None

    @app.after_request
    def sign_off(response: Response) -> Response:
        response.headers["Facepay-Version"] = API_VERSION
        response.headers["Facepay-Request-Id"] = g.get("request_id", "")
        response.headers["Cache-Control"] = response.headers.get("Cache-Control", "no-store")
        return response


def deps() -> Dependencies:
    return cast(Dependencies, current_app.extensions["facepay"])


def caller() -> Caller:
    return cast(Caller, g.caller)


def command() -> Command:
    """The signed request as something to be done once. Raises KeyMissing."""
    key = request.headers.get("Idempotency-Key", "")
    if not usable_key(key):
        raise IdempotencyKeyMissing()
    return Command(caller(), key, fingerprint(), f"{request.method} {request.path}")


def usable_key(key: str) -> bool:
    return 0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()


def fingerprint() -> str:
    """A hash of all that was asked for: the same key with another request is a mistake."""
    digest = hashlib.sha256()
    head = (request.method, request.full_path, request.content_type or "")
    for part in (*(text.encode() for text in head), request.get_data()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _check_version(incoming: Request) -> None:
    if incoming.headers.get("Facepay-Version", API_VERSION) != API_VERSION:
        raise UnsupportedVersion()


def check_kind(incoming: Request, expected: str) -> None:
    if _read(incoming) and incoming.mimetype != expected:
        raise UnsupportedMedia(f"send {expected}")


def _read(incoming: Request) -> bytes:
    try:
        return incoming.get_data()
    except HTTPException:
        raise  # too large, or the client is gone: those have words of their own
    except Exception:  # whatever the server's reader says of a broken chunk or an early end
        raise MalformedRequest("the body cannot be read") from None


def _check_json(incoming: Request) -> None:
    """Once, here: the readers behind it let deep nesting and endless numbers through as crashes."""
    try:
        json.loads(incoming.get_data() or b"null")
    except (ValueError, RecursionError):
        raise MalformedRequest() from None
