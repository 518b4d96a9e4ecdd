"""Offline verification of authorizations and the log, and what it must refuse."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey

from facepay_client import Leaf, VerificationFailed, leaf_hash, verify_authorization, verify_log
from tests.support.public_log import log, signed_checkpoint
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
ROOT, NODE, STRANGER = KEYS.root, KEYS.node, new_key()
JWKS = KEYS.jwks()
CLAIMS: dict[str, Any] = {
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


def signed(claims: Any, typ: str = AUTHORIZATION, key: ECKey = NODE, **header: str) -> str:
    return signed_by(key, claims, typ, **header)


def verify(token: str, now: float = NOW, jwks: Any = JWKS, **other: Any) -> Any:
    expected: dict[str, Any] = {
        "expected_issuer": ISSUER,
        "expected_merchant": "mer_1",
        "expected_amount_minor": 1250,
        "expected_currency": "EUR",
        "expected_order_ref": "order-1",
    }
    return verify_authorization(token, jwks=jwks, now=now, **(expected | other))


def test_a_genuine_authorization_verifies() -> None:
    verified = verify(signed(CLAIMS))
    assert (verified.id, verified.payment_intent, verified.amount_minor) == ("auth_1", "pi_1", 1250)


@pytest.mark.parametrize(
    "claim",
    [
        {"iss": "https://other.example"},
        {"aud": "mer_2"},
        {"aud": ["mer_1"]},
        {"merchant": "mer_2"},
        {"amount_minor": 1251},
        {"amount_minor": 1250.0},
        {"amount_minor": "1250"},
        {"currency": "USD"},
        {"order_ref": "order-2"},
        {"exp": NOW},
        {"exp": None},
        {"iat": NOW + 3600},
        {"jti": None},
    ],
    ids=str,
)
def test_a_claim_that_is_not_the_expected_one_is_refused(claim: dict[str, Any]) -> None:
    with pytest.raises(VerificationFailed):
        verify(signed(CLAIMS | claim))


@pytest.mark.parametrize(
    "token",
    [
        signed(CLAIMS, key=STRANGER, kid=NODE.thumbprint()),
        signed(CLAIMS, key=STRANGER),
        signed(CLAIMS, typ=CHECKPOINT),
        signed([CLAIMS]),
        "",
        "a.b.c",
        "e30.e30.",
    ],
    ids=["foreign key", "unknown key", "another kind", "a list", "empty", "nonsense", "unsigned"],
)
def test_what_no_published_key_has_signed_is_refused(token: str) -> None:
    with pytest.raises(VerificationFailed):
        verify(token)


def test_an_authorization_runs_out() -> None:
    assert verify(signed(CLAIMS), now=NOW + 899.9)
    with pytest.raises(VerificationFailed):
        verify(signed(CLAIMS), now=NOW + 900)


def checkpoint(leaves: list[Leaf], **other: Any) -> str:
    return signed_checkpoint(ROOT, leaves, **other)


def test_a_leaf_is_hashed_as_the_protocol_says() -> None:
    leaf = log(1)[0]
    text = (
        'facepay leaf v1\n{"at":"2026-11-23T12:00:01.000000Z","commitment":"' + "c" * 64 + '",'
        f'"kind":"x.y","previous":"{leaf.previous}","seq":1}}'
    )
    assert leaf.hash == hashlib.sha256(text.encode()).hexdigest()


def test_a_genuine_log_verifies_and_may_have_grown_since_its_checkpoint() -> None:
    leaves = log(5)
    verified = verify_log(leaves, checkpoint(leaves[:3]), JWKS, expected_issuer=ISSUER)
    assert (verified.size, verified.hash) == (3, leaves[2].hash)


def test_a_log_that_was_changed_cut_or_reordered_is_refused() -> None:
    leaves = log(4)
    end = checkpoint(leaves)
    changed = [*leaves[:1], replace(leaves[1], kind="other"), *leaves[2:]]
    rehashed = [*leaves[:1], replace(changed[1], hash=leaf_hash(changed[1])), *leaves[2:]]
    for broken in (changed, rehashed, leaves[:3], leaves[1:], leaves[::-1], []):
        with pytest.raises(VerificationFailed):
            verify_log(broken, end, JWKS)


@pytest.mark.parametrize(
    "other", [{"hash": "0" * 64}, {"size": 5}, {"size": -1}, {"size": True}, {"iss": "other"}]
)
def test_a_checkpoint_that_does_not_fit_is_refused(other: dict[str, Any]) -> None:
    leaves = log(4)
    with pytest.raises(VerificationFailed):
        verify_log(leaves, checkpoint(leaves, **other), JWKS, expected_issuer=ISSUER)


def test_an_authorization_is_no_checkpoint() -> None:
    leaves = log(2)
    claims = {"size": 2, "hash": leaves[-1].hash, "iat": NOW}
    with pytest.raises(VerificationFailed):
        verify_log(leaves, signed(claims, key=ROOT), JWKS)


def test_an_authorization_may_outlive_the_certificate_of_the_key_that_signed_it() -> None:
    late = signed(CLAIMS | {"iat": NOW + CERTIFIED_FOR - 1, "exp": NOW + CERTIFIED_FOR + 899})
    assert verify(late, now=NOW + CERTIFIED_FOR + 898)


def test_a_signer_that_waited_for_its_certificate_has_signed_nothing_wrong() -> None:
    assert verify(signed(CLAIMS | {"iat": NOW - 60}))
    with pytest.raises(VerificationFailed, match="was not certified"):
        verify(signed(CLAIMS | {"iat": NOW - 61}))


def test_a_key_that_cannot_be_read_spoils_no_other() -> None:
    odd = [{"kty": "RSA"}, {"kty": "EC", "crv": "P-256"}, member(NODE) | {"x": "!"}, {}]
    assert verify(signed(CLAIMS), jwks={"keys": odd + JWKS["keys"]})


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": ["a"]}, {"keys": []}], ids=str)
def test_without_a_key_set_nothing_verifies(jwks: Any) -> None:
    with pytest.raises(VerificationFailed):
        verify(signed(CLAIMS), jwks=jwks)


@pytest.mark.parametrize(
    "other",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"sub": STRANGER.thumbprint()},
        {"jwk": STRANGER.as_dict(private=False)},
        {"jwk": None},
        {"jwk": "NODE"},
        {"iat": NOW + 61},
        {"iat": None},
        {"exp": NOW},
        {"exp": None},
        {"exp": True},
        {"signed_until": NOW + 899},
        {"signed_until": None},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_certificate_that_does_not_say_what_it_must_certifies_nothing(
    other: dict[str, Any],
) -> None:
    with pytest.raises(VerificationFailed):
        verify(signed(CLAIMS), jwks=KEYS.jwks(certificate(ROOT, NODE, **other)))


@pytest.mark.parametrize(
    "shown",
    ["", "a.b.c", certificate(ROOT, NODE, typ=AUTHORIZATION)],
    ids=["empty", "no_jws", "another_typ"],
)
def test_what_is_no_certificate_certifies_nothing(shown: str) -> None:
    jwks = {"keys": [member(ROOT), member(NODE, certificate=shown)]}
    with pytest.raises(VerificationFailed):
        verify(signed(CLAIMS), jwks=jwks)


def test_a_pinned_root_is_the_only_one_that_counts() -> None:
    leaves = log(2)
    for pins in ([ROOT.thumbprint()], {STRANGER.thumbprint(), ROOT.thumbprint()}):
        assert verify(signed(CLAIMS), expected_root_thumbprints=pins)
        assert verify_log(leaves, checkpoint(leaves), JWKS, expected_root_thumbprints=pins)
    pins = [STRANGER.thumbprint()]
    with pytest.raises(VerificationFailed):
        verify(signed(CLAIMS), expected_root_thumbprints=pins)
    with pytest.raises(VerificationFailed):
        verify_log(leaves, checkpoint(leaves), JWKS, expected_root_thumbprints=pins)
