"""What a revocation destroyed, counted in the transaction that did it: the matter of a receipt."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Who or what took the face back."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    COHORT = "cohort"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Deletion:
    """`id` is the enrolment's. `keys_destroyed` is 0, and `destroyed_leaf` None, until the vault
    has destroyed every key; the leaves are numbers in the log.
    """

    id: str
    cause: Cause
    references_erased: int
    captures_cancelled: int
    intents_stopped: int
    keys_destroyed: int = 0
    revoked_leaf: int | None = None
    destroyed_leaf: int | None = None
