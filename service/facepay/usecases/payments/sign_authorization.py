"""The signed yes: bound to payee, terminal, amount, currency, order and nonce (PSD2 RTS art. 5).

Anyone holding the published keys verifies it offline; one changed cent breaks it. It names no
customer and carries nothing of a face.
"""

from facepay.domain.payment import Authorization, Intent
from facepay.usecases.dependencies import House, new_id

AUTHORIZATION_TYP = "facepay-authorization+jwt"


def sign_authorization(house: House, intent: Intent) -> Authorization:
    """Raises VaultUnavailable: without a signature there is no approval."""
    now = house.clock()
    expires_at = now + house.policy.authorization_lifetime
    authorization_id = new_id("auth")
    claims = {
        "iss": house.issuer,
        "aud": intent.merchant_id,
        "jti": authorization_id,
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
        "payment_intent": intent.id,
        "merchant": intent.merchant_id,
        "terminal": intent.terminal_id,
        "amount_minor": intent.amount_minor,
        "currency": intent.currency,
        "order_ref": intent.order_ref,
        "nonce": intent.nonce,
        "policy_version": house.policy.version,
    }
    jws = house.signer.sign(claims, typ=AUTHORIZATION_TYP)
    return Authorization(authorization_id, intent.id, jws, now, expires_at)
