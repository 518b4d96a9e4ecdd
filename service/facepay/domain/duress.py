"""The duress code: a second code that its owner sets, for when somebody else makes them pay.

Typed in place of a one-time code it blocks the payment as a wrong code does, in the same words and
with the same work, locks the face without a word, and tells the bank alone.

It has six digits, as a one-time code has, so that nobody who looks on can tell them apart. A
one-time code that happens to be the same six digits never counts: the duress code always wins.
"""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

NO_TAG = "0" * 64


class DuressAction(StrEnum):
    """`approve_and_hold` pays up to a cap and has the bank hold the money back: it is for where a
    decline would put the payer in danger."""

    DECLINE = "decline"
    APPROVE_AND_HOLD = "approve_and_hold"


@dataclass(frozen=True, slots=True)
class DuressPolicy:
    """`caps` are minor units by currency, the most that is approved to be held."""

    action: DuressAction
    caps: tuple[tuple[str, int], ...] = ()

    def may_pay(self, amount_minor: int, currency: str) -> bool:
        if self.action is not DuressAction.APPROVE_AND_HOLD:
            return False
        return amount_minor <= dict(self.caps).get(currency, 0)


def duress_tag(key: bytes, customer_id: str | None, code: str) -> str:
    """What is kept of the code: keyed, since six digits in a stolen database are soon guessed."""
    said = f"facepay duress code v1\n{customer_id}\n{code}".encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()


def is_duress(key: bytes, customer_id: str | None, code: str, kept: str | None) -> bool:
    """The same work whether the customer has set a duress code, or exists at all."""
    tag = duress_tag(key, customer_id, code)
    return hmac.compare_digest(tag, kept or NO_TAG)
