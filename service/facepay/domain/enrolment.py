"""An enrolment: one reference template of one customer, under a key of its own.

    pending ──▶ active ◀──▶ locked      from each of them: ──▶ revoked, and never back

`epoch` counts what happened to the row; an approval is only valid for the epoch it was decided on,
and it is written under the same row lock as a lock or a revocation, so that none can follow an
acknowledged one.

A template can be renewed under another key; the enrolment, its id and its epoch stay. Every key
that exists for it is named in its row, from before it seals anything until after it is destroyed.
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
    """`sealed_reference` is the vault's ciphertext, under `key_name`.

    `next_key` is the key of a renewal under way, `retiring_key` one that has to be destroyed and
    seals nothing that lives; `key_destroyed_at` is when, after a revocation, all of them went.
    `duress_since`: locked without a word, to be cleared by the bank. Such a face is still asked for
    everything, and never pays.
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
        """Whether there is a face: one that can pay, or could if it were unlocked."""
        return self.state in ENROLLED

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key there may be for this enrolment."""
        return tuple(filter(None, (self.key_name, self.next_key, self.retiring_key)))

    @property
    def template_made_at(self) -> datetime:
        return self.renewed_at or self.created_at

    @property
    def binding(self) -> str:
        """What the ciphertext is bound to: moved to another row it does not open."""
        return f"{self.id}|{self.customer_id}"
