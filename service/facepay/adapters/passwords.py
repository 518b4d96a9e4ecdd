"""Passwords: argon2id with the library's current defaults (RFC 9106, second recommendation)."""

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError


class Argon2Passwords:
    """Implements `ports.Passwords`."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        # Verified against when there is no such customer, so that both take the same time.
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def verify(self, phc: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(phc or self._nobody, password) and phc is not None
        except VerificationError:
            return False
