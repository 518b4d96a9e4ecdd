"""Access to views: each view declares its callers, and a view without a declaration is a 404."""

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

API_VERSION = "2026-11-28"
MAX_JSON_BYTES = 64 * 1024
MAX_FRAMES_BYTES = 4 * 1024 * 1024
MAX_KEY_LENGTH = 255


class UnsupportedVersion(FacepayError):
    code = "unsupported_version"


def public(view: View) -> View:
    """Mark a view as open to everybody: it needs no signature."""
    view.__dict__["allowed_roles"] = frozenset()
    return view


def signed_by(*roles: Role) -> Callable[[View], View]:
    """Mark a view as open to requests that a client in one of these roles has signed."""

    def mark(view: View) -> View:
        view.__dict__["allowed_roles"] = frozenset(roles)
        return view

    return mark


def checked_by(check: Check) -> Callable[[View], View]:
    """Mark a view that replaces the signature check by `check`.

    `check` raises an error, returns a response, or returns None to admit the request.
    """

    def mark(view: View) -> View:
        view.__dict__["own_check"] = check
        return view

    return mark


def takes_frames(view: View) -> View:
    """Mark a view that takes multipart/form-data of up to 4 MiB instead of 64 KiB of JSON."""
    view.__dict__["takes_frames"] = True
    return view


def register_access_checks(app: Flask, deps: Dependencies, origin: str) -> None:
    """Check size, version, content type and signature of each request before its view runs.

    `origin` is the scheme and host that clients sign, such as `https://pay.example`.
    """

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
        request.max_content_length = MAX_FRAMES_BYTES if frames else MAX_JSON_BYTES
        _check_version(request)
        check_content_type(request, "multipart/form-data" if frames else "application/json")
        if roles:
            with timed_stage("signature"):
                g.caller = verify_signature(deps, origin, request)
            if g.caller.role not in roles:
                raise NotAllowed()
        if not frames:
            _check_json(request)
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers["Facepay-Version"] = API_VERSION
        response.headers["Facepay-Request-Id"] = g.get("request_id", "")
        response.headers["Cache-Control"] = response.headers.get("Cache-Control", "no-store")
        return response


def deps() -> Dependencies:
    """Return the dependencies that `create_app` was given, for the running application."""
    return cast(Dependencies, current_app.extensions["facepay"])


def caller() -> Caller:
    """Return the client that signed the request; a view marked `signed_by` always has one."""
    return cast(Caller, g.caller)


def command() -> Command:
    """Return the signed request as a command that is carried out once.

    Raises IdempotencyKeyMissing.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not is_valid_key(key):
        raise IdempotencyKeyMissing()
    return Command(caller(), key, fingerprint(), f"{request.method} {request.path}")


def is_valid_key(key: str) -> bool:
    """Tell whether an idempotency key has 1 to 255 printable ASCII characters."""
    return 0 < len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()


def fingerprint() -> str:
    """Hash method, address with query, content type and body: SHA-256, in hexadecimal.

    It reveals an idempotency key that is used again with another request.
    """
    digest = hashlib.sha256()
    head = (request.method, request.full_path, request.content_type or "")
    for part in (*(text.encode() for text in head), request.get_data()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _check_version(incoming: Request) -> None:
    if incoming.headers.get("Facepay-Version", API_VERSION) != API_VERSION:
        raise UnsupportedVersion()


def check_content_type(incoming: Request, expected: str) -> None:
    """Read the body and check that a body, if there is one, has the expected content type.

    Raises UnsupportedMedia, MalformedRequest.
    """
    if _read_body(incoming) and incoming.mimetype != expected:
        raise UnsupportedMedia(f"Send the body as {expected}.")


def _read_body(incoming: Request) -> bytes:
    try:
        return incoming.get_data()
    except HTTPException:
        raise  # too large, or the client is gone: these have problem responses of their own
    except Exception:  # the server's reader raises errors of many types for a broken body
        raise MalformedRequest("The body cannot be read. Send it again, complete.") from None


def _check_json(incoming: Request) -> None:
    """Parse the JSON body once, because deep nesting and endless numbers crash later readers."""
    try:
        json.loads(incoming.get_data() or b"null")
    except (ValueError, RecursionError):
        raise MalformedRequest() from None
