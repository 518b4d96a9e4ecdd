"""Requests of an attacker: signed well and then altered, or never signed."""

import json
from collections.abc import Mapping
from typing import Any

import requests

from facepay_client import Request, Transport


def post(path: str, body: Mapping[str, Any] | None = None, key: str | None = "k") -> Request:
    """Make an unsigned JSON POST; `key` is its idempotency key, None for none."""
    content = b"" if body is None else json.dumps(body).encode()
    return Request("POST", path, content, idempotency_key=key)


def problem_of(response: requests.Response) -> tuple[int, str]:
    """Return status and code; assert that the answer is a whole RFC 9457 problem."""
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    problem = response.json()
    members = {"type", "title", "status", "code", "retryable", "user_action", "doc_url"}
    assert members | {"request_id"} <= problem.keys()
    assert problem["status"] == response.status_code
    return response.status_code, problem["code"]


def send(transport: Transport, request: Request, **bent: Any) -> requests.Response:
    """Sign `request`, alter the signed result (url, body, headers), send it once."""
    prepared = transport.signed(request)
    for name, value in bent.get("headers", {}).items():
        if value is None:
            del prepared.headers[name]
        else:
            prepared.headers[name] = value
    if "url" in bent:
        prepared.url = bent["url"]
    if "method" in bent:
        prepared.method = bent["method"]
    if "body" in bent:
        prepared.body = bent["body"]
        prepared.headers["Content-Length"] = str(len(bent["body"]))
    return transport.send_once(prepared)
