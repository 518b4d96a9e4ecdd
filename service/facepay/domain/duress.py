"""The duress code: a second code that its owner sets, to be typed when somebody forces a payment.

A customer types it in place of a one-time code. The payment is then declined like a wrong code, in
the same words and with the same work; a policy can approve and hold it instead. The face is locked
silently, and only the operator is alerted.

The code has six digits like a one-time code, so that an onlooker cannot tell them apart. The duress
code always wins: a one-time code with the same six digits never counts.
"""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

NO_TAG = "0" * 64


class DuressAction(StrEnum):
    """The treatment of a payment under duress.

    `approve_and_hold` approves up to a cap, and the operator holds the money back. It is for places
    where a decline would endanger the payer.
    """

    DECLINE = "decline"
    APPROVE_AND_HOLD = "approve_and_hold"


@dataclass(frozen=True, slots=True)
class DuressPolicy:
    """The policy's table `duress`: `caps` are the highest held amounts, minor units by currency."""

    action: DuressAction
    caps: tuple[tuple[str, int], ...] = ()

    def may_pay(self, amount_minor: int, currency: str) -> bool:
        """Return whether a payment under duress is approved and held; without a cap it is not."""
        if self.action is not DuressAction.APPROVE_AND_HOLD:
            return False
        return amount_minor <= dict(self.caps).get(currency, 0)


def duress_tag(key: bytes, customer_id: str | None, code: str) -> str:
    """Return what is stored of the code, HMAC-SHA-256 in hex.

    It is keyed, because a plain hash of six digits in a stolen database is soon guessed.
    """
    message = f"facepay duress code v1\n{customer_id}\n{code}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def is_duress(key: bytes, customer_id: str | None, code: str, stored_tag: str | None) -> bool:
    """Return whether `code` is the duress code.

    The work is the same for customers without a duress code and for unknown customers.
    """
    tag = duress_tag(key, customer_id, code)
    return hmac.compare_digest(tag, stored_tag or NO_TAG)
