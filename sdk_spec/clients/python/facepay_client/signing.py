"""Sign a request by RFC 9421, with the RFC 9530 digest of the body's bytes.

The package http-message-signatures builds the signature base. This module chooses the covered
components, draws a fresh nonce for every signature, and takes the time from an injected clock.
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
    """A request to sign. `requests.PreparedRequest` has this shape."""

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
    """Add the headers Content-Digest, Signature-Input and Signature; return the nonce.

    `message` must have its final URL, Content-Type and Idempotency-Key. `body` is the bytes that
    will be sent. `clock` gives Unix time in seconds. A second call replaces the signature by one
    with a fresh nonce and time.
    """
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    covered = ["@method", "@target-uri"]
    if body:
        # The library adds content-digest to the covered components when it receives the body.
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
