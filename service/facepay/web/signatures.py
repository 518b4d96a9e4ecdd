"""Who is asking: RFC 9421 HTTP Message Signatures over RFC 9530 digests of the raw bytes.

One mechanism for every machine client: a registered P-256 key signs method, target, body digest,
content type and idempotency key, with a creation time and a single-use nonce. The signature base
is the library's; what is ours is the window, the nonce, and which components must be covered.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Request
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from facepay.domain.customer import Client
from facepay.domain.errors import FacepayError, SignatureInvalid, SignatureMissing, SignatureStale
from facepay.usecases.authentication.client_keys import WINDOW, find_client, use_nonce
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.request import Caller

TAG = "facepay"
SHORTEST_NONCE, LONGEST_NONCE = 16, 128


@dataclass(frozen=True)
class _Message:
    """What the library reads of a request. The target is what the client sent, byte for byte."""

    method: str
    url: str
    headers: Any


class _Verifier(HTTPMessageVerifier):
    """The time window is checked by us, against the injected clock."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        return None


class _Keys(HTTPSignatureKeyResolver):
    """Looks the key up; remembers the client, and a failing database the library would hide."""

    def __init__(self, find: Callable[[str], Client | None]) -> None:
        self._find = find
        self.client: Client | None = None
        self.failure: FacepayError | None = None

    def resolve_public_key(self, key_id: str) -> bytes | None:
        try:
            self.client = self._find(key_id)
        except FacepayError as error:
            self.failure = error
            raise
        return None if self.client is None else self.client.public_key_pem.encode()


def verify_signature(deps: Dependencies, origin: str, request: Request) -> Caller:
    """The client that signed this request.

    Raises SignatureMissing, SignatureInvalid, SignatureStale, NonceReplayed, StorageUnavailable.
    """
    if "Signature" not in request.headers or "Signature-Input" not in request.headers:
        raise SignatureMissing()
    keys = _Keys(lambda keyid: find_client(deps, keyid))
    parameters = _verify_cryptographically(keys, _message(origin, request), request.get_data())
    if keys.client is None:
        raise SignatureInvalid()
    _verify_window(parameters, deps.clock())
    nonce = parameters.get("nonce")
    if not isinstance(nonce, str) or not SHORTEST_NONCE <= len(nonce) <= LONGEST_NONCE:
        raise SignatureInvalid(f"a nonce has {SHORTEST_NONCE} to {LONGEST_NONCE} characters")
    use_nonce(deps, keys.client.id, nonce)
    return Caller(keys.client.id, keys.client.role, keys.client.subject_id)


def _message(origin: str, request: Request) -> _Message:
    target = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    if not target.startswith("/"):
        raise SignatureInvalid("the request target must be in origin form")
    return _Message(request.method, origin + target, request.headers)


def _verify_cryptographically(keys: _Keys, message: _Message, body: bytes) -> dict[str, Any]:
    required = ["@method", "@target-uri"]
    if body:
        required += ["content-digest", "content-type"]
    if "Idempotency-Key" in message.headers:
        required.append("idempotency-key")
    verifier = _Verifier(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=keys)
    try:
        results = verifier.verify(
            message, max_age=None, expect_tag=TAG, require_components=required, body=body
        )
    except (InvalidSignature, HTTPMessageSignaturesException, ValueError, TypeError) as error:
        raise keys.failure or SignatureInvalid() from error
    if len(results) != 1:
        raise SignatureInvalid("sign once")
    return dict(results[0].parameters)


def _verify_window(parameters: dict[str, Any], now: dt.datetime) -> None:
    created = parameters.get("created")
    if type(created) is not int:
        raise SignatureInvalid("`created` must be an integer")
    if abs(now.timestamp() - created) > WINDOW.total_seconds():
        raise SignatureStale()
    expires = parameters.get("expires")
    if expires is not None and (type(expires) is not int or now.timestamp() > expires):
        raise SignatureStale()
