"""A confirmation: a device key's signature over one payment, or over one request.

Dynamic linking (PSD2 RTS art. 5): the signature covers payment, payee, amount, currency and a
nonce of the payment. It does not fit another amount, another payee or another payment. Every
refused attempt renews the nonce, so that a confirmation counts once. Outside payments, the
signature covers the request it comes with: its method, path and idempotency key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from facepay.domain.payment import Intent

CONFIRMATION_TYP = "facepay-confirmation+jwt"
GOOD_FOR = 600  # seconds after the signature, the default lifetime of a payment intent
AHEAD = 60  # seconds that the device's clock may be ahead of the service's

Claims = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Claims that the key named `keyid` signed; not yet compared with what was expected."""

    keyid: str
    claims: Mapping[str, Any]


def payment_claims(intent: Intent) -> Claims:
    """Return the claims that confirm this payment; `iat` is added by the device."""
    return {
        "payment_intent": intent.id,
        "merchant": intent.merchant_id,
        "amount_minor": intent.amount_minor,
        "currency": intent.currency,
        "nonce": intent.nonce,
    }


def request_claims(act: str, idempotency_key: str) -> Claims:
    """Return the claims that confirm a request; `act` is its method and path."""
    return {"act": act, "nonce": idempotency_key}


def claims_match(signed: Mapping[str, Any], expected: Claims, at: datetime) -> bool:
    """Return whether exactly `expected` was signed, at a time that is valid at `at`."""
    rest = {name: value for name, value in signed.items() if name != "iat"}
    # Compare types as well: JSON's 1250.0 and true are not the integers 1250 and 1.
    same = rest == expected and all(type(rest[name]) is type(expected[name]) for name in expected)
    return same and _in_time(signed.get("iat"), at.timestamp())


def _in_time(issued: object, now: float) -> bool:
    return type(issued) is int and now - GOOD_FOR <= issued <= now + AHEAD
