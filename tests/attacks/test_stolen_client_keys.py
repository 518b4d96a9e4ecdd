"""A stolen key of a terminal, a merchant or a device ends with its withdrawal.

Each test steals a key, lets its owner withdraw it, and then tries everything.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from facepay_client import (
    Credentials,
    Customer,
    KeyPair,
    Merchant,
    Problem,
    Request,
    Terminal,
    Transport,
)
from facepay_client.capture import build_body
from facepay_client.device import Device
from tests.support.forgery import post, problem_of, send
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario, genuine
from tests.support.thief import (
    AT_ONCE,
    INTENTS,
    ORDER,
    WITHDRAWN,
    device_payment,
    refused,
    together,
)


def test_a_withdrawn_terminal_key_opens_begins_sends_and_reads_nothing_on_both_workers(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    key = pos.transport.key
    open_intent, reserving, begun_for = pos.intent(), pos.intent(), pos.intent()
    reserved = pos.terminal.open_capture(reserving.id, grace.alias)
    capture = pos.capture(begun_for.id, grace.alias)
    frames = genuine("grace", capture.challenge, 2)
    burst = build_body(capture, frames, key=key, device=Device())
    pos.merchant.withdraw_terminal_key(pos.id)
    tries = {
        "opens an intent": post(INTENTS, ORDER),
        "opens a capture": post(f"{INTENTS}/{open_intent.id}/captures", {"payer": grace.alias}),
        "begins a capture": post(f"/v1/captures/{reserved.id}/begin"),
        "sends frames": Request(
            "POST", f"/v1/captures/{capture.id}/frames", burst.content, burst.content_type, "burst"
        ),
        "sends a code": post(f"{INTENTS}/{begun_for.id}/second_factor", {"code": "123456"}),
        "takes a password": post(
            f"{INTENTS}/{open_intent.id}/use_password",
            {"payer": grace.alias, "password": PASSWORD, "code": "123456"},
        ),
        "reads": Request("GET", f"{INTENTS}/{open_intent.id}"),
    }
    answers = {name: together(scenario, key, request) for name, request in tries.items()}
    assert answers == {name: {WITHDRAWN} for name in tries}


def test_nobody_pays_what_a_stolen_terminal_opened_before_it_was_withdrawn(
    scenario: Scenario, pos: PointOfSale
) -> None:
    """The payer's own device confirms, and also the terminal with its new key."""
    payer = scenario.payer()
    device, now = payer.add_device(), scenario.service.clock.now
    intents = [pos.intent() for _ in range(2)]
    signed = [device_payment(payer, device, each.id, now().timestamp()) for each in intents]
    new_key = KeyPair.generate()
    pos.merchant.replace_terminal_key(pos.id, new_key.public_jwk)
    renewed = Terminal(scenario.transport(new_key))
    assert refused(lambda: payer.customer.use_password(intents[0].id, signed[0])) == (
        410,
        "intent_expired",
    )
    assert refused(lambda: renewed.use_password(intents[1].id, payer.alias, signed[1])) == (
        410,
        "intent_expired",
    )
    assert renewed.create_intent(100, "EUR", "a new one").state == "created"


def test_only_a_valid_signature_of_the_key_learns_that_it_was_withdrawn(
    scenario: Scenario, pos: PointOfSale
) -> None:
    key = pos.transport.key
    request = Request("GET", f"{INTENTS}/{pos.intent().id}")
    old = pos.transport.signed(request)
    pos.merchant.withdraw_terminal_key(pos.id)
    stranger = scenario.transport(KeyPair.generate())
    forged = stranger.signed(request)
    own = stranger.key.keyid
    headers = forged.headers
    headers["Signature-Input"] = headers["Signature-Input"].replace(own, key.keyid)
    invalid = (401, "signature_invalid")
    assert problem_of(stranger.send_once(forged)) == invalid
    assert problem_of(send(scenario.transport(KeyPair.generate()), request)) == invalid
    unsigned = requests.get(scenario.service.url + request.path, timeout=10)
    assert problem_of(unsigned) == (401, "signature_missing")
    scenario.service.clock.advance(61)
    assert problem_of(pos.transport.send_once(old)) == (401, "signature_stale")


def test_a_stolen_device_is_withdrawn_by_its_owner_with_any_one_credential(
    scenario: Scenario,
) -> None:
    payer = scenario.payer()
    codes = payer.customer.make_recovery_codes(Credentials(PASSWORD, payer.code())).codes
    assert codes is not None
    proofs = {
        "password": lambda: Credentials(password=PASSWORD),
        "code": lambda: Credentials(code=payer.code()),
        "recovery code": lambda: Credentials(recovery_code=codes[0]),
    }
    for name, proof in proofs.items():
        stolen = KeyPair.generate()
        payer.customer.add_device(name, stolen.public_jwk, Credentials(PASSWORD, payer.code()))
        thief = Customer(scenario.transport(stolen))
        assert thief.get_devices()[-1].name == name
        payer.customer.withdraw_device(stolen.keyid, proof())
        assert refused(thief.get_devices) == WITHDRAWN, name
        assert refused(thief.get_activity) == WITHDRAWN, name
        assert refused(lambda: thief.begin_enrolment(Credentials(PASSWORD))) == WITHDRAWN, name  # noqa: B023 - called at once
    assert len(payer.customer.get_devices()) == 1


def test_a_thief_of_a_device_without_a_credential_withdraws_and_adds_nothing(
    scenario: Scenario,
) -> None:
    payer = scenario.payer()
    thief, own = payer.customer, payer.transport.key.keyid
    for guess in (Credentials(), Credentials(password="a wrong guess"), Credentials(code="000000")):
        with pytest.raises(Problem) as withdrawing:
            thief.withdraw_device(own, guess)
        assert withdrawing.value.code == "credentials_rejected"
    mine = KeyPair.generate()
    for guess in (Credentials(PASSWORD), Credentials("a wrong guess", payer.code())):
        with pytest.raises(Problem) as adding:
            thief.add_device("mine", mine.public_jwk, guess)
        assert adding.value.code == "credentials_rejected"
    assert [each.keyid for each in payer.customer.get_devices()] == [own]


def test_a_withdrawn_key_withdraws_no_others_and_never_comes_back(
    scenario: Scenario, pos: PointOfSale
) -> None:
    payer, stolen = scenario.payer(), KeyPair.generate()
    own = payer.transport.key.keyid
    payer.customer.add_device("stolen", stolen.public_jwk, Credentials(PASSWORD, payer.code()))
    payer.customer.withdraw_device(stolen.keyid, Credentials(PASSWORD))
    thief = Customer(scenario.transport(stolen))
    assert refused(lambda: thief.withdraw_device(own, Credentials(PASSWORD))) == WITHDRAWN
    again = Credentials(PASSWORD, payer.code())
    assert refused(lambda: payer.customer.add_device("again", stolen.public_jwk, again)) == (
        409,
        "already_exists",
    )
    old = pos.merchant
    new = KeyPair.generate()
    old.replace_key(new.public_jwk)
    assert refused(lambda: old.withdraw_terminal_key(pos.id)) == WITHDRAWN
    assert refused(lambda: old.replace_key(KeyPair.generate().public_jwk)) == WITHDRAWN
    assert pos.intent().state == "created", "the terminal goes on"
    listed = Merchant(scenario.transport(new)).get_terminals()
    assert [each.keyids for each in listed] == [(pos.transport.key.keyid,)]


def test_others_withdraw_nothing_that_is_not_theirs(scenario: Scenario, pos: PointOfSale) -> None:
    other, payer, victim = scenario.pos(), scenario.payer(), scenario.payer()
    foreign = victim.transport.key.keyid
    assert refused(lambda: other.merchant.withdraw_terminal_key(pos.id)) == (404, "not_found")
    key = KeyPair.generate().public_jwk
    assert refused(lambda: other.merchant.replace_terminal_key(pos.id, key)) == (404, "not_found")
    proof = Credentials(PASSWORD)
    assert refused(lambda: payer.customer.withdraw_device(foreign, proof)) == (404, "not_found")
    for transport in (pos.transport, payer.transport, pos.merchant._transport):
        for path in (f"/v1/terminals/{pos.id}", f"/v1/merchants/{pos.merchant_id}"):
            answer = send(transport, post(f"{path}/suspend", {}, path))
            assert problem_of(answer) == (403, "not_allowed")
    assert pos.intent().state == "created"


def test_a_merchants_old_and_new_key_are_never_both_in_force(
    scenario: Scenario, pos: PointOfSale
) -> None:
    """Thief and owner replace the same key at the same moment: one of them wins, for good."""
    transport: Transport = pos.merchant._transport
    keys = [KeyPair.generate() for _ in range(AT_ONCE)]

    def replace(new: KeyPair) -> bool:
        body = {"public_key": new.public_jwk}
        own = scenario.transport(transport.key)
        answer = send(own, post("/v1/merchants/replace_key", body, new.keyid))
        return answer.status_code == 200 or problem_of(answer) != WITHDRAWN

    with ThreadPoolExecutor(AT_ONCE) as pool:
        won = list(pool.map(replace, keys))
    assert won.count(True) == 1
    assert refused(lambda: pos.merchant.get_terminals()) == WITHDRAWN
    winner = Merchant(scenario.transport(keys[won.index(True)]))
    assert len(winner.get_terminals()) == 1
