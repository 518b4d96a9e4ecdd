"""Signatures of device keys made by the reference client: valid ones are read strictly."""

import base64
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from facepay.adapters.device_keys import JoseDeviceKeys
from facepay.domain.confirmation import CONFIRMATION_TYP
from facepay_client import KeyPair
from facepay_client.confirm import sign_claims

CLAIMS: dict[str, str | int] = {"payment_intent": "pi_1", "amount_minor": 1250, "nonce": "n"}
NOW = 1_764_000_000


@pytest.fixture(scope="module")
def phone() -> KeyPair:
    return KeyPair.generate()


def verified(phone: KeyPair, token: str, typ: str = CONFIRMATION_TYP) -> object:
    return JoseDeviceKeys().verify(token, {phone.keyid: phone.public_pem}, typ=typ)


def test_signed_claims_are_read_back(phone: KeyPair) -> None:
    signed = JoseDeviceKeys().verify(
        sign_claims(phone, CLAIMS, now=NOW), {phone.keyid: phone.public_pem}, typ=CONFIRMATION_TYP
    )
    assert signed is not None
    assert (signed.keyid, signed.claims) == (phone.keyid, {**CLAIMS, "iat": NOW})


def test_a_signature_by_an_unknown_key_is_refused(phone: KeyPair) -> None:
    assert verified(phone, sign_claims(KeyPair.generate(), CLAIMS, now=NOW)) is None
    token = sign_claims(phone, CLAIMS, now=NOW)
    assert JoseDeviceKeys().verify(token, {}, typ=CONFIRMATION_TYP) is None


def test_a_key_cannot_sign_under_anothers_name(phone: KeyPair) -> None:
    thief = ECKey.generate_key("P-256")
    header = {"alg": "ES256", "typ": CONFIRMATION_TYP, "kid": phone.keyid}
    token = jws.serialize_compact(header, json.dumps(CLAIMS), thief, ["ES256"])
    assert verified(phone, token) is None


def test_one_changed_cent_breaks_a_signature(phone: KeyPair) -> None:
    header, _, signature = sign_claims(phone, CLAIMS, now=NOW).split(".")
    dearer = json.dumps({**CLAIMS, "amount_minor": 1251, "iat": NOW}).encode()
    payload = base64.urlsafe_b64encode(dearer).decode().rstrip("=")
    assert verified(phone, f"{header}.{payload}.{signature}") is None


def test_another_kind_of_token_is_refused(phone: KeyPair) -> None:
    assert verified(phone, phone.sign_jws(b"{}", typ="facepay-manifest+jwt")) is None


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"crit": ["exp"], "exp": 1},
        {"jwk": {}},
        {"kid": 7},
        {"kid": None},
    ],
)
def test_a_header_with_missing_or_extra_members_is_refused(
    phone: KeyPair, header: dict[str, Any]
) -> None:
    honest = {"alg": "ES256", "typ": CONFIRMATION_TYP, "kid": phone.keyid}
    _, payload, signature = sign_claims(phone, CLAIMS, now=NOW).split(".")
    encoded = base64.urlsafe_b64encode(json.dumps(honest | header).encode()).decode().rstrip("=")
    assert verified(phone, f"{encoded}.{payload}.{signature}") is None


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"null", b"{", b'{"a": 1, "a": 2}', b"\xff", b"[" * 1400, b"9" * 1500],
)
def test_malformed_claims_are_refused_without_a_crash(phone: KeyPair, payload: bytes) -> None:
    assert verified(phone, phone.sign_jws(payload, typ=CONFIRMATION_TYP)) is None


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.b.c", "....", "e30.e30.e30"])
def test_malformed_tokens_are_refused_without_a_crash(phone: KeyPair, text: str) -> None:
    assert verified(phone, text) is None
