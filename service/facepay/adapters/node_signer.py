"""Sign authorizations in this process with a P-256 key that the root in OpenBao certifies.

Rules:
- The process that uses a key makes it, and never writes it or passes it on. A forked process makes
  its own key.
- The certificate is a JWS by the root with typ `facepay-node-certificate+jwt`, valid for 15
  minutes. It is stored with the public key before the key signs anything (`key_directory.py`), so
  the key of every signature is published.
- A background thread makes a new key every 5 minutes, so signing waits for neither OpenBao nor the
  database. While OpenBao is unavailable, the key signs until its 15 minutes end. After that,
  signing raises SigningUnavailable.
- `sign` renews an expired key itself, for example when a rehearsal's clock jumps. Threads that wait
  for the same renewal share its result.

This module does not decide what may be signed. The root signs what must be verifiable for longer
than an authorization is valid (`transit_signer.py`).
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
RETRY_S = 10.0  # while OpenBao is unavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Certified:
    """A private key and the validity of its certificate, in whole seconds."""

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
    """Implementation of `ports.Signer`. Safe to share between threads."""

    def __init__(
        self,
        root: Signer,
        directory: KeyDirectory,
        clock: Clock,
        *,
        issuer: str,
        signed_for: timedelta,
    ) -> None:
        """Set the collaborators; `signed_for` is the validity of a signed authorization.

        A public key stays published until the last authorization that it may have signed expires.
        """
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
        """Renew the key in a background thread until the process ends. Call it once in a worker."""
        threading.Thread(target=self._keep, name="node-key", daemon=True).start()

    def _keep(self) -> None:
        reported = False
        while True:
            certified, wait = self._certified, POLL_S
            try:
                if certified is None or certified.is_due(self._clock()):
                    self._renew(certified)
                    if reported:
                        log.warning("signing keys are certified again")
                    reported = False
            except Unavailable as error:
                wait = RETRY_S
                if not reported:
                    log.error("signing keys cannot be renewed: %s", error.detail)
                reported = True
            time.sleep(wait)

    def _renew(self, seen: _Certified | None) -> _Certified:
        """Return a newer key than `seen`: made here, or by the thread that had the lock before."""
        requested_at = time.monotonic()
        with self._lock:
            if self._certified is not None and self._certified is not seen:
                return self._certified
            if self._failed_at > requested_at:
                raise SigningUnavailable("OpenBao, which certifies signing keys, is unavailable")
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
