"""Retries of the transport: what is retried, what stays the same, and when it gives up."""

import json
import re
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from facepay_client import KeyPair, Problem, RetryPolicy, Transport, Unreachable, UnreadableAnswer

NOW = 1_800_000_000.0

Scripted = requests.Response | Exception


class Script(BaseAdapter):
    """Replaces the network: gives its answers in order, and records the requests."""

    def __init__(self, answers: Iterable[Scripted]) -> None:
        super().__init__()
        self._answers = list(answers)
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.sent.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        answer.request = request
        return answer

    def close(self) -> None:
        pass


class ScriptedTransport:
    """A transport over scripted answers; it records its waits instead of sleeping."""

    def __init__(self, *answers: Scripted, attempts: int = 4) -> None:
        self.script = Script(answers)
        self.waits: list[float] = []
        session = requests.Session()
        session.mount("https://", self.script)
        self.transport = Transport(
            "https://pay.example",
            KeyPair.generate(),
            clock=lambda: NOW,
            session=session,
            retry=RetryPolicy(attempts=attempts, first_wait=1.0, longest_wait=10.0),
            sleep=self.waits.append,
        )


def answer(status: int, body: Any, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


def problem(status: int, code: str, **headers: str) -> requests.Response:
    address = f"https://pay.example/v1/errors/{code}"
    body = {
        "type": address,
        "title": "A title",
        "status": status,
        "code": code,
        "retryable": status in (409, 503),
        "user_action": "use_password",
        "doc_url": address,
        "request_id": "r-1",
        "param": "code",
    }
    return answer(status, body, **headers)


def nonce(request: requests.PreparedRequest) -> str:
    found = re.search(r'nonce="([^"]+)"', request.headers["Signature-Input"])
    assert found
    return found.group(1)


@pytest.mark.parametrize(
    "first",
    [
        problem(503, "vault_unavailable"),
        problem(409, "idempotency_in_progress"),
        answer(503, b"<html>a proxy</html>"),
        requests.ConnectionError(),
        requests.ReadTimeout(),
        requests.exceptions.ChunkedEncodingError(),
    ],
    ids=["503", "in progress", "503 of a proxy", "no connection", "timeout", "incomplete answer"],
)
def test_a_repetition_keeps_key_and_bytes_and_takes_a_fresh_nonce(first: Scripted) -> None:
    scripted = ScriptedTransport(first, answer(201, {"id": "pi_1"}))
    assert scripted.transport.post("/v1/payment_intents", {"amount_minor": 5}) == {"id": "pi_1"}
    one, other = scripted.script.sent
    assert one.headers["Idempotency-Key"] == other.headers["Idempotency-Key"]
    assert one.body == other.body
    assert one.headers["Content-Digest"] == other.headers["Content-Digest"]
    assert nonce(one) != nonce(other)
    assert one.headers["Signature"] != other.headers["Signature"]


def test_every_change_has_a_key_of_its_own_or_the_callers() -> None:
    scripted = ScriptedTransport(answer(200, {}), answer(200, {}), answer(200, {}))
    scripted.transport.post("/v1/consents")
    scripted.transport.post("/v1/consents")
    scripted.transport.post("/v1/consents", idempotency_key="mine")
    keys = [sent.headers["Idempotency-Key"] for sent in scripted.script.sent]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "nonce_replayed"),
        (409, "wrong_state"),
        (422, "capture_refused"),
        (500, "internal_error"),
    ],
)
def test_another_refusal_is_raised_at_once(status: int, code: str) -> None:
    scripted = ScriptedTransport(problem(status, code))
    with pytest.raises(Problem) as refused:
        scripted.transport.post("/v1/payment_intents")
    raised = refused.value
    assert (raised.status, raised.code, raised.user_action) == (status, code, "use_password")
    assert (raised.param, raised.request_id) == ("code", "r-1")
    assert scripted.waits == []


def test_it_gives_up_after_its_attempts_and_waits_longer_each_time() -> None:
    scripted = ScriptedTransport(*[requests.ConnectionError()] * 4)
    with pytest.raises(Unreachable):
        scripted.transport.get("/v1/health")
    assert len(scripted.script.sent) == 4
    bounds = [(0.5, 1.0), (1.0, 2.0), (2.0, 4.0)]
    assert len(scripted.waits) == 3
    assert all(
        low <= wait <= high for wait, (low, high) in zip(scripted.waits, bounds, strict=True)
    )


@pytest.mark.parametrize("value", ["7", formatdate(NOW + 7, usegmt=True)])
def test_retry_after_is_the_least_it_waits(value: str) -> None:
    scripted = ScriptedTransport(
        problem(503, "vault_unavailable", Retry_After=value), answer(200, {})
    )
    scripted.transport.post("/v1/consents")
    assert scripted.waits == [7.0]


def test_a_retry_after_beyond_the_bound_is_given_to_the_caller() -> None:
    scripted = ScriptedTransport(problem(503, "vault_unavailable", Retry_After="3600"))
    with pytest.raises(Problem):
        scripted.transport.post("/v1/consents")
    assert scripted.waits == []


@pytest.mark.parametrize(
    "strange",
    [answer(200, b"not JSON"), answer(200, []), answer(404, {}), answer(302, {"a": 1})],
    ids=["not JSON", "a list", "no problem", "a redirect"],
)
def test_what_is_not_of_the_protocol_is_no_answer(strange: requests.Response) -> None:
    with pytest.raises(UnreadableAnswer):
        ScriptedTransport(strange).transport.get("/v1/health")
