"""Send signed requests, and retry them only when that is safe.

Rules:

- A retry carries the same Idempotency-Key and the same bytes, so the service makes the change once.
  Its nonce and signature are fresh, because a nonce is valid for one request.
- The transport retries after a lost connection, HTTP 503 and `idempotency_in_progress`. It raises
  every other refusal at once.
- Waits grow exponentially with jitter and are never shorter than Retry-After. When the attempts are
  used up or a wait would be too long, the last error is raised.
- It follows no redirect: the signature is for one URL.
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
    """How often and when to retry; times in seconds.

    `attempts` counts the first one. A Retry-After above `longest_wait` ends the retries.
    """

    attempts: int = 5
    first_wait: float = 0.25
    longest_wait: float = 8.0

    def wait(self, attempt: int) -> float:
        """Return the wait after attempt number `attempt`, counted from 0.

        Half of it is random, so that many clients do not retry at the same moment.
        """
        full = min(self.longest_wait, self.first_wait * 2.0**attempt)
        return full / 2 + random.random() * full / 2  # noqa: S311 - jitter, not a secret


@dataclass(frozen=True)
class Request:
    """A request before it is signed; it is the same in every retry."""

    method: str
    path: str
    content: bytes = b""
    content_type: str = JSON
    idempotency_key: str | None = None


class Transport:
    """Sends the requests of one client. Without a key it can read only what is published."""

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
        """Connect to the service at `base_url`: scheme and host, as its clients know it.

        `clock` gives Unix time in seconds.
        """
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._clock = clock
        self._session = session or requests.Session()
        self._retry = retry or RetryPolicy()
        self._sleep = sleep

    @property
    def key(self) -> KeyPair:
        """The key that this transport signs with. Raises ValueError when it has none."""
        if self._key is None:
            raise ValueError("This transport has no key: pass one to Transport(…).")
        return self._key

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """Send a GET request and return the JSON object of the answer.

        Raises Problem, Unreachable, UnreadableAnswer.
        """
        return self.send(Request("GET", f"{path}?{urlencode(query)}" if query else path))

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Send a POST request with a JSON body and return the JSON object of the answer.

        Without `idempotency_key` it draws a fresh one. Raises as `get`.
        """
        content = b"" if body is None else json.dumps(body).encode()
        key = idempotency_key or fresh_key()
        return self.send(Request("POST", path, content, idempotency_key=key))

    def send(self, request: Request) -> dict[str, Any]:
        """Sign and send a request; retry by the rules of this module. Raises as `get`."""
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
        """Return the request as it will be sent, signed now with a fresh nonce."""
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
        """Send exactly these bytes, without a retry. Raises what `requests` raises."""
        return self._session.send(prepared, timeout=TIMEOUT, allow_redirects=False)

    def _attempt(self, request: Request) -> "dict[str, Any] | _Failure":
        try:
            response = self.send_once(self.signed(request))
        except _CONNECTION_LOST as error:
            # Name only the kind: the text can hold a URL, and the cause the whole request.
            return _Failure(Unreachable(type(error).__name__), repeatable=True)
        try:
            return parse_answer(response)
        except Problem as problem:
            repeatable = problem.status == 503 or problem.code == "idempotency_in_progress"
            return _Failure(problem, repeatable, self._retry_after(response))
        except UnreadableAnswer as error:
            # A proxy before the service answers 503 without a problem document.
            return _Failure(error, response.status_code == 503, self._retry_after(response))

    def _retry_after(self, response: requests.Response) -> float:
        """Read Retry-After, a number or a date (RFC 9110 10.2.3), as seconds; 0 without one."""
        value = response.headers.get("Retry-After", "")
        if value.isascii() and value.isdigit():
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - self._clock())
        except (ValueError, TypeError):
            return 0.0


class _Failure(NamedTuple):
    """An attempt that did not succeed."""

    error: FacepayError
    repeatable: bool
    retry_after: float = 0.0


def fresh_key() -> str:
    """Draw an idempotency key for a new change; keep it as long as you may retry the change."""
    return secrets.token_urlsafe(24)


def parse_answer(response: requests.Response) -> dict[str, Any]:
    """Return the JSON object of a response. Raises Problem, UnreadableAnswer."""
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or 300 <= status < 400:
        raise UnreadableAnswer(f"HTTP {status} without an answer of the protocol.")
    if status >= 400:
        raise Problem(ProblemDetails.parse(status, body))
    return body
