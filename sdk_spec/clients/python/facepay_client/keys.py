"""The key of one machine: P-256, made here, and its private part never leaves this machine.

`keyid` is the RFC 7638 thumbprint, which is how the service names the key. A key file is PEM and
readable by its owner alone; one that others can read is refused. There is no encryption at rest:
where the platform has a keystore, use that instead of files.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from joserfc import jws
from joserfc.jwk import ECKey

CURVE = "P-256"
ALGORITHM = "ES256"


@dataclass(frozen=True)
class KeyPair:
    """A private P-256 key. Its repr shows the key's name, not the key."""

    keyid: str
    _key: ECKey = field(repr=False)

    @classmethod
    def generate(cls) -> "KeyPair":
        return cls._of(ECKey.generate_key(CURVE))

    @classmethod
    def load(cls, path: Path) -> "KeyPair":
        """Raises PermissionError when others can read the file, ValueError for another kind."""
        if path.stat().st_mode & 0o077:
            raise PermissionError(f"{path} can be read by others: chmod 600")
        key = ECKey.import_key(path.read_bytes())
        if key.curve_name != CURVE or not key.is_private:
            raise ValueError(f"{path} holds no private {CURVE} key")
        return cls._of(key)

    @classmethod
    def _of(cls, key: ECKey) -> "KeyPair":
        return cls(key.thumbprint(), key)

    @property
    def private_key(self) -> EllipticCurvePrivateKey:
        """For signing; see `signing.py`."""
        key: EllipticCurvePrivateKey = self._key.private_key  # type: ignore[assignment]
        return key

    def sign_jws(self, payload: bytes, *, typ: str) -> str:
        """A compact JWS, ES256, that names this key. ECDSA is random: keep it for a repetition."""
        header = {"alg": ALGORITHM, "typ": typ, "kid": self.keyid}
        return jws.serialize_compact(header, payload, self._key, [ALGORITHM])

    @property
    def public_jwk(self) -> dict[str, str]:
        """What the service is given: kty, crv, x, y."""
        members = self._key.as_dict(private=False)
        return {name: str(members[name]) for name in ("kty", "crv", "x", "y")}

    @property
    def public_pem(self) -> str:
        """For the operator's console: `facepay operator add`."""
        return self._key.as_pem(private=False).decode()

    def save(self, path: Path) -> None:
        """Write the private key as PEM, mode 0600. Raises FileExistsError: no key is replaced."""
        # Created with its mode, not changed to it: there is no moment in which others can read.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._key.as_pem(private=True))
