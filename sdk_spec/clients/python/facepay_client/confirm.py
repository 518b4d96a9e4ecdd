"""Sign with a customer's device key: confirm a payment, or confirm a request.

A device key is a second factor. It is not the key that signs requests. Where the platform has
hardware for keys, keep it there. Show the payer `merchant_name` and the amount before signing: the
signature states that the payer wants exactly this payment. A confirmation is a compact JWS (ES256),
see "Confirming with a device key" in sdk_spec/protocol.md.
"""

import json
from collections.abc import Mapping

from facepay_client.answers import Intent
from facepay_client.keys import KeyPair

CONFIRMATION_TYP = "facepay-confirmation+jwt"


def sign_confirmation(key: KeyPair, intent: Intent, *, now: float) -> str:
    """Confirm one payment; return the confirmation.

    `intent` comes from `Customer.get_intent`. `now` is Unix time in seconds.

    Raises ValueError for an intent without a nonce, such as a terminal's view of a payment.
    """
    if intent.nonce is None:
        raise ValueError("only an intent from Customer.get_intent can be confirmed")
    claims: dict[str, str | int] = {
        "payment_intent": intent.id,
        "merchant": intent.merchant_id,
        "amount_minor": intent.amount_minor,
        "currency": intent.currency,
        "nonce": intent.nonce,
    }
    return sign_claims(key, claims, now=now)


def sign_request_confirmation(key: KeyPair, path: str, idempotency_key: str, *, now: float) -> str:
    """Confirm one POST request that is not a payment; return the confirmation.

    Send the request to the same `path` with the same `idempotency_key`. `now` is Unix time in
    seconds.
    """
    return sign_claims(key, {"act": f"POST {path}", "nonce": idempotency_key}, now=now)


def sign_claims(key: KeyPair, claims: Mapping[str, str | int], *, now: float) -> str:
    """Sign `claims` and the time as a confirmation.

    ECDSA signatures are random: keep the result, and send the same one in a retry.
    """
    payload = json.dumps({**claims, "iat": int(now)}, separators=(",", ":"))
    return key.sign_jws(payload.encode(), typ=CONFIRMATION_TYP)
