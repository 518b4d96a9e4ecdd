"""Webhook receivers that redirect, hang, flood or cannot show who they are."""

import contextlib
import socket
import ssl
import threading
import time
import tracemalloc
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from facepay.adapters import webhook_sender
from facepay.adapters.webhook_sender import HttpWebhookSender
from facepay.domain.webhook import LEASE_DURATION
from tests.support import hostile_receivers
from tests.support.hostile_receivers import BODY, SECRET, drip, never, self_signed
from tests.support.receiver import Receiver, receiving

receiver = hostile_receivers.receiver
rehearsing = hostile_receivers.rehearsing


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_endpoint_that_redirects_to_an_internal_address_is_not_followed(
    rehearsing: HttpWebhookSender, receiver: Receiver, status: int
) -> None:
    with receiving() as internal:

        def redirect(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            request.send_header("Location", internal.url)
            request.end_headers()

        receiver.answering = redirect
        assert rehearsing.send(receiver.url, SECRET, "evt", BODY) == f"http_{status}"
        assert internal.came == []


def test_a_proxy_in_the_environment_gets_no_events(
    rehearsing: HttpWebhookSender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert rehearsing.send(receiver.url, SECRET, "evt", BODY) == "http_204"
        assert proxy.came == []


@pytest.mark.parametrize("answering", [never, drip])
def test_an_endpoint_that_never_answers_is_cut_off(
    rehearsing: HttpWebhookSender,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    answering: Any,
) -> None:
    monkeypatch.setattr(webhook_sender, "TIMEOUT_S", 0.5)
    receiver.answering = answering
    began = time.monotonic()
    assert rehearsing.send(receiver.url, SECRET, "evt", BODY) == "no_answer"
    assert time.monotonic() - began < 9, "cut off long before production's 10 s"


def test_the_time_for_one_attempt_is_less_than_its_lease() -> None:
    longest = webhook_sender.RESOLVED_WITHIN_S + 2 * webhook_sender.TIMEOUT_S
    assert longest < LEASE_DURATION.total_seconds()


def test_an_endpoint_that_answers_a_gigabyte_is_not_read(
    rehearsing: HttpWebhookSender, receiver: Receiver
) -> None:
    written = []

    def gigabyte(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(1 << 30))
        request.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(1 << 10):
                request.wfile.write(bytes(1 << 20))
                written.append(1)

    receiver.answering = gigabyte
    tracemalloc.start()
    assert rehearsing.send(receiver.url, SECRET, "evt", BODY) == "http_200"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(written) < 64, "only what the sockets buffer may have been taken"
    assert peak < 16 << 20


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff" * 100,
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 " + b"a" * 100_000 + b"\r\n\r\n",
    ],
)
def test_an_answer_that_is_not_http_counts_as_no_answer(
    rehearsing: HttpWebhookSender, receiver: Receiver, answer: bytes
) -> None:
    receiver.answering = lambda request: request.wfile.write(answer)
    assert rehearsing.send(receiver.url, SECRET, "evt", BODY) == "no_answer"


def test_a_receiver_with_an_untrusted_certificate_gets_no_events(
    rehearsing: HttpWebhookSender, receiver: Receiver, tmp_path: Path
) -> None:
    url = receiver.url.replace("http://", "https://")
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        received: list[bytes] = []

        def serve() -> None:
            plain, _ = listening.accept()
            with contextlib.suppress(OSError), secured.wrap_socket(plain, server_side=True) as tls:
                received.append(tls.recv(1))

        thread = threading.Thread(target=serve)
        thread.start()
        assert rehearsing.send(url, SECRET, "evt", BODY) == "no_answer"
        thread.join()
    assert received == []


def test_a_receiver_can_verify_the_sender_of_an_event(
    rehearsing: HttpWebhookSender, receiver: Receiver
) -> None:
    rehearsing.send(receiver.url + "?shop=1", SECRET, "evt_1", BODY)
    (came,) = receiver.came
    assert came.path == "/events?shop=1"
    assert came.headers["Webhook-Id"] == "evt_1"
    secret = "whsec_" + "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
    assert came.verified(secret) == {"type": "payment.approved"}
