"""The P-256 key of one machine. The machine makes it, and the private part never leaves it.

The service names a key by its RFC 7638 thumbprint, `keyid`. A key file is PEM with mode 0600;
`load` refuses a file that others can read. The file is not encrypted: where the platform has a
keystore, use that instead.
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
    """A private P-256 key. Its repr shows `keyid`, never the key."""

    keyid: str
    _key: ECKey = field(repr=False)

    @classmethod
    def generate(cls) -> "KeyPair":
        """Make a new key from the operating system's random numbers."""
        return cls._of(ECKey.generate_key(CURVE))

    @classmethod
    def load(cls, path: Path) -> "KeyPair":
        """Read a private key from a PEM file.

        Raises PermissionError when others can read the file; ValueError for another kind of key.
        """
        if path.stat().st_mode & 0o077:
            raise PermissionError(f"{path} can be read by others. Run: chmod 600 {path}")
        key = ECKey.import_key(path.read_bytes())
        if key.curve_name != CURVE or not key.is_private:
            raise ValueError(f"{path} holds no private {CURVE} key.")
        return cls._of(key)

    @classmethod
    def _of(cls, key: ECKey) -> "KeyPair":
        return cls(key.thumbprint(), key)

    @property
    def private_key(self) -> EllipticCurvePrivateKey:
        """The private key as the `cryptography` package represents it, for `sign`."""
        key: EllipticCurvePrivateKey = self._key.private_key  # type: ignore[assignment]
        return key

    def sign_jws(self, payload: bytes, *, typ: str) -> str:
        """Sign `payload` as a compact JWS (ES256) whose `kid` is this key.

        ECDSA signatures are random: keep the result, and send the same one in a retry.
        """
        header = {"alg": ALGORITHM, "typ": typ, "kid": self.keyid}
        return jws.serialize_compact(header, payload, self._key, [ALGORITHM])

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public part as a JWK with kty, crv, x and y, to register at the service."""
        members = self._key.as_dict(private=False)
        return {name: str(members[name]) for name in ("kty", "crv", "x", "y")}

    @property
    def public_pem(self) -> str:
        """The public part as PEM, for the console command `facepay operator add`."""
        return self._key.as_pem(private=False).decode()

    def save(self, path: Path) -> None:
        """Write the private key as a PEM file with mode 0600.

        Raises FileExistsError when `path` exists: this never replaces a key.
        """
        # Set the mode at creation: with a later chmod others could read the file in between.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._key.as_pem(private=True))
