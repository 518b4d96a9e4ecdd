"""An enrolment: one reference template of one customer, under a vault key of its own.

    pending ──▶ active ◀──▶ locked      from each of them: ──▶ revoked, and never back

`epoch` counts changes of state. An approval is valid only for the epoch it was decided on. It is
written under the row lock that a lock or a revocation takes, so that no approval follows an
acknowledged lock or revocation.

A template can be renewed under another key; the enrolment, its id and its epoch stay. The row
names every key of the enrolment, from before the key seals anything until it is destroyed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

OPEN_FOR = timedelta(minutes=10)
CAPTURES = 3


class EnrolmentState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    LOCKED = "locked"
    REVOKED = "revoked"


ENROLLED = frozenset({EnrolmentState.ACTIVE, EnrolmentState.LOCKED})
LIVE = ENROLLED | {EnrolmentState.PENDING}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One enrolment; `sealed_reference` is the vault's ciphertext under the key `key_name`.

    `next_key` is the key of a renewal in progress. `retiring_key` seals nothing that is in use and
    must be destroyed. `key_destroyed_at` is when all keys were destroyed after a revocation.
    `duress_since` is set by the duress code and cleared by the operator. Until then the face takes
    every step of a payment and never pays.
    """

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
    key_name: str
    next_key: str | None
    retiring_key: str | None
    renewed_at: datetime | None
    duress_since: datetime | None = None

    @property
    def enrolled(self) -> bool:
        """True if the enrolment has a template: it can pay, or could pay after an unlock."""
        return self.state in ENROLLED

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of all keys that may exist for this enrolment."""
        return tuple(filter(None, (self.key_name, self.next_key, self.retiring_key)))

    @property
    def template_made_at(self) -> datetime:
        return self.renewed_at or self.created_at

    @property
    def binding(self) -> str:
        """The associated data of the ciphertext: moved to another row, it does not open."""
        return f"{self.id}|{self.customer_id}"
