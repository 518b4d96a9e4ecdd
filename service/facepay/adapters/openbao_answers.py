"""Understand the answers of OpenBao (or Vault), and take nothing else for one.

A load balancer, a proxy, a standby node or a sealed one can answer in OpenBao's place: with a
redirect, a page, or an empty body. Such an answer says neither that something was done nor that it
was refused. It becomes `VaultUnavailable`, and a caller tries again later.

OpenBao has three forms of answers:

    200  {"request_id": "…", "data": {…}, …}    done; `auth` instead of `data` for a login
    204  without a body                         done; there is nothing to tell
    400, 403, 404  {"errors": ["…", …]}         refused; a 404 without reasons means a missing key
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facepay.domain.errors import VaultUnavailable

OK, NO_CONTENT = 200, 204
BAD_REQUEST, FORBIDDEN, NOT_FOUND = 400, 403, 404
_REFUSALS = frozenset({BAD_REQUEST, FORBIDDEN, NOT_FOUND})


class RequestRefused(VaultUnavailable):
    """Signal that OpenBao refused a request.

    `status` is the HTTP status. `explained` is whether the answer had a reason: OpenBao gives none
    with the 404 of a missing key, and one with the 404 of a wrong mount or path.
    """

    def __init__(self, status: int, *, explained: bool) -> None:
        super().__init__(f"OpenBao refused the request with status {status}")
        self.status = status
        self.explained = explained


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the body of an HTTP response, whoever sent it."""

    status: int
    body: bytes

    def __repr__(self) -> str:
        return f"Answer({self.status})"


def data_in(answer: Answer) -> Mapping[str, Any]:
    """Return the data of an answer. Raises RequestRefused, VaultUnavailable."""
    return _member_in(answer, "data")


def token_in(answer: Answer) -> str:
    """Return the token of a login. Raises RequestRefused, VaultUnavailable."""
    return text_in(_member_in(answer, "auth"), "client_token")


def nothing_in(answer: Answer) -> None:
    """Require the answer to a deletion. Raises RequestRefused, VaultUnavailable."""
    if (answer.status, answer.body) != (NO_CONTENT, b""):
        raise _failure_in(answer)


def data_or_nothing_in(answer: Answer) -> Mapping[str, Any]:
    """Return the data of an answer to a write, or {} for 204, which older versions send.

    Raises RequestRefused, VaultUnavailable.
    """
    if (answer.status, answer.body) == (NO_CONTENT, b""):
        return {}
    return data_in(answer)


def text_in(data: Mapping[str, Any], name: str) -> str:
    """Return the text `name` of an answer's data. Raises VaultUnavailable when there is none."""
    found = data.get(name)
    if not isinstance(found, str):
        raise unknown_form()
    return found


def unknown_form() -> VaultUnavailable:
    return VaultUnavailable("OpenBao sent an answer of an unknown form")


def _member_in(answer: Answer, name: str) -> Mapping[str, Any]:
    if answer.status == OK:
        body = _object_in(answer)
        found = body.get(name)
        if isinstance(body.get("request_id"), str) and isinstance(found, dict):
            return found
    raise _failure_in(answer)


def _failure_in(answer: Answer) -> VaultUnavailable:
    body = _object_in(answer)
    errors = body.get("errors")
    if (
        answer.status in _REFUSALS
        and body.keys() == {"errors"}
        and isinstance(errors, list)
        and all(isinstance(error, str) for error in errors)
    ):
        return RequestRefused(answer.status, explained=bool(errors))
    if answer.status in (OK, NO_CONTENT):
        return unknown_form()
    return VaultUnavailable(f"OpenBao could not answer: status {answer.status}")


def _object_in(answer: Answer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
