"""Sign an authorization: payee, terminal, amount, currency, order and nonce (PSD2 RTS art. 5).

Anybody with the published keys verifies it offline, and any change breaks it. It does not name the
customer and contains no face data.
"""

from facepay.domain.decision import Decision, Outcome
from facepay.domain.payment import Authorization, Intent
from facepay.usecases.dependencies import Dependencies, new_id

AUTHORIZATION_TYP = "facepay-authorization+jwt"


def sign_if_approved(
    deps: Dependencies, intent: Intent, decision: Decision
) -> Authorization | None:
    """Sign the authorization of an approval, before it is committed; return None for a decline.

    Raises VaultUnavailable.
    """
    if decision.outcome is not Outcome.APPROVE:
        return None
    return sign_authorization(deps, intent)


def sign_authorization(deps: Dependencies, intent: Intent) -> Authorization:
    """Sign the approval of an intent, with this node's key.

    Raises VaultUnavailable: without a signature there is no approval.
    """
    now = deps.clock()
    expires_at = now + deps.policy.authorization_lifetime
    authorization_id = new_id("auth")
    claims = {
        "iss": deps.issuer,
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
        "policy_version": deps.policy.version,
    }
    jws = deps.signer.sign(claims, typ=AUTHORIZATION_TYP)
    return Authorization(authorization_id, intent.id, jws, now, expires_at)
