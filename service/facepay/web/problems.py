"""Turn every error into an RFC 9457 problem response, with texts from the error registry.

A domain error carries its code; `problem_table.py`, generated from `sdk_spec/errors.yaml`, has the
rest. An unexpected exception becomes `internal_error`, and the answer does not say what happened.
The log gets its type and place with the request id, but never its text, which could hold secrets.

Each handler calls `forget`, so that an answered error keeps no frame or plaintext alive.
"""

import logging
import traceback
from typing import Any

from flask import Flask, Response, current_app, g, json, request
from werkzeug.exceptions import HTTPException

from facepay.domain.errors import FacepayError
from facepay.memory_scrubbing import forget
from facepay.web.pages.refusals import is_page, refusal_page
from facepay.web.problem_table import PROBLEMS

logger = logging.getLogger("facepay.web")

_BY_STATUS = {
    400: "malformed_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
}
RETRY_AFTER_S = 1


def register_problems(app: Flask) -> None:
    """Register the error handlers for domain errors, HTTP errors and all other exceptions."""
    app.register_error_handler(FacepayError, _from_domain)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_unexpected)


def problem(
    code: str,
    *,
    detail: str | None = None,
    param: str | None = None,
    guidance: str | None = None,
) -> Response:
    """Build the response for a registered error code: problem+json, or HTML under `/account`."""
    entry = PROBLEMS[code]
    if is_page(request.path):
        return refusal_page(code, entry.status, param)
    address = f"{current_app.config['FACEPAY_ORIGIN']}/v1/errors/{code}"
    body: dict[str, Any] = {
        "type": address,
        "title": entry.title,
        "status": entry.status,
        "code": code,
        "retryable": entry.retryable,
        "user_action": entry.user_action,
        "doc_url": address,
        "request_id": g.get("request_id", ""),
    }
    if detail is not None:
        body["detail"] = detail
    if param is not None:
        body["param"] = param
    if guidance is not None:
        body["guidance"] = guidance
    response = Response(
        json.dumps(body), status=entry.status, content_type="application/problem+json"
    )
    if entry.retryable and entry.status in (409, 503):
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _from_domain(error: FacepayError) -> Response:
    forget(error)
    return problem(error.code, detail=error.detail, param=error.param, guidance=error.guidance)


def _from_http(error: HTTPException) -> Response:
    forget(error)
    messages = getattr(error, "data", {}).get("messages")
    if error.code == 422 and messages:
        param, detail = first_message(messages)
        return problem("invalid_request", detail=detail, param=param)
    response = problem(_BY_STATUS.get(error.code or 500, "internal_error"))
    if error.code == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return response


def _from_unexpected(error: Exception) -> Response:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    logger.error(
        "unexpected %s at %s:%s request_id=%s",
        type(error).__name__,
        frame.filename,
        frame.lineno,
        g.get("request_id", ""),
    )
    forget(error)
    return problem("internal_error")


def first_message(messages: Any, path: str = "") -> tuple[str, str]:
    """Return the first invalid field that webargs reports, as a dotted name, and its message."""
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        if not path and name in ("json", "query", "form", "files"):
            continue
        path = f"{path}.{name}" if path else str(name)
    text = messages[0] if isinstance(messages, list) and messages else str(messages)
    return path, str(text)
