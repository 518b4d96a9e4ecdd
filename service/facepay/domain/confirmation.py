"""What a device key says yes to: one payment, or one request.

Dynamic linking (PSD2 RTS art. 5): the signature is over payment, payee, amount, currency and a
nonce of the payment. One cent more, another payee, another payment: it is not the same yes. The
nonce is renewed with every refused attempt, so that a yes counts once. Outside of a payment it is
over the request it goes with, by its address and its idempotency key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from facepay.domain.payment import Intent

CONFIRMATION_TYP = "facepay-confirmation+jwt"
GOOD_FOR = 600  # seconds from the signature on, as long as a payment intent lives
AHEAD = 60  # seconds that the device's clock may be ahead of ours

Claims = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the key named `keyid` has signed; nobody has looked yet whether it fits."""

    keyid: str
    claims: Mapping[str, Any]


def payment_claims(intent: Intent) -> Claims:
    """What a confirmation of this payment says, besides when it was made."""
    return {
        "payment_intent": intent.id,
        "merchant": intent.merchant_id,
        "amount_minor": intent.amount_minor,
        "currency": intent.currency,
        "nonce": intent.nonce,
    }


def request_claims(act: str, idempotency_key: str) -> Claims:
    """What a confirmation of a request says; `act` is its method and path."""
    return {"act": act, "nonce": idempotency_key}


def says(said: Mapping[str, Any], expected: Claims, at: datetime) -> bool:
    """Whether exactly `expected` was said, in time for `at`."""
    rest = {name: value for name, value in said.items() if name != "iat"}
    # Types too: JSON's 1250.0 and true are not the integers 1250 and 1.
    same = rest == expected and all(type(rest[name]) is type(expected[name]) for name in expected)
    return same and _in_time(said.get("iat"), at.timestamp())


def _in_time(issued: object, now: float) -> bool:
    return type(issued) is int and now - GOOD_FOR <= issued <= now + AHEAD
