"""Signs authorizations in this process: a P-256 key in memory, certified by the root in OpenBao.

Rules:
- the key is made in the process that uses it, never written and never handed on; a process that
  was forked afterwards makes its own;
- the certificate is a JWS by the root, `facepay-node-certificate+jwt`, for 15 minutes. It is
  stored with the public key before the key signs anything (`key_directory.py`), so that nobody
  holds a signature whose key is not published;
- a fresh key every 5 minutes, in the background: the signing path asks neither OpenBao nor the
  database. While OpenBao is away the key goes on for the rest of its 15 minutes, then nothing is
  signed (SigningUnavailable). It is renewed inline where its time has run out, e.g. when a
  rehearsal's clock jumps; threads that wait for one renewal share what comes of it.

It does not decide what may be signed. What has to be verifiable for longer than an authorization
lives is the root's to sign (`transit_signer.py`).
"""

import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from facepay.adapters.jwk import ALGORITHM, public_jwk
from facepay.adapters.key_directory import KeyDirectory
from facepay.domain.errors import SigningUnavailable, Unavailable, VaultUnavailable
from facepay.ports import Clock, Signer

CERTIFICATE_TYP = "facepay-node-certificate+jwt"
CERTIFIED_FOR = timedelta(minutes=15)
RENEWED_AFTER = timedelta(minutes=5)
POLL_S = 1.0
RETRY_S = 10.0  # a vault that is away is not asked more often

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Certified:
    """A private key, and the time its certificate is for, in whole seconds."""

    key: ECKey
    kid: str
    issued_at: datetime
    expires_at: datetime
    pid: int

    def may_sign(self, now: datetime) -> bool:
        return self.issued_at <= now < self.expires_at and self.pid == os.getpid()

    def is_due(self, now: datetime) -> bool:
        return not self.may_sign(now) or now >= self.issued_at + RENEWED_AFTER


class NodeSigner:
    """Implements the port Signer. Safe to share between threads."""

    def __init__(
        self,
        root: Signer,
        directory: KeyDirectory,
        clock: Clock,
        *,
        issuer: str,
        signed_for: timedelta,
    ) -> None:
        """`signed_for`: how long what is signed stays valid; the public key is there as long."""
        self._root = root
        self._directory = directory
        self._clock = clock
        self._issuer = issuer
        self._signed_for = signed_for
        self._lock = threading.Lock()
        self._certified: _Certified | None = None
        self._failed_at = -1.0

    def prepare(self) -> None:
        self._renew(self._certified)

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        certified = self._certified
        if certified is None or not certified.may_sign(self._clock()):
            certified = self._renew(certified)
        header = {"alg": ALGORITHM, "typ": typ, "kid": certified.kid}
        return jwt.encode(header, dict(claims), certified.key, algorithms=[ALGORITHM])

    def keep_certified(self) -> None:
        """Renew in the background, for as long as this process lives. Call it once, in a worker."""
        threading.Thread(target=self._keep, name="node-key", daemon=True).start()

    def _keep(self) -> None:
        told = False
        while True:
            certified, wait = self._certified, POLL_S
            try:
                if certified is None or certified.is_due(self._clock()):
                    self._renew(certified)
                    if told:
                        log.warning("signing keys are certified again")
                    told = False
            except Unavailable as error:
                wait = RETRY_S
                if not told:
                    log.error("signing keys cannot be renewed: %s", error.detail)
                told = True
            time.sleep(wait)

    def _renew(self, seen: _Certified | None) -> _Certified:
        """Another key than the one that was `seen`: made here, or by who held the lock before."""
        asked_at = time.monotonic()
        with self._lock:
            if self._certified is not None and self._certified is not seen:
                return self._certified
            if self._failed_at > asked_at:
                raise SigningUnavailable("the vault, which certifies signing keys, is away")
            try:
                self._certified = self._certify()
            except VaultUnavailable as error:
                self._failed_at = time.monotonic()
                failure = SigningUnavailable(error.detail)
            else:
                return self._certified
        raise failure

    def _certify(self) -> _Certified:
        key = ECKey.generate_key("P-256")
        jwk = public_jwk(key)
        issued_at = self._clock().replace(microsecond=0)
        expires_at = issued_at + CERTIFIED_FOR
        signed_until = expires_at + self._signed_for
        claims = {
            "iss": self._issuer,
            "sub": jwk["kid"],
            "jwk": jwk,
            "iat": int(issued_at.timestamp()),
            "exp": int(expires_at.timestamp()),
            "signed_until": int(signed_until.timestamp()),
        }
        certificate = self._root.sign(claims, typ=CERTIFICATE_TYP)
        self._directory.publish_node(jwk, certificate, until=signed_until)
        return _Certified(key, jwk["kid"], issued_at, expires_at, os.getpid())
