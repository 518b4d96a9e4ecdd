"""Hash passwords: argon2id with the library's defaults (RFC 9106, second recommended option)."""

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError


class Argon2Passwords:
    """Implementation of `ports.Passwords`."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Tests may give a `hasher` that costs less; no setting does."""
        self._hasher = hasher or PasswordHasher()
        # The hash for unknown customers, so that both cases take the same time.
        self._unused_hash = self._hasher.hash("no customer has this password")

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def verify(self, phc: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(phc or self._unused_hash, password) and phc is not None
        except VerificationError:
            return False
