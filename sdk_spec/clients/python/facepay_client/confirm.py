"""What a customer's device key signs: a payment, or a request of its owner.

The key is one of its own, not the one that signs requests; where the platform has hardware for it,
keep it there. Show the payer `merchant_name` and the amount before it signs: the signature says
that just this was wanted. Confirmations are compact JWS, ES256; see sdk_spec/protocol.md.
"""

import json
from collections.abc import Mapping

from facepay_client.answers import Intent
from facepay_client.keys import KeyPair

CONFIRMATION_TYP = "facepay-confirmation+jwt"


def sign_confirmation(key: KeyPair, intent: Intent, *, now: float) -> str:
    """Yes to this payment, as `Customer.get_intent` told it; `now` is Unix time.

    Raises ValueError for an intent without a nonce: a till's own view of it.
    """
    if intent.nonce is None:
        raise ValueError("only the customer's own view of a payment can be confirmed")
    claims: dict[str, str | int] = {
        "payment_intent": intent.id,
        "merchant": intent.merchant_id,
        "amount_minor": intent.amount_minor,
        "currency": intent.currency,
        "nonce": intent.nonce,
    }
    return sign_claims(key, claims, now=now)


def sign_request_confirmation(key: KeyPair, path: str, idempotency_key: str, *, now: float) -> str:
    """Yes to one POST of its owner, by its path and the idempotency key it will be sent with."""
    return sign_claims(key, {"act": f"POST {path}", "nonce": idempotency_key}, now=now)


def proof(**presented: str | None) -> dict[str, str]:
    """What of it was presented, as a body."""
    return {name: value for name, value in presented.items() if value is not None}


def sign_claims(key: KeyPair, claims: Mapping[str, str | int], *, now: float) -> str:
    """`claims` and the time. ECDSA is random: keep the result for a repetition."""
    payload = json.dumps({**claims, "iat": int(now)}, separators=(",", ":"))
    return key.sign_jws(payload.encode(), typ=CONFIRMATION_TYP)
