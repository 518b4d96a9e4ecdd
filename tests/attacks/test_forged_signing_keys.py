"""Verifiers refuse authorizations and checkpoints signed by keys that no root certified for them.

Where the attack needs it, the forger also writes the JWK Set that the verifier reads.
"""

from typing import Any

import pytest

from facepay_client import Leaf, VerificationFailed, leaf_hash, verify_authorization, verify_log
from tests.support.signing_keys import (
    AUTHORIZATION,
    CERTIFIED_FOR,
    CHECKPOINT,
    ISSUER,
    NOW,
    SigningKeys,
    certificate,
    member,
    new_key,
    signed_by,
)

KEYS = SigningKeys()
CLAIMS = {
    "iss": ISSUER,
    "aud": "mer_1",
    "jti": "auth_1",
    "iat": NOW,
    "exp": NOW + 900,
    "payment_intent": "pi_1",
    "merchant": "mer_1",
    "terminal": "term_1",
    "amount_minor": 1250,
    "currency": "EUR",
    "order_ref": "order-1",
    "nonce": "n",
    "policy_version": "2026-11-23",
}


def accept(token: str, jwks: Any, *, now: int = NOW, pins: list[str] | None = None) -> Any:
    return verify_authorization(
        token,
        jwks=jwks,
        now=now,
        expected_issuer=ISSUER,
        expected_merchant="mer_1",
        expected_amount_minor=1250,
        expected_currency="EUR",
        expected_order_ref="order-1",
        expected_root_thumbprints=pins,
    )


def refused(why: str, token: str, jwks: Any, **other: Any) -> None:
    with pytest.raises(VerificationFailed, match=why):
        accept(token, jwks, **other)


def test_a_genuine_authorization_is_accepted() -> None:
    assert accept(KEYS.authorization(CLAIMS), KEYS.jwks(), pins=[KEYS.root.thumbprint()])


def test_a_certificate_of_another_issuer_is_refused() -> None:
    """Two services may share an OpenBao, and so a root; their nodes do not sign for each other."""
    other = certificate(KEYS.root, KEYS.node, iss="https://other.example")
    refused("another issuer", KEYS.authorization(CLAIMS), KEYS.jwks(other))


def test_a_certificate_that_expired_before_the_authorization_is_refused() -> None:
    """A node's key stolen from a memory dump signs nothing after its 15 minutes."""
    at = NOW + CERTIFIED_FOR
    late = KEYS.authorization(CLAIMS | {"iat": at, "exp": at + 900})
    refused("was not certified", late, KEYS.jwks(), now=at)


def test_a_stolen_node_key_cannot_backdate_or_sign_for_a_year() -> None:
    """The attack also fails against a verifier that fetches the key set once a year."""
    year = 365 * 86_400
    refused("lives longer", KEYS.authorization(CLAIMS | {"exp": NOW + year}), KEYS.jwks())


def test_a_self_signed_certificate_is_refused() -> None:
    forger = new_key()
    shown = certificate(forger, forger)
    token = signed_by(forger, CLAIMS, AUTHORIZATION)
    jwks = {"keys": [member(KEYS.root), member(forger, certificate=shown)]}
    refused("no trusted root", token, jwks)
    # Listed a second time without a certificate, it is still no root.
    refused("no trusted root", token, {"keys": [*jwks["keys"], member(forger)]})


def test_a_certificate_by_a_node_is_refused() -> None:
    """A certified node may sign authorizations; it may certify no nodes."""
    forger = new_key()
    shown = certificate(KEYS.node, forger)
    jwks = {"keys": [*KEYS.jwks()["keys"], member(forger, certificate=shown)]}
    refused("no trusted root", signed_by(forger, CLAIMS, AUTHORIZATION), jwks)


def test_a_certificate_for_another_key_is_refused() -> None:
    forger = new_key()
    stolen = certificate(KEYS.root, KEYS.node)
    jwks = {"keys": [*KEYS.jwks()["keys"], member(forger, certificate=stolen)]}
    refused("another key", signed_by(forger, CLAIMS, AUTHORIZATION), jwks)
    # Under the name of the node whose certificate it is.
    named = member(forger, certificate=stolen) | {"kid": KEYS.node.thumbprint()}
    token = signed_by(forger, CLAIMS, AUTHORIZATION, kid=KEYS.node.thumbprint())
    refused("no certified node key", token, {"keys": [member(KEYS.root), named]})
    refused("signature is not valid", token, {"keys": [*KEYS.jwks()["keys"], named]})


def test_an_authorization_by_a_key_that_is_no_nodes_is_refused() -> None:
    """The root's own key is refused too: a text that it was tricked to sign pays nothing."""
    refused("no certified node", signed_by(KEYS.root, CLAIMS, AUTHORIZATION), KEYS.jwks())


def test_another_token_of_the_root_is_no_certificate() -> None:
    claims = {"iss": ISSUER, "sub": KEYS.node.thumbprint(), "iat": NOW, "exp": NOW + 900}
    claims["jwk"] = KEYS.node.as_dict(private=False)
    other = signed_by(KEYS.root, claims, CHECKPOINT)
    refused("this is not a facepay-node-certificate", KEYS.authorization(CLAIMS), KEYS.jwks(other))


def test_a_forged_key_set_fails_against_a_pinned_root() -> None:
    """An attacker with the service's database or its network publishes a root of their own."""
    forged = SigningKeys()
    token = forged.authorization(CLAIMS)
    pins = [KEYS.root.thumbprint()]
    assert accept(token, forged.jwks()), "without a pin, the key set is what is trusted"
    refused("no trusted root", token, forged.jwks(), pins=pins)
    named = member(forged.root) | {"kid": KEYS.root.thumbprint()}
    refused("no trusted root", token, {"keys": [named, forged.jwks()["keys"][1]]}, pins=pins)


def test_a_checkpoint_signed_by_a_node_key_is_refused() -> None:
    """A node's key lives for minutes; a checkpoint must stay verifiable for years."""
    leaf = Leaf(1, "2026-11-23T12:00:01.000000Z", "x.y", "c" * 64, "", "")
    claims = {"iss": ISSUER, "iat": NOW, "size": 1, "hash": leaf_hash(leaf)}
    with pytest.raises(VerificationFailed, match="no trusted root"):
        verify_log([leaf], signed_by(KEYS.node, claims, CHECKPOINT), KEYS.jwks())
