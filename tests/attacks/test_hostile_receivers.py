"""Addresses of webhooks come from merchants: what a hostile one can make the service do."""

import contextlib
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from facepay.adapters import webhook_sender
from facepay.adapters.webhook_sender import HttpWebhookSender
from facepay.domain.errors import InvalidRequest
from facepay.domain.webhook import LEASE_DURATION
from tests.support.receiver import Receiver, receiving

SECRET = bytearray(b"k" * 32)
BODY = '{"type":"payment.approved"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def rehearsing() -> HttpWebhookSender:
    return HttpWebhookSender(loopback=True)


@pytest.fixture
def live() -> HttpWebhookSender:
    return HttpWebhookSender(loopback=False)


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """What names resolve to: one answer after the other, then the last again."""
    left = list(answers)

    def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(webhook_sender.socket, "getaddrinfo", resolve)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "ff02::1",
        "64:ff9b:1::a00:1",
        "64:ff9b:1:ffff::7f00:1",
        "::10.0.0.1",
        "::93.184.216.34",
        "::ffff:0:a00:1",
        "::ffff:0:5db8:d822",
        "fec0::1",
        "192.88.99.1",
        "3fff::1",
        "240.0.0.1",
        "4000::1",
        "f000::1",
    ],
)
def test_a_name_of_the_internal_network_is_neither_registered_nor_sent_to(
    live: HttpWebhookSender, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    for addresses in ([address], ["93.184.216.34", address]):
        names(monkeypatch, addresses)
        with pytest.raises(InvalidRequest):
            live.check("https://shop.example/")
        sent = live.send("https://shop.example/", SECRET, "evt", BODY)
        assert sent == "address_not_allowed"


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
        "gopher://93.184.216.34/",
        "https://",
        "https:///events",
        "//93.184.216.34/",
        "https://user@93.184.216.34/",
        "https://user:word@93.184.216.34/",
        "https://93.184.216.34/#part",
        "https://93.184.216.34:0/",
        "https://93.184.216.34:70000/",
        "https://93.184.216.34/a b",
        "https://93.184.216.34/\r\nHost: internal",
        "https://[::1",
        "https://[v1.x]/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://ünïcode.example/",
    ],
)
def test_an_address_that_is_no_public_https_address_is_refused(
    live: HttpWebhookSender, url: str
) -> None:
    with pytest.raises(InvalidRequest):
        live.check(url)
    assert live.send(url, SECRET, "evt", BODY) == "address_not_allowed"


def test_a_public_https_address_is_taken(
    live: HttpWebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
    live.check("https://shop.example:8443/events?shop=1")


def test_a_name_that_changes_its_mind_after_it_was_looked_at_gains_nothing(
    live: HttpWebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    asked = []

    def connect(where: tuple[str, int], **_: Any) -> socket.socket:
        asked.append(where[0])
        raise OSError

    monkeypatch.setattr(webhook_sender.socket, "create_connection", connect)
    assert live.send("https://shop.example/", SECRET, "evt", BODY) == "no_answer"
    assert asked == ["93.184.216.34"]
    assert live.send("https://shop.example/", SECRET, "evt", BODY) == "address_not_allowed"
    assert asked == ["93.184.216.34"]


def test_a_rehearsal_sends_plain_http_to_this_machine_alone(
    rehearsing: HttpWebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    for addresses in (["93.184.216.34"], ["10.0.0.1"]):
        names(monkeypatch, addresses)
        with pytest.raises(InvalidRequest):
            rehearsing.check("http://shop.example/")


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


def test_a_proxy_in_the_environment_is_not_asked(
    rehearsing: HttpWebhookSender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert rehearsing.send(receiver.url, SECRET, "evt", BODY) == "http_204"
        assert proxy.came == []


def never(_: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def drip(request: BaseHTTPRequestHandler) -> None:
    with contextlib.suppress(OSError):
        for octet in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100:
            request.wfile.write(bytes([octet]))
            time.sleep(0.1)


@pytest.mark.parametrize("answering", [never, drip])
def test_an_endpoint_that_never_answers_is_hung_up_on(
    rehearsing: HttpWebhookSender,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    answering: Any,
) -> None:
    monkeypatch.setattr(webhook_sender, "TIMEOUT_S", 0.5)
    receiver.answering = answering
    began = time.monotonic()
    assert rehearsing.send(receiver.url, SECRET, "evt", BODY) == "no_answer"
    assert time.monotonic() - began < 2


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
    began = time.monotonic()
    assert rehearsing.send(receiver.url, SECRET, "evt", BODY) == "http_200"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.monotonic() - began < 5
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
def test_an_endpoint_that_does_not_speak_http_has_not_answered(
    rehearsing: HttpWebhookSender, receiver: Receiver, answer: bytes
) -> None:
    receiver.answering = lambda request: request.wfile.write(answer)
    assert rehearsing.send(receiver.url, SECRET, "evt", BODY) == "no_answer"


def test_a_receiver_whose_certificate_nobody_vouches_for_is_told_nothing(
    rehearsing: HttpWebhookSender, receiver: Receiver, tmp_path: Path
) -> None:
    url = receiver.url.replace("http://", "https://")
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        told: list[bytes] = []

        def serve() -> None:
            plain, _ = listening.accept()
            with contextlib.suppress(OSError), secured.wrap_socket(plain, server_side=True) as tls:
                told.append(tls.recv(1))

        thread = threading.Thread(target=serve)
        thread.start()
        assert rehearsing.send(url, SECRET, "evt", BODY) == "no_answer"
        thread.join()
    assert told == []


def self_signed(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = directory / "receiver.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(pem))
    return file


def test_a_receiver_can_check_who_sent_it(
    rehearsing: HttpWebhookSender, receiver: Receiver
) -> None:
    rehearsing.send(receiver.url + "?shop=1", SECRET, "evt_1", BODY)
    (came,) = receiver.came
    assert came.path == "/events?shop=1"
    assert came.headers["Webhook-Id"] == "evt_1"
    secret = "whsec_" + "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
    assert came.verified(secret) == {"type": "payment.approved"}
