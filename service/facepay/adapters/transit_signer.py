"""Signs what binds somebody: compact JWS (RFC 7515) with ES256 (RFC 7518 3.4), by OpenBao.

Rules:
- the private key stays in OpenBao's transit engine; joserfc writes header and payload, and its
  algorithm `ES256` is replaced by one that asks OpenBao for the signature. Anybody verifies with
  plain joserfc, or any other JOSE library, and the published key set: offline, without OpenBao;
- `kid` is the RFC 7638 thumbprint of the very version that signed. A key that was rotated since
  the key set was read is noticed by the `vault:vN:` in front of the signature: read, sign again;
- every version that OpenBao still keeps is published before any of them signs, so that old
  signatures stay verifiable until an administrator raises `min_decryption_version`.

It does not decide what may be signed, and it never verifies.
"""

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.jwa import ESAlgorithm
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from facepay.adapters.jwk import ALGORITHM, public_jwk
from facepay.adapters.openbao_session import OpenBaoSession, text_in
from facepay.domain.errors import VaultUnavailable

SIGNING_KEY = "authorizations"
SIGNATURE_LENGTH = 64  # octets: R and S of P-256, RFC 7518 3.4
ATTEMPTS = 3

_SIGNATURE = re.compile(r"vault:v(?P<version>[1-9][0-9]{0,8}):(?P<base64url>[A-Za-z0-9_-]+)")

Ask = Callable[[bytes], tuple[int, bytes]]
Publish = Callable[[Sequence[Mapping[str, str]]], None]


@dataclass(frozen=True)
class _Versions:
    """The public keys of all versions, as they were at `read_at` (monotonic seconds)."""

    read_at: float
    latest: int
    keys: Mapping[int, ECKey]


class _OtherVersionSigned(Exception):
    """The key was rotated between reading the key set and signing."""


class _TransitES256(ESAlgorithm):
    """joserfc's ES256, whose private half is a question to OpenBao."""

    def __init__(self, ask: Ask, expected_version: int) -> None:
        super().__init__(ALGORITHM, "P-256", 256, recommended=True)
        self._ask = ask
        self._expected_version = expected_version

    def sign(self, msg: bytes, key: ECKey) -> bytes:
        version, signature = self._ask(msg)
        if version != self._expected_version:
            raise _OtherVersionSigned
        return signature


class TransitSigner:
    """Implements the port Signer. Safe to share between threads."""

    def __init__(
        self,
        session: OpenBaoSession,
        publish: Publish,
        *,
        key: str = SIGNING_KEY,
        mount: str = "transit",
        max_age: float = 60.0,
    ) -> None:
        """`publish` is given all public keys (RFC 7517) whenever they were read, which is after
        `max_age` seconds: before anything is signed by them."""
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
        raise VaultUnavailable("the signing key changes faster than it can be read")

    def _sign_with(self, versions: _Versions, claims: Mapping[str, Any], typ: str) -> str:
        public_key = versions.keys[versions.latest]
        registry = JWSRegistry(algorithms=[ALGORITHM])
        # On the instance: the class's table is joserfc's own, shared with all who verify.
        registry.algorithms = {ALGORITHM: _TransitES256(self._ask, versions.latest)}
        header = {"alg": ALGORITHM, "typ": typ, "kid": public_key.thumbprint()}
        return jwt.encode(header, dict(claims), public_key, registry=registry)

    def _ask(self, message: bytes) -> tuple[int, bytes]:
        """Have OpenBao hash and sign; which version did it, and the 64 octets R || S."""
        answer = self._session.call(
            lambda client: client.secrets.transit.sign_data(
                name=self._key,
                hash_input=base64.b64encode(message).decode("ascii"),
                hash_algorithm="sha2-256",
                marshaling_algorithm="jws",
                mount_point=self._mount,
            )
        )
        found = _SIGNATURE.fullmatch(text_in(answer, "data", "signature"))
        if found is None:
            raise VaultUnavailable("the vault sent a signature of an unknown form")
        signature = base64.urlsafe_b64decode(found["base64url"] + "==")
        if len(signature) != SIGNATURE_LENGTH:
            raise VaultUnavailable("the vault sent a signature of another curve")
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
        answer = self._session.call(
            lambda client: client.secrets.transit.read_key(name=self._key, mount_point=self._mount)
        )
        versions = _parse_versions(answer, read_at)
        self._publish([public_jwk(key) for key in versions.keys.values()])
        self._versions = versions
        return versions


def _parse_versions(answer: Any, read_at: float) -> _Versions:
    try:
        told = answer["data"]
        keys = {
            int(version): ECKey.import_key(text_in(entry, "public_key"))
            for version, entry in told["keys"].items()
        }
        latest = int(told["latest_version"])
        if latest not in keys:
            raise ValueError("no such version")
    except (KeyError, TypeError, ValueError, AttributeError):
        broken = VaultUnavailable("the vault sent a signing key of an unknown form")
    else:
        return _Versions(read_at, latest, keys)
    raise broken
