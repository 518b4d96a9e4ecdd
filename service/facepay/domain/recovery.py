"""Recovery codes: ten of them on paper, each good once, for the day everything else is lost.

A code is `SSSS-XXXX-XXXX-XXXX` in Crockford's base32. The first group, its selector, says which of
the ten it is; the other 60 bits are kept as argon2id alone. So a try costs one verification, and is
counted for the one code it is of: to fill that counter, a stranger would have to know a selector.
"""

from dataclasses import dataclass
from datetime import datetime

CODES = 10
GROUPS, GROUP = 4, 4
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011", "- ")  # what people write for 0 and 1, and between groups


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """One of a set, which is the second factor `factor_id`; `secret_hash` is argon2id."""

    id: str
    factor_id: str
    secret_hash: str
    used_at: datetime | None
    expires_at: datetime | None = None  # of codes that the bank gave; those on paper do not

    def live(self, now: datetime) -> bool:
        return self.used_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class TypedCode:
    selector: str
    secret: str


def read_typed(text: str) -> TypedCode:
    """As somebody reads it from paper: in any case, with or without the hyphens."""
    plain = text.upper().translate(_READ_AS)
    return TypedCode(plain[:GROUP], plain[GROUP:])


def code_id(factor_id: str, selector: str) -> str:
    return f"{factor_id}:{selector}"
