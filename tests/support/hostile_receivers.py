"""An event to send, the senders of a rehearsal, and receivers that misbehave."""

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from facepay.adapters.webhook_sender import HttpWebhookSender
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


def never(_: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def drip(request: BaseHTTPRequestHandler) -> None:
    with contextlib.suppress(OSError):
        for octet in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100:
            request.wfile.write(bytes([octet]))
            time.sleep(0.1)


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
