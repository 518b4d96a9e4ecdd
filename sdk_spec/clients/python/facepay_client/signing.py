"""Sign a request: RFC 9421 over the RFC 9530 digest of the bytes that will be sent.

The signature base is the library's work. What is ours: which components are covered, a fresh
nonce for every signature, and the time, which comes from an injected clock.
"""

import datetime as dt
import secrets
from collections.abc import Callable, MutableMapping
from typing import Protocol

from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from facepay_client.keys import KeyPair

TAG = "facepay"
LABEL = "facepay"
NONCE_BYTES = 24

Clock = Callable[[], float]


class Message(Protocol):
    """What is signed: `requests.PreparedRequest` fits, and so does anything of this shape."""

    @property
    def method(self) -> str | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def headers(self) -> MutableMapping[str, str]: ...


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: KeyPair) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> object:
        return self._key.private_key


def sign(message: Message, body: bytes, *, key: KeyPair, clock: Clock) -> str:
    """Add Content-Digest, Signature-Input and Signature; returns the nonce.

    `message` already has its final address, Content-Type and Idempotency-Key. Signing it again
    replaces the signature with one of a fresh nonce and time.
    """
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    covered = ["@method", "@target-uri"]
    if body:
        # The library covers content-digest by itself when it is given the body.
        covered.append("content-type")
        message.headers.pop("Content-Digest", None)
    if "Idempotency-Key" in message.headers:
        covered.append("idempotency-key")
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=_OneKey(key)
    )
    signer.sign(
        message,
        key_id=key.keyid,
        created=dt.datetime.fromtimestamp(int(clock()), dt.UTC),
        nonce=nonce,
        label=LABEL,
        tag=TAG,
        covered_component_ids=covered,
        body=body or None,
    )
    return nonce
