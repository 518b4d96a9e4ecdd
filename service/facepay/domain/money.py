"""Money: integer minor units and a currency, without floats and without arithmetic."""

import re
from dataclasses import dataclass

from facepay.domain.errors import InvalidRequest

MAX_MINOR_UNITS = 10**12
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, fen) of an ISO 4217 currency.

    Raises InvalidRequest for an amount outside 1 to 10**12, or a code that is not three capitals.
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if not 0 < self.amount_minor <= MAX_MINOR_UNITS:
            raise InvalidRequest(
                f"the amount must be 1 to {MAX_MINOR_UNITS} minor units", param="amount_minor"
            )
        if not _CURRENCY.fullmatch(self.currency):
            raise InvalidRequest(
                "the currency must be three capital letters (ISO 4217)", param="currency"
            )
