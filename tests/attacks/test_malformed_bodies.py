"""Malformed JSON bodies and headers are refused by name: none causes a 5xx or is half accepted."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from facepay_client import KeyPair, Request
from tests.support.forgery import post, problem_of, send
from tests.support.people import Payer, PointOfSale, Scenario

INTENTS = "/v1/payment_intents"
ORDER: dict[str, Any] = {"amount_minor": 100, "currency": "EUR", "order_ref": "bread"}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"amount_minor": "100"}, "amount_minor"),
        ({"amount_minor": 100.0}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": None}, "amount_minor"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": 10**30}, "amount_minor"),
        ({"amount_minor": [100]}, "amount_minor"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "EUR\n"}, "currency"),
        ({"currency": {}}, "currency"),
        ({"order_ref": ""}, "order_ref"),
        ({"order_ref": "x" * 101}, "order_ref"),
        ({"order_ref": "nul\x00"}, "order_ref"),
        ({"order_ref": "line\nbreak"}, "order_ref"),
        ({"order_ref": "\ud800"}, "order_ref"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_field_is_named(pos: PointOfSale, change: dict[str, Any], param: str) -> None:
    answer = send(pos.transport, post(INTENTS, {**ORDER, **change}))
    assert problem_of(answer) == (422, "invalid_request")
    assert answer.json()["param"] == param


@pytest.mark.parametrize("missing", sorted(ORDER))
def test_a_missing_field_is_named(pos: PointOfSale, missing: str) -> None:
    body = {name: value for name, value in ORDER.items() if name != missing}
    answer = send(pos.transport, post(INTENTS, body))
    assert (*problem_of(answer), answer.json()["param"]) == (422, "invalid_request", missing)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"amount_minor": 100, "curr',
        b"\xff\xfe\x00",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"{}" + b"\x00",
        b'{"amount_minor": ' + b"9" * 5_000 + b"}",
        b"nonsense",
    ],
    ids=["truncated", "not_utf8", "deep_list", "deep_object", "nul", "long_number", "words"],
)
def test_a_body_that_is_not_json_is_refused(pos: PointOfSale, raw: bytes) -> None:
    answer = send(pos.transport, Request("POST", INTENTS, raw, idempotency_key="k"))
    assert problem_of(answer) == (400, "malformed_request")


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"null", b"1", b"NaN", b"[{}]"])
def test_json_that_is_no_object_is_refused(pos: PointOfSale, raw: bytes) -> None:
    answer = send(pos.transport, Request("POST", INTENTS, raw, idempotency_key="k"))
    assert problem_of(answer) in ((422, "invalid_request"), (400, "malformed_request"))


@pytest.mark.parametrize("profile", ["fast", "", "STANDARD", None, 1, ["no_light"], {}])
def test_an_unknown_profile_is_refused(pos: PointOfSale, grace: Payer, profile: Any) -> None:
    path = f"{INTENTS}/{pos.intent().id}/captures"
    answer = send(pos.transport, post(path, {"payer": grace.alias, "profile": profile}))
    assert (*problem_of(answer), answer.json()["param"]) == (422, "invalid_request", "profile")


def test_a_profile_without_enough_liveness_is_refused(pos: PointOfSale, grace: Payer) -> None:
    path = f"{INTENTS}/{pos.intent().id}/captures"
    answer = send(pos.transport, post(path, {"payer": grace.alias, "profile": "no_motion"}))
    assert problem_of(answer) == (422, "liveness_not_possible")
    assert answer.json()["user_action"] == "use_password"


def test_a_missing_or_foreign_capture_cannot_be_begun(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    reserved = pos.terminal.open_capture(pos.intent().id, grace.alias)
    for transport, name in (
        (pos.transport, "cap_" + "0" * 32),
        (scenario.pos().transport, reserved.id),
        (grace.transport, reserved.id),
    ):
        answer = send(transport, post(f"/v1/captures/{name}/begin"))
        assert problem_of(answer) == (404, "not_found")


def test_an_oversized_body_is_refused(pos: PointOfSale) -> None:
    answer = send(pos.transport, post(INTENTS, {**ORDER, "order_ref": "x" * 70_000}))
    assert problem_of(answer) == (413, "body_too_large")


def test_oversized_frames_are_refused(pos: PointOfSale, grace: Payer) -> None:
    capture = pos.capture(pos.intent().id, grace.alias)
    path = f"/v1/captures/{capture.id}/frames"
    kind = "multipart/form-data; boundary=b"
    body = b"--b\r\n" + b"x" * (4 * 1024 * 1024)
    answer = send(pos.transport, Request("POST", path, body, kind, "k"))
    assert problem_of(answer) == (413, "body_too_large")


def test_a_wrong_media_type_is_refused(pos: PointOfSale) -> None:
    raw = json.dumps(ORDER).encode()
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=b"):
        answer = send(pos.transport, Request("POST", INTENTS, raw, kind, "k"))
        assert problem_of(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("key", [None, "x" * 256, "\u00e9", "two\twords"])
def test_a_missing_or_unusable_idempotency_key_is_refused(
    pos: PointOfSale, key: str | None
) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
    prepared = pos.transport.signed(Request("POST", INTENTS, json.dumps(ORDER).encode()))
    prepared.headers.update(headers)
    answer = pos.transport.send_once(prepared)
    # An added key that the signature does not cover is refused for that already.
    assert problem_of(answer) in ((400, "idempotency_key_missing"), (401, "signature_invalid"))


def test_a_broken_chunk_is_refused(scenario: Scenario) -> None:
    """A body that cannot be read is a 400, also on a request without a signature."""
    address = urlsplit(scenario.service.url)
    head = b"POST /v1/payment_intents HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(head + b"zz\r\n")
        answer = line.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400"), answer[:200]


def test_a_forwarding_header_does_not_change_the_address(pos: PointOfSale) -> None:
    prepared = pos.transport.signed(Request("GET", "/x/v1/health"))
    prepared.headers["SCRIPT_NAME"] = "/x"
    assert problem_of(pos.transport.send_once(prepared))[0] in (400, 404)


def test_one_idempotency_key_for_two_requests_is_refused(pos: PointOfSale) -> None:
    first = send(pos.transport, post(INTENTS, ORDER, "the key"))
    assert first.status_code == 201
    other = send(pos.transport, post(INTENTS, {**ORDER, "amount_minor": 101}, "the key"))
    assert problem_of(other) == (422, "idempotency_key_reused")
    again = send(pos.transport, post(INTENTS, ORDER, "the key"))
    assert again.json() == first.json()


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/nothing", "/v1/payment_intents/%00", "/v1/payment_intents/..%2f..",
     "/v1/payment_intents/pi_" + "g" * 32, "/v1/errors/%FF", "/static/x", "/openapi.json",
     "/v1//health"],
)  # fmt: skip
def test_an_unknown_address_is_not_found(pos: PointOfSale, path: str) -> None:
    assert problem_of(send(pos.transport, Request("GET", path))) == (404, "not_found")


def test_an_unknown_version_is_not_found(pos: PointOfSale) -> None:
    prepared = pos.transport.signed(post(INTENTS, ORDER))
    prepared.headers["Facepay-Version"] = "1999-12-31"
    assert problem_of(pos.transport.send_once(prepared)) == (400, "unsupported_version")


@pytest.mark.parametrize("after", ["x", "-1", "1e3", str(2**70), ""])
def test_a_wrong_page_of_the_log_is_refused(pos: PointOfSale, after: str) -> None:
    answer = send(pos.transport, Request("GET", f"/v1/log/leaves?after={after}"))
    assert problem_of(answer) == (422, "invalid_request")


def test_wrong_keys_are_refused_at_registration(scenario: Scenario) -> None:
    good = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
    bad = [
        good,  # not a point of the curve
        {**good, "crv": "P-384"},
        {**good, "kty": "RSA"},
        {**good, "d": "A" * 43},  # a private key must not be sent at all
        {**good, "x": "!" * 43},
        {},
        None,
        "key",
    ]
    for number, jwk in enumerate(bad):
        request = post("/v1/merchants", {"name": "x", "public_key": jwk}, str(number))
        assert problem_of(send(scenario.operator_transport, request)) == (422, "invalid_request"), (
            jwk
        )


def test_an_alias_or_key_is_registered_once(scenario: Scenario) -> None:
    jwk = KeyPair.generate().public_jwk
    new = {"alias": "the one and only", "password": "long enough", "public_key": jwk}
    first = send(scenario.operator_transport, post("/v1/customers", new, "once"))
    assert first.status_code == 201
    other = {**new, "alias": "another"}
    assert problem_of(send(scenario.operator_transport, post("/v1/customers", other, "two"))) == (
        409,
        "already_exists",
    )
    other = {**new, "public_key": KeyPair.generate().public_jwk}
    assert problem_of(send(scenario.operator_transport, post("/v1/customers", other, "three"))) == (
        409,
        "already_exists",
    )


def test_consent_needs_the_notice_in_force_and_an_end_in_reach(scenario: Scenario) -> None:
    payer = scenario.payer()
    notice = scenario.published.notice()
    good = {
        "purpose": "face_payment",
        "notice_version": notice.version,
        "notice_sha256": notice.sha256,
    }
    bad = [
        ({"purpose": "analytics"}, "purpose"),
        ({"purpose": ["face_payment"]}, "purpose"),
        ({"notice_version": "old"}, "notice_version"),
        ({"notice_sha256": "0" * 64}, "notice_sha256"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59+00:00"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
        ({"expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"bundle": True}, "bundle"),
    ]
    for number, (change, param) in enumerate(bad):
        answer = send(payer.transport, post("/v1/consents", {**good, **change}, str(number)))
        assert (*problem_of(answer), answer.json()["param"]) == (422, "invalid_request", param)
