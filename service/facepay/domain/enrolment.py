"""An enrolment: one reference template of one customer, under one key of its own.

States move one way: pending -> active -> revoked. `epoch` counts what happened to the row; an
approval is only valid for the epoch it was decided on, and it is written under the same row lock
as a revocation, so that none can follow an acknowledged revocation.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

OPEN_FOR = timedelta(minutes=10)
CAPTURES = 3


class EnrolmentState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`sealed_reference` is the vault's ciphertext; `key_destroyed_at` is when its key went."""

    id: str
    customer_id: str
    consent_id: str
    state: EnrolmentState
    epoch: int
    model: str
    sealed_reference: str | None
    created_at: datetime
    revoked_at: datetime | None
    key_destroyed_at: datetime | None

    @property
    def binding(self) -> str:
        """What the ciphertext is bound to: moved to another row it does not open."""
        return f"{self.id}|{self.customer_id}"
