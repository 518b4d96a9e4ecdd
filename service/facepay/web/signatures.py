"""Verify RFC 9421 HTTP Message Signatures over RFC 9530 digests of the raw bytes.

Every machine client uses the same mechanism. Its registered P-256 key signs method, target, body
digest, content type and idempotency key, with a creation time and a nonce that is used once. The
library builds the signature base and verifies the signature. This module decides which components
must be covered, and checks the time window and the nonce.
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

from facepay.domain.errors import FacepayError, SignatureInvalid, SignatureMissing, SignatureStale
from facepay.domain.standing import Standing
from facepay.usecases.authentication.client_keys import WINDOW, admit, find_standing
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.request import Caller

TAG = "facepay"
MIN_NONCE_LENGTH, MAX_NONCE_LENGTH = 16, 128


@dataclass(frozen=True)
class _Message:
    """The parts of a request that the library reads; `url` has the target as the client sent it."""

    method: str
    url: str
    headers: Any


class _Verifier(HTTPMessageVerifier):
    """A verifier without the library's time check: `_verify_window` uses the injected clock."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        return None


class _Keys(HTTPSignatureKeyResolver):
    """Look a client's key up by its key id, and keep the client with its standing.

    A withdrawn key verifies too: its own requests learn that it was withdrawn, and no others.
    `failure` keeps a domain error such as an unavailable database, because the library would
    report it as an invalid signature.
    """

    def __init__(self, find: Callable[[str], Standing | None]) -> None:
        self._find = find
        self.standing: Standing | None = None
        self.failure: FacepayError | None = None

    def resolve_public_key(self, key_id: str) -> bytes | None:
        try:
            self.standing = self._find(key_id)
        except FacepayError as error:
            self.failure = error
            raise
        return None if self.standing is None else self.standing.client.public_key_pem.encode()


def verify_signature(deps: Dependencies, origin: str, request: Request) -> Caller:
    """Verify the signature of `request` and return the client that made it.

    `origin` is the scheme and host that clients sign. The nonce is used up by this call.

    Raises SignatureMissing, SignatureInvalid, SignatureStale, KeyWithdrawn, ClientSuspended,
    NonceReplayed, StorageUnavailable.
    """
    if "Signature" not in request.headers or "Signature-Input" not in request.headers:
        raise SignatureMissing()
    keys = _Keys(lambda keyid: find_standing(deps, keyid))
    parameters = _verify_cryptographically(keys, _message(origin, request), request.get_data())
    if keys.standing is None:
        raise SignatureInvalid()
    _verify_window(parameters, deps.clock())
    nonce = parameters.get("nonce")
    if not isinstance(nonce, str) or not MIN_NONCE_LENGTH <= len(nonce) <= MAX_NONCE_LENGTH:
        raise SignatureInvalid(
            f"Send a nonce of {MIN_NONCE_LENGTH} to {MAX_NONCE_LENGTH} characters."
        )
    admit(deps, keys.standing, nonce)
    client = keys.standing.client
    return Caller(client.id, client.role, client.subject_id)


def _message(origin: str, request: Request) -> _Message:
    target = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    if not target.startswith("/"):
        raise SignatureInvalid("Send the request target in origin form, beginning with a slash.")
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
        raise SignatureInvalid("Sign the request exactly once with the tag `facepay`.")
    return dict(results[0].parameters)


def _verify_window(parameters: dict[str, Any], now: dt.datetime) -> None:
    created = parameters.get("created")
    if type(created) is not int:
        raise SignatureInvalid("Send `created` as an integer: seconds since 1970.")
    if abs(now.timestamp() - created) > WINDOW.total_seconds():
        raise SignatureStale()
    expires = parameters.get("expires")
    if expires is not None and (type(expires) is not int or now.timestamp() > expires):
        raise SignatureStale()
