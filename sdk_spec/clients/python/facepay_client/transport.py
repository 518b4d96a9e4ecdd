"""Sends signed requests, and repeats them when, and only when, that is safe.

Rules:
- a repetition carries the same Idempotency-Key and the same bytes, so the change is made once;
  its nonce and signature are fresh, because a nonce is good for one request;
- repeated are lost connections, 503, and `idempotency_in_progress`; never another refusal;
- waits grow exponentially with jitter and are never shorter than Retry-After; attempts and waits
  are bounded, and what is over the bound is given to the caller at once;
- redirects are not followed: the signature is for one address.
"""

import json
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests

from facepay_client.errors import (
    FacepayError,
    Problem,
    ProblemDetails,
    Unreachable,
    UnreadableAnswer,
)
from facepay_client.keys import KeyPair
from facepay_client.signing import Clock, sign

PROTOCOL_VERSION = "2026-11-28"
SDK_VERSION = "python/0.1.0"
TIMEOUT = (5.0, 30.0)  # seconds to connect, and between two bytes of the answer
JSON = "application/json"
_CONNECTION_LOST = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)


@dataclass(frozen=True)
class RetryPolicy:
    """Times in seconds. A Retry-After above `longest_wait` ends the retries."""

    attempts: int = 5
    first_wait: float = 0.25
    longest_wait: float = 8.0

    def wait(self, attempt: int) -> float:
        """Half fixed, half random, so that many clients do not come back at one moment."""
        full = min(self.longest_wait, self.first_wait * 2.0**attempt)
        return full / 2 + random.random() * full / 2  # noqa: S311 - jitter, not a secret


@dataclass(frozen=True)
class Request:
    """A request before it is signed: the part that is the same in every repetition."""

    method: str
    path: str
    content: bytes = b""
    content_type: str = JSON
    idempotency_key: str | None = None


class Transport:
    """One client's way to the service. Without a key it reads only what is published."""

    def __init__(
        self,
        base_url: str,
        key: KeyPair | None = None,
        *,
        clock: Clock = time.time,
        session: requests.Session | None = None,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`base_url` is scheme and host as the service's clients know it. `clock` is Unix time."""
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._clock = clock
        self._session = session or requests.Session()
        self._retry = retry or RetryPolicy()
        self._sleep = sleep

    @property
    def key(self) -> KeyPair:
        """What this client signs with. Raises ValueError where it has no key."""
        if self._key is None:
            raise ValueError("a client without a key signs nothing")
        return self._key

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """Raises Problem, Unreachable, UnreadableAnswer."""
        return self.send(Request("GET", f"{path}?{urlencode(query)}" if query else path))

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Send JSON, with a fresh idempotency key when none is given. Raises as `get`."""
        content = b"" if body is None else json.dumps(body).encode()
        key = idempotency_key or fresh_key()
        return self.send(Request("POST", path, content, idempotency_key=key))

    def send(self, request: Request) -> dict[str, Any]:
        """Sign and send, again where that is safe. Raises as `get`."""
        attempt = 0
        while True:
            answer = self._attempt(request)
            if not isinstance(answer, _Failure):
                return answer
            wait = max(self._retry.wait(attempt), answer.retry_after)
            attempt += 1
            over = attempt >= self._retry.attempts or wait > self._retry.longest_wait
            if over or not answer.repeatable:
                raise answer.error
            self._sleep(wait)

    def signed(self, request: Request) -> requests.PreparedRequest:
        """The request as it goes out, signed with a fresh nonce at this moment."""
        headers = {"Accept": JSON, "Facepay-Version": PROTOCOL_VERSION}
        headers["User-Agent"] = f"facepay-client {SDK_VERSION}"
        if request.content:
            headers["Content-Type"] = request.content_type
        if request.idempotency_key is not None:
            headers["Idempotency-Key"] = request.idempotency_key
        address = self._base_url + request.path
        prepared = requests.Request(
            request.method, address, headers=headers, data=request.content
        ).prepare()
        if self._key is not None:
            sign(prepared, request.content, key=self._key, clock=self._clock)
        return prepared

    def send_once(self, prepared: requests.PreparedRequest) -> requests.Response:
        """Send exactly these bytes once, whatever comes. Raises what `requests` raises."""
        return self._session.send(prepared, timeout=TIMEOUT, allow_redirects=False)

    def _attempt(self, request: Request) -> "dict[str, Any] | _Failure":
        try:
            response = self.send_once(self.signed(request))
        except _CONNECTION_LOST as error:
            # Its text can hold an address, and its cause the whole request: only its kind.
            return _Failure(Unreachable(type(error).__name__), repeatable=True)
        try:
            return parse_answer(response)
        except Problem as problem:
            repeatable = problem.status == 503 or problem.code == "idempotency_in_progress"
            return _Failure(problem, repeatable, self._retry_after(response))
        except UnreadableAnswer as error:
            # A proxy in front of the service says 503 in words of its own.
            return _Failure(error, response.status_code == 503, self._retry_after(response))

    def _retry_after(self, response: requests.Response) -> float:
        """Seconds the service asks for (RFC 9110 10.2.3): a number or a date; 0 when unread."""
        told = response.headers.get("Retry-After", "")
        if told.isascii() and told.isdigit():
            return float(told)
        try:
            return max(0.0, parsedate_to_datetime(told).timestamp() - self._clock())
        except (ValueError, TypeError):
            return 0.0


class _Failure(NamedTuple):
    """What came of one attempt that did not succeed."""

    error: FacepayError
    repeatable: bool
    retry_after: float = 0.0


def fresh_key() -> str:
    """An idempotency key for a new change; keep it as long as the change may be repeated."""
    return secrets.token_urlsafe(24)


def parse_answer(response: requests.Response) -> dict[str, Any]:
    """The answer of one request. Raises Problem, UnreadableAnswer."""
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or 300 <= status < 400:
        raise UnreadableAnswer(f"HTTP {status} without an answer of the protocol")
    if status >= 400:
        raise Problem(ProblemDetails.parse(status, body))
    return body
