"""A face use: one use of a face at a terminal, as the owner's activity shows it.

refused                   the capture was refused: its manifest, its pictures or its liveness
awaiting_second_factor    the capture passed; the entry never shows whether the face matched
approved, declined        the payment was decided
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
    """A mark of an unusual use; `domain/unusual_use.py` has the conditions."""

    NEW_MERCHANT = "new_merchant"
    NEW_CITY = "new_city"
    MANY_FAILURES = "many_failures"
    TWO_PLACES = "two_places"


@dataclass(frozen=True, slots=True)
class FaceUse:
    """One face use; there is one row for each judged capture.

    `seq` is 0 until the database assigns a number. `on_hold`: the payment was declined because of
    one of `flags`.
    """

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
