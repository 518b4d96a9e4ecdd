"""Recovery codes: ten codes on paper, each valid once, for customers who lost everything else.

A code is `SSSS-XXXX-XXXX-XXXX` in Crockford's base32. The first group, the selector, identifies the
code within its set. Only an argon2id hash of the other 60 bits is stored. An attempt therefore
costs one verification and is counted for one code. A stranger cannot fill a code's counter without
knowing its selector.
"""

from dataclasses import dataclass
from datetime import datetime

CODES = 10
GROUPS, GROUP = 4, 4
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011", "- ")  # letters people write for 0 and 1; separators


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """One code of a set; the set is the second factor `factor_id`, `secret_hash` is argon2id."""

    id: str
    factor_id: str
    secret_hash: str
    used_at: datetime | None
    expires_at: datetime | None = None  # only codes that the operator issued expire

    def live(self, now: datetime) -> bool:
        return self.used_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class TypedCode:
    selector: str
    secret: str


def read_typed(text: str) -> TypedCode:
    """Parse a code as typed: in any case, with or without hyphens and spaces."""
    plain = text.upper().translate(_READ_AS)
    return TypedCode(plain[:GROUP], plain[GROUP:])


def code_id(factor_id: str, selector: str) -> str:
    return f"{factor_id}:{selector}"
