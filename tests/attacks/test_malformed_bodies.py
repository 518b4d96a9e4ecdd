"""No input may produce a 5xx, and none is half believed: malformed JSON bodies and headers."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from facepay_client import KeyPair, Request
from tests.support.forgery import post, send, told
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
def test_wrong_field(pos: PointOfSale, change: dict[str, Any], param: str) -> None:
    answer = send(pos.transport, post(INTENTS, {**ORDER, **change}))
    assert told(answer) == (422, "invalid_request")
    assert answer.json()["param"] == param


@pytest.mark.parametrize("missing", sorted(ORDER))
def test_missing_field(pos: PointOfSale, missing: str) -> None:
    body = {name: value for name, value in ORDER.items() if name != missing}
    answer = send(pos.transport, post(INTENTS, body))
    assert (*told(answer), answer.json()["param"]) == (422, "invalid_request", missing)


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
def test_not_json(pos: PointOfSale, raw: bytes) -> None:
    answer = send(pos.transport, Request("POST", INTENTS, raw, idempotency_key="k"))
    assert told(answer) == (400, "malformed_request")


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"null", b"1", b"NaN", b"[{}]"])
def test_json_that_is_no_object(pos: PointOfSale, raw: bytes) -> None:
    answer = send(pos.transport, Request("POST", INTENTS, raw, idempotency_key="k"))
    assert told(answer) in ((422, "invalid_request"), (400, "malformed_request"))


@pytest.mark.parametrize("profile", ["fast", "", "STANDARD", None, 1, ["no_light"], {}])
def test_unknown_profile(pos: PointOfSale, grace: Payer, profile: Any) -> None:
    path = f"{INTENTS}/{pos.intent().id}/captures"
    answer = send(pos.transport, post(path, {"payer": grace.alias, "profile": profile}))
    assert (*told(answer), answer.json()["param"]) == (422, "invalid_request", "profile")


def test_profile_that_leaves_too_little(pos: PointOfSale, grace: Payer) -> None:
    path = f"{INTENTS}/{pos.intent().id}/captures"
    answer = send(pos.transport, post(path, {"payer": grace.alias, "profile": "no_motion"}))
    assert told(answer) == (422, "liveness_not_possible")
    assert answer.json()["user_action"] == "use_password"


def test_beginning_what_is_not_there_or_not_ones_own(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    reserved = pos.terminal.open_capture(pos.intent().id, grace.alias)
    for transport, name in (
        (pos.transport, "cap_" + "0" * 32),
        (scenario.pos().transport, reserved.id),
        (grace.transport, reserved.id),
    ):
        answer = send(transport, post(f"/v1/captures/{name}/begin"))
        assert told(answer) == (404, "not_found")


def test_oversized(pos: PointOfSale) -> None:
    answer = send(pos.transport, post(INTENTS, {**ORDER, "order_ref": "x" * 70_000}))
    assert told(answer) == (413, "body_too_large")


def test_oversized_frames(pos: PointOfSale, grace: Payer) -> None:
    capture = pos.capture(pos.intent().id, grace.alias)
    path = f"/v1/captures/{capture.id}/frames"
    kind = "multipart/form-data; boundary=b"
    body = b"--b\r\n" + b"x" * (4 * 1024 * 1024)
    answer = send(pos.transport, Request("POST", path, body, kind, "k"))
    assert told(answer) == (413, "body_too_large")


def test_wrong_media_type(pos: PointOfSale) -> None:
    raw = json.dumps(ORDER).encode()
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=b"):
        answer = send(pos.transport, Request("POST", INTENTS, raw, kind, "k"))
        assert told(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("key", [None, "x" * 256, "\u00e9", "two\twords"])
def test_missing_or_unusable_idempotency_key(pos: PointOfSale, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
    prepared = pos.transport.signed(Request("POST", INTENTS, json.dumps(ORDER).encode()))
    prepared.headers.update(headers)
    answer = pos.transport.send_once(prepared)
    # An added key that the signature does not cover is refused for that already.
    assert told(answer) in ((400, "idempotency_key_missing"), (401, "signature_invalid"))


def test_a_broken_chunk(scenario: Scenario) -> None:
    """Also before anybody has signed anything, a body that cannot be read is a 400."""
    address = urlsplit(scenario.service.url)
    head = b"POST /v1/payment_intents HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(head + b"zz\r\n")
        answer = line.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400"), answer[:200]


def test_a_header_does_not_move_the_address(pos: PointOfSale) -> None:
    prepared = pos.transport.signed(Request("GET", "/x/v1/health"))
    prepared.headers["SCRIPT_NAME"] = "/x"
    assert told(pos.transport.send_once(prepared))[0] in (400, 404)


def test_one_key_for_two_requests(pos: PointOfSale) -> None:
    first = send(pos.transport, post(INTENTS, ORDER, "the key"))
    assert first.status_code == 201
    other = send(pos.transport, post(INTENTS, {**ORDER, "amount_minor": 101}, "the key"))
    assert told(other) == (422, "idempotency_key_reused")
    again = send(pos.transport, post(INTENTS, ORDER, "the key"))
    assert again.json() == first.json()


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/nothing", "/v1/payment_intents/%00", "/v1/payment_intents/..%2f..",
     "/v1/payment_intents/pi_" + "g" * 32, "/v1/errors/%FF", "/static/x", "/openapi.json",
     "/v1//health"],
)  # fmt: skip
def test_unknown_address(pos: PointOfSale, path: str) -> None:
    assert told(send(pos.transport, Request("GET", path))) == (404, "not_found")


def test_unknown_version(pos: PointOfSale) -> None:
    prepared = pos.transport.signed(post(INTENTS, ORDER))
    prepared.headers["Facepay-Version"] = "1999-12-31"
    assert told(pos.transport.send_once(prepared)) == (400, "unsupported_version")


@pytest.mark.parametrize("after", ["x", "-1", "1e3", str(2**70), ""])
def test_wrong_page_of_the_log(pos: PointOfSale, after: str) -> None:
    answer = send(pos.transport, Request("GET", f"/v1/log/leaves?after={after}"))
    assert told(answer) == (422, "invalid_request")


def test_wrong_keys_at_registration(scenario: Scenario) -> None:
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
        assert told(send(scenario.operator_transport, request)) == (422, "invalid_request"), jwk


def test_an_alias_or_key_is_registered_once(scenario: Scenario) -> None:
    jwk = KeyPair.generate().public_jwk
    new = {"alias": "the one and only", "password": "long enough", "public_key": jwk}
    first = send(scenario.operator_transport, post("/v1/customers", new, "once"))
    assert first.status_code == 201
    other = {**new, "alias": "another"}
    assert told(send(scenario.operator_transport, post("/v1/customers", other, "two"))) == (
        409,
        "already_exists",
    )
    other = {**new, "public_key": KeyPair.generate().public_jwk}
    assert told(send(scenario.operator_transport, post("/v1/customers", other, "three"))) == (
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
        assert (*told(answer), answer.json()["param"]) == (422, "invalid_request", param)
