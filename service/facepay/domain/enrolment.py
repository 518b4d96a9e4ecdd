"""An enrolment: one reference template of one customer, under a vault key of its own.

    pending ──▶ active ◀──▶ locked      from each of them: ──▶ revoked, and never back

`epoch` counts changes of state. An approval is valid only for the epoch it was decided on. It is
written under the row lock that a lock or a revocation takes, so that no approval follows an
acknowledged lock or revocation.

A template can be renewed under another key; the enrolment, its id and its epoch stay. The names of
all its keys follow from the id, and are numbered from 0. So no row decides what a revocation
destroys: it asks the vault for each of MOST_KEYS names.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

OPEN_FOR = timedelta(minutes=10)
CAPTURES = 3
# Keys that one enrolment can have in its life. A revocation asks for each of them, which takes
# about a millisecond; after so many renewals the customer enrols again.
MOST_KEYS = 16


class EnrolmentState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    LOCKED = "locked"
    REVOKED = "revoked"


ENROLLED = frozenset({EnrolmentState.ACTIVE, EnrolmentState.LOCKED})
NOT_REVOKED = ENROLLED | {EnrolmentState.PENDING}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One enrolment; `sealed_reference` is the vault's ciphertext under key `key_number`.

    `next_key` is the number of a renewal in progress. `retiring_key` seals nothing that is in use
    and must be destroyed. `keys_made` counts the numbers used; none is used twice.
    `key_destroyed_at` is when all keys were destroyed after a revocation.
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
    renewed_at: datetime | None
    duress_since: datetime | None = None
    key_number: int = 0
    next_key: int | None = None
    retiring_key: int | None = None
    keys_made: int = 1

    @property
    def enrolled(self) -> bool:
        """True if the enrolment has a template: it can pay, or could pay after an unlock."""
        return self.state in ENROLLED

    @property
    def key_name(self) -> str:
        """The name of the key that the template is sealed with."""
        return key_name_of(self.id, self.key_number)

    @property
    def template_made_at(self) -> datetime:
        return self.renewed_at or self.created_at

    @property
    def binding(self) -> str:
        """The associated data of the ciphertext: moved to another row, it does not open."""
        return f"{self.id}|{self.customer_id}"


def key_name_of(enrolment_id: str, number: int) -> str:
    """Return the name of an enrolment's key; number 0 is its first.

    Raises ValueError for a number that no enrolment has.
    """
    if not 0 <= number < MOST_KEYS:
        raise ValueError(f"an enrolment has at most {MOST_KEYS} keys")
    return f"{enrolment_id}-{number}" if number else enrolment_id


def key_names_of(enrolment_id: str) -> tuple[str, ...]:
    """Return the names of all keys that can belong to an enrolment."""
    return tuple(key_name_of(enrolment_id, number) for number in range(MOST_KEYS))
