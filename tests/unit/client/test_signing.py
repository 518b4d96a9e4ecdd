"""Signed requests, verified with the verifier of http-message-signatures."""

import datetime as dt
from typing import Any

import pytest
import requests
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from facepay_client import KeyPair, Request, Transport, sign

KEY = KeyPair.generate()
NOW = 1_800_000_000.7
CHANGE = Request("POST", "/v1/payment_intents", b'{"amount_minor": 990}', idempotency_key="k-1")


class _Known(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id: str) -> bytes | None:
        return KEY.public_pem.encode() if key_id == KEY.keyid else None


class _Verifier(HTTPMessageVerifier):
    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Accept every time: the tests check `created` themselves."""


def verified(message: requests.PreparedRequest, body: bytes | None) -> Any:
    verifier = _Verifier(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=_Known())
    (result,) = verifier.verify(message, max_age=None, expect_tag="facepay", body=body)
    return result


def covered(result: Any) -> set[str]:
    return {name.strip('"') for name in result.covered_components} - {"@signature-params"}


def transport(clock: float = NOW) -> Transport:
    return Transport("https://pay.example", KEY, clock=lambda: clock)


def test_a_change_covers_method_address_body_and_idempotency_key() -> None:
    signed = transport().signed(CHANGE)
    assert covered(verified(signed, CHANGE.content)) == {
        "@method",
        "@target-uri",
        "content-digest",
        "content-type",
        "idempotency-key",
    }
    assert signed.headers["Content-Digest"].startswith("sha-256=:")


def test_reading_covers_the_whole_address_with_its_query() -> None:
    signed = transport().signed(Request("GET", "/v1/log/leaves?after=3"))
    assert covered(verified(signed, None)) == {"@method", "@target-uri"}
    signed.url = "https://pay.example/v1/log/leaves?after=4"
    with pytest.raises(InvalidSignature):
        verified(signed, None)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Idempotency-Key", "k-2"),
        ("Content-Type", "text/plain"),
        ("Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
    ],
)
def test_changing_a_covered_header_breaks_the_signature(header: str, value: str) -> None:
    signed = transport().signed(CHANGE)
    signed.headers[header] = value
    with pytest.raises(InvalidSignature):
        verified(signed, CHANGE.content)


def test_one_changed_cent_breaks_the_signature() -> None:
    signed = transport().signed(CHANGE)
    with pytest.raises(InvalidSignature):
        verified(signed, CHANGE.content.replace(b"990", b"991"))


def test_the_time_is_the_injected_clocks() -> None:
    parameters = verified(transport().signed(CHANGE), CHANGE.content).parameters
    assert parameters["created"] == int(NOW)
    assert parameters["keyid"] == KEY.keyid


def test_signing_again_takes_a_fresh_nonce_and_stays_one_signature() -> None:
    signed = transport().signed(CHANGE)
    first = verified(signed, CHANGE.content).parameters["nonce"]
    later = NOW + 5
    nonce = sign(signed, CHANGE.content, key=KEY, clock=lambda: later)
    again = verified(signed, CHANGE.content).parameters
    assert again["nonce"] == nonce != first
    assert 16 <= len(nonce) <= 128
    assert dt.datetime.fromtimestamp(again["created"], dt.UTC).timestamp() == int(later)


def test_without_a_key_nothing_is_signed() -> None:
    unsigned = Transport("https://pay.example").signed(Request("GET", "/v1/health"))
    assert not {"Signature", "Signature-Input"} & set(unsigned.headers)
