"""Sign with the root key in OpenBao: compact JWS (RFC 7515) with ES256 (RFC 7518 3.4).

Rules:
- The private key stays in OpenBao's transit engine. joserfc writes header and payload; its ES256 is
  replaced by an algorithm that requests the signature from OpenBao. Any JOSE library verifies the
  result offline with the published key set.
- `kid` is the thumbprint (RFC 7638) of the version that signed. The prefix `vault:vN:` of the
  signature shows when the key was rotated after the key set was read; the signer then reads the
  versions and signs again.
- Every version that OpenBao keeps is published before any of them signs. Old signatures stay
  verifiable until an administrator raises `min_decryption_version`.

This module does not decide what may be signed. It verifies only what it signed itself, with the
public keys that OpenBao named: those in the database can be planted.
"""

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwa import ESAlgorithm
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from facepay.adapters.jwk import ALGORITHM, public_jwk
from facepay.adapters.openbao_answers import data_in, text_in
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.domain.errors import VaultUnavailable

SIGNING_KEY = "authorizations"
SIGNATURE_LENGTH = 64  # octets: R and S of P-256, RFC 7518 3.4
ATTEMPTS = 3

_SIGNATURE = re.compile(r"vault:v(?P<version>[1-9][0-9]{0,8}):(?P<base64url>[A-Za-z0-9_-]+)")

SignInOpenBao = Callable[[bytes], tuple[int, bytes]]
Publish = Callable[[Sequence[Mapping[str, str]]], None]


@dataclass(frozen=True)
class _Versions:
    """The public keys of all versions at the time `read_at` (monotonic seconds)."""

    read_at: float
    latest: int
    keys: Mapping[int, ECKey]


class _OtherVersionSigned(Exception):
    """Signal that the key was rotated between reading the key set and signing."""


class _TransitES256(ESAlgorithm):
    """joserfc's ES256 with signing by OpenBao."""

    def __init__(self, sign_in_openbao: SignInOpenBao, expected_version: int) -> None:
        super().__init__(ALGORITHM, "P-256", 256, recommended=True)
        self._sign_in_openbao = sign_in_openbao
        self._expected_version = expected_version

    def sign(self, msg: bytes, key: ECKey) -> bytes:
        version, signature = self._sign_in_openbao(msg)
        if version != self._expected_version:
            raise _OtherVersionSigned
        return signature


class TransitSigner:
    """Implementation of `ports.RootSigner`. Safe to share between threads."""

    def __init__(
        self,
        session: OpenBaoSession,
        publish: Publish,
        *,
        key: str = SIGNING_KEY,
        mount: str = "transit",
        max_age: float = 60.0,
    ) -> None:
        """Set the session and the key.

        `publish` gets all public keys (RFC 7517) each time they are read, before they sign.
        They are read again after `max_age` seconds.
        """
        self._session = session
        self._publish = publish
        self._key = key
        self._mount = mount
        self._max_age = max_age
        self._lock = threading.Lock()
        self._versions: _Versions | None = None

    def prepare(self) -> None:
        self._current_versions()

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        versions = self._current_versions()
        for _ in range(ATTEMPTS):
            try:
                return self._sign_with(versions, claims, typ)
            except _OtherVersionSigned:
                versions = self._read_versions()
        raise VaultUnavailable("the signing key is rotated faster than it can be read")

    def verify(self, token: str, *, typ: str) -> Mapping[str, Any] | None:
        kid = _signer_of(token)
        key = _key_named(kid, self._current_versions())
        if key is None:  # another worker may have signed with a version made in the last minute
            key = _key_named(kid, self._read_versions())
        return None if key is None else _claims_of(token, key, typ)

    def _sign_with(self, versions: _Versions, claims: Mapping[str, Any], typ: str) -> str:
        public_key = versions.keys[versions.latest]
        registry = JWSRegistry(algorithms=[ALGORITHM])
        # Set on the instance, because all verifiers in the process share the table of the class.
        registry.algorithms = {ALGORITHM: _TransitES256(self._sign_in_openbao, versions.latest)}
        header = {"alg": ALGORITHM, "typ": typ, "kid": public_key.thumbprint()}
        return jwt.encode(header, dict(claims), public_key, registry=registry)

    def _sign_in_openbao(self, message: bytes) -> tuple[int, bytes]:
        """Have OpenBao hash and sign; return the key's version and the 64 octets R || S."""
        answer = self._session.call(
            lambda client: client.secrets.transit.sign_data(
                name=self._key,
                hash_input=base64.b64encode(message).decode("ascii"),
                hash_algorithm="sha2-256",
                marshaling_algorithm="jws",
                mount_point=self._mount,
            ),
            data_in,
        )
        found = _SIGNATURE.fullmatch(text_in(answer, "signature"))
        if found is None:
            raise VaultUnavailable("OpenBao sent a signature of an unknown form")
        signature = base64.urlsafe_b64decode(found["base64url"] + "==")
        if len(signature) != SIGNATURE_LENGTH:
            raise VaultUnavailable("OpenBao sent a signature of another curve")
        return int(found["version"]), signature

    def _current_versions(self) -> _Versions:
        known = self._versions
        if known is not None and time.monotonic() - known.read_at < self._max_age:
            return known
        with self._lock:
            if self._versions is not known and self._versions is not None:
                return self._versions  # another thread has just read them
            return self._read_versions()

    def _read_versions(self) -> _Versions:
        read_at = time.monotonic()
        data = self._session.call(
            lambda client: client.secrets.transit.read_key(name=self._key, mount_point=self._mount),
            data_in,
        )
        versions = _parse_versions(data, read_at)
        self._publish([public_jwk(key) for key in versions.keys.values()])
        self._versions = versions
        return versions


def _parse_versions(data: Mapping[str, Any], read_at: float) -> _Versions:
    try:
        keys = {
            int(version): ECKey.import_key(text_in(entry, "public_key"))
            for version, entry in data["keys"].items()
        }
        latest = int(data["latest_version"])
        if latest not in keys:
            raise ValueError("no such version")
    except (KeyError, TypeError, ValueError, AttributeError):
        broken = VaultUnavailable("OpenBao sent a signing key of an unknown form")
    else:
        return _Versions(read_at, latest, keys)
    raise broken


def _signer_of(token: str) -> object:
    """Return the `kid` that the token claims, or None; the signature shows whether it is true."""
    try:
        return jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError, AttributeError):
        return None


def _key_named(kid: object, versions: _Versions) -> ECKey | None:
    return next((key for key in versions.keys.values() if key.thumbprint() == kid), None)


def _claims_of(token: str, key: ECKey, typ: str) -> Mapping[str, Any] | None:
    try:
        verified = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
        claims = json.loads(verified.payload)
    except (JoseError, ValueError, TypeError):
        return None
    # The type is signed, so that no kind of token passes for another (RFC 8725 section 3.11).
    return claims if verified.headers().get("typ") == typ and isinstance(claims, dict) else None
