"""A deletion: counts of what a revocation destroyed, the content of the deletion receipt."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """The cause of a revocation."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    COHORT = "cohort"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Deletion:
    """Counts of one revocation, taken in its transaction; `id` is the enrolment's.

    `keys_found` is how many keys the vault had before the first was destroyed; None until it was
    asked. `keys_destroyed` is 0 and `destroyed_leaf` is None until the vault has destroyed every
    key. The leaves are sequence numbers in the audit log.
    """

    id: str
    cause: Cause
    references_erased: int
    captures_cancelled: int
    intents_stopped: int
    keys_destroyed: int = 0
    keys_found: int | None = None
    revoked_leaf: int | None = None
    destroyed_leaf: int | None = None

    @property
    def counts(self) -> dict[str, str | int]:
        """The counts and the cause that the leaf of the revocation commits to."""
        return {
            "cause": self.cause.value,
            "sealed_references": self.references_erased,
            "captures": self.captures_cancelled,
            "payment_intents": self.intents_stopped,
        }
