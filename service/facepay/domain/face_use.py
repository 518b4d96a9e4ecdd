"""One use of a face at a terminal, as its owner's activity shows it, failed ones included.

refused                   the capture was no living head, in time and alone
awaiting_second_factor    it was; whether it matched is told to nobody
approved, declined        what then came of it
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UseOutcome(StrEnum):
    REFUSED = "refused"
    AWAITING_SECOND_FACTOR = "awaiting_second_factor"
    APPROVED = "approved"
    DECLINED = "declined"


class Flag(StrEnum):
    """What is unusual about a use; domain/unusual_use.py says when."""

    NEW_MERCHANT = "new_merchant"
    NEW_CITY = "new_city"
    MANY_FAILURES = "many_failures"
    TWO_PLACES = "two_places"


@dataclass(frozen=True, slots=True)
class FaceUse:
    """`seq` is 0 until the database has numbered it; one row a capture. `on_hold` says that the
    payment was declined for one of `flags`."""

    seq: int
    id: str
    customer_id: str
    at: datetime
    payment: str
    capture_id: str
    merchant_id: str
    terminal_id: str
    city: str | None
    amount_minor: int
    currency: str
    outcome: UseOutcome
    flags: tuple[str, ...]
    on_hold: bool

    @property
    def failed(self) -> bool:
        return self.outcome in (UseOutcome.REFUSED, UseOutcome.DECLINED)
