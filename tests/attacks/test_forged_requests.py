"""Unsigned, forged, altered, stale and replayed requests are refused."""

import json
from typing import Any

import pytest
import requests

from facepay_client import Credentials, KeyPair, Problem, Request, RetryPolicy, Transport
from tests.support.forgery import post, problem_of, send
from tests.support.people import Payer, PointOfSale, Scenario, genuine

ORDER = {"amount_minor": 100, "currency": "EUR", "order_ref": "bread"}
INTENTS = "/v1/payment_intents"
UNSIGNED, FORGED = (401, "signature_missing"), (401, "signature_invalid")


def test_an_unsigned_request_is_refused(scenario: Scenario) -> None:
    for method, path in (("POST", INTENTS), ("GET", f"{INTENTS}/pi_{'0' * 32}")):
        answer = requests.request(method, scenario.service.url + path, json=ORDER, timeout=10)
        assert problem_of(answer) == UNSIGNED


def test_a_request_signed_with_an_unknown_key_is_refused(scenario: Scenario) -> None:
    stranger = scenario.transport(KeyPair.generate())
    assert problem_of(send(stranger, post(INTENTS, ORDER))) == FORGED


def test_a_request_signed_with_another_key_under_a_known_keyid_is_refused(
    scenario: Scenario, pos: PointOfSale
) -> None:
    mine = scenario.transport(KeyPair.generate())
    theirs = pos.transport.signed(post(INTENTS, ORDER)).headers["Signature-Input"]
    keyid = theirs.split('keyid="')[1].split('"')[0]
    prepared = mine.signed(post(INTENTS, ORDER))
    own = prepared.headers["Signature-Input"].split('keyid="')[1].split('"')[0]
    prepared.headers["Signature-Input"] = prepared.headers["Signature-Input"].replace(own, keyid)
    assert problem_of(mine.send_once(prepared)) == FORGED


def test_a_tampered_amount_is_refused(pos: PointOfSale) -> None:
    dearer = json.dumps({**ORDER, "amount_minor": 101}).encode()
    assert problem_of(send(pos.transport, post(INTENTS, ORDER), body=dearer)) == FORGED


def test_a_tampered_amount_with_a_matching_digest_is_refused(pos: PointOfSale) -> None:
    dearer = json.dumps({**ORDER, "amount_minor": 101}).encode()
    digest = pos.transport.signed(Request("POST", INTENTS, dearer)).headers["Content-Digest"]
    headers = {"Content-Digest": digest}
    assert (
        problem_of(send(pos.transport, post(INTENTS, ORDER), body=dearer, headers=headers))
        == FORGED
    )


@pytest.mark.parametrize(
    "bent",
    [
        {"headers": {"Idempotency-Key": "another"}},
        {"headers": {"Content-Type": "application/json; charset=utf-7"}},
        {"headers": {"Content-Digest": None}},
        {"headers": {"Signature": "sig=:AAAA:"}},
        {"headers": {"Signature": "not a dictionary", "Signature-Input": "((("}},
        {"method": "PUT"},
    ],
    ids=["idempotency_key", "content_type", "no_digest", "signature", "garbage", "method"],
)
def test_tampered_headers_are_refused(pos: PointOfSale, bent: dict[str, Any]) -> None:
    answer = send(pos.transport, post(INTENTS, ORDER), **bent)
    assert problem_of(answer) in (FORGED, (405, "method_not_allowed"))


def test_a_tampered_target_is_refused(scenario: Scenario, pos: PointOfSale) -> None:
    mine, other = pos.intent(), pos.intent()
    reverse = post(f"{INTENTS}/{mine.id}/choose_alternative")
    bent = f"{scenario.service.url}{INTENTS}/{other.id}/choose_alternative"
    assert problem_of(send(pos.transport, reverse, url=bent)) == FORGED
    with_query = f"{scenario.service.url}{INTENTS}/{mine.id}/choose_alternative?x=1"
    assert problem_of(send(pos.transport, reverse, url=with_query)) == FORGED


def test_a_request_signed_for_another_host_is_refused(scenario: Scenario, pos: PointOfSale) -> None:
    """The service refuses a signed request that was captured on its way to another service."""
    key = pos.transport._key
    elsewhere = Transport("http://pay.elsewhere.example", key, clock=pos.transport._clock)
    prepared = elsewhere.signed(post(INTENTS, ORDER))
    prepared.url = scenario.service.url + INTENTS
    prepared.headers["Host"] = "pay.elsewhere.example"
    assert problem_of(pos.transport.send_once(prepared)) == FORGED


@pytest.mark.parametrize("seconds", [-61, 62, -(10**6), 10**9])
def test_a_stale_or_future_request_is_refused(
    scenario: Scenario, pos: PointOfSale, seconds: int
) -> None:
    now = scenario.service.clock.now().timestamp()
    off = Transport(scenario.service.url, pos.transport._key, clock=lambda: now + seconds)
    assert problem_of(send(off, post(INTENTS, ORDER))) == (401, "signature_stale")


def test_a_replayed_nonce_is_refused(pos: PointOfSale) -> None:
    prepared = pos.transport.signed(post(INTENTS, ORDER))
    assert pos.transport.send_once(prepared).status_code == 201
    for _ in range(4):  # whichever worker it lands on
        assert problem_of(pos.transport.send_once(prepared)) == (401, "nonce_replayed")


def test_a_nonce_replayed_at_the_end_of_its_window_is_refused(
    scenario: Scenario, pos: PointOfSale
) -> None:
    """The service remembers a nonce for as long as it accepts the signature over it."""
    now = scenario.service.clock.now().timestamp()
    ahead = Transport(scenario.service.url, pos.transport._key, clock=lambda: now + 55)
    prepared = ahead.signed(post(INTENTS, ORDER))
    assert ahead.send_once(prepared).status_code == 201
    scenario.service.clock.advance(100)
    assert problem_of(ahead.send_once(prepared)) == (401, "nonce_replayed")


def test_two_signatures_on_one_request_are_refused(pos: PointOfSale) -> None:
    prepared = pos.transport.signed(post(INTENTS, ORDER))
    for name in ("Signature", "Signature-Input"):
        value = prepared.headers[name]
        label, rest = value.split("=", 1)
        prepared.headers[name] = f"{value}, {label}2={rest}"
    assert problem_of(pos.transport.send_once(prepared)) == FORGED


def test_each_role_may_send_only_its_own_requests(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    shut = [
        (pos.transport, post("/v1/merchants", {})),
        (pos.transport, post("/v1/consents", {})),
        (pos.transport, post(f"/v1/enrolments/{grace.enrolment_id}/revoke", {})),
        (grace.transport, post(INTENTS, ORDER)),
        (grace.transport, post("/v1/customers", {})),
        (scenario.operator_transport, post(INTENTS, ORDER)),
        (scenario.operator_transport, post("/v1/enrolments", {})),
    ]
    for transport, request in shut:
        assert problem_of(send(transport, request)) == (403, "not_allowed")


def test_another_merchants_payment_cannot_be_seen_or_touched(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    capture = pos.capture(intent.id, grace.alias)
    stranger = scenario.pos()
    forged = [
        Request("GET", f"{INTENTS}/{intent.id}"),
        post(f"{INTENTS}/{intent.id}/captures", {"payer": grace.alias}, "a"),
        post(f"{INTENTS}/{intent.id}/second_factor", {"code": "123456"}, "b"),
        post(f"{INTENTS}/{intent.id}/reverse", None, "c"),
        post(f"{INTENTS}/{intent.id}/choose_alternative", None, "d"),
        post(
            f"{INTENTS}/{intent.id}/use_password",
            {"payer": grace.alias, "password": "wrong password", "code": "123456"},
            "e",
        ),
    ]
    for request in forged:
        assert problem_of(send(stranger.transport, request)) == (404, "not_found"), request.path
    with pytest.raises(Problem) as error:
        stranger.terminal.send_frames(capture, genuine("grace", capture.challenge, 2))
    assert error.value.code == "not_found"
    assert pos.terminal.get_intent(intent.id).state == "capturing"


def test_another_customers_face_cannot_be_touched(scenario: Scenario, grace: Payer) -> None:
    stranger = scenario.payer()
    with pytest.raises(Problem) as error:
        stranger.customer.revoke_face(
            grace.enrolment_id, Credentials(password="correct horse battery")
        )
    assert error.value.code == "not_found"
    with pytest.raises(Problem) as error:
        stranger.customer.withdraw_consent(grace.consent_id)
    assert error.value.code == "not_found"


def test_unknown_payer_and_payer_without_a_face_get_the_same_answer(
    scenario: Scenario, pos: PointOfSale
) -> None:
    faceless = scenario.payer()
    answers = []
    for alias in (faceless.alias, "nobody at all"):
        request = post(f"{INTENTS}/{pos.intent().id}/captures", {"payer": alias}, alias)
        problem = send(pos.transport, request).json()
        problem.pop("request_id")
        answers.append(problem)
    assert answers[0] == answers[1]


def test_wrong_password_unknown_payer_and_wrong_code_get_the_same_answer(
    pos: PointOfSale, grace: Payer
) -> None:
    tries = [
        (grace.alias, "wrong password", grace.code()),
        (grace.alias, "correct horse battery", grace.wrong_code()),
        ("nobody at all", "correct horse battery", "123456"),
    ]
    answers = []
    for alias, password, code in tries:
        answer = pos.terminal.use_password(pos.intent().id, alias, Credentials(password, code))
        answers.append((answer.state, answer.reason_class, answer.user_action, answer.methods))
    assert len(set(map(str, answers))) == 1
    assert answers[0][0] == "declined"


def test_the_client_retries_with_a_fresh_nonce_and_the_same_key(
    scenario: Scenario, pos: PointOfSale
) -> None:
    """The replay rules cost an honest client nothing."""
    patient = scenario.transport(pos.transport._key, RetryPolicy(attempts=3))
    first = patient.post(INTENTS, ORDER, idempotency_key="same")
    assert patient.post(INTENTS, ORDER, idempotency_key="same") == first
