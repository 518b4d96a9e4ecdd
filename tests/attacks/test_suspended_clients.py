"""Operators suspend and withdraw: one alone for at most an hour, two together for good."""

import pytest

from facepay_client import (
    KeyPair,
    Merchant,
    Operator,
    Terminal,
)
from tests.support.forgery import post, problem_of, send
from tests.support.people import PointOfSale, Scenario
from tests.support.thief import (
    INTENTS,
    ORDER,
    SUSPENDED,
    WITHDRAWN,
    another_operator,
    by_two,
    device_payment,
    refused,
    together,
)


@pytest.fixture(scope="module")
def second(scenario: Scenario) -> Operator:
    return another_operator(scenario)


def test_one_operator_alone_suspends_for_at_most_an_hour(
    scenario: Scenario, pos: PointOfSale, second: Operator
) -> None:
    longer = post(f"/v1/terminals/{pos.id}/suspend", {"minutes": 61}, "too long")
    assert problem_of(send(scenario.operator_transport, longer)) == (422, "invalid_request")
    scenario.operator.suspend_terminal(pos.id, minutes=60)
    assert refused(pos.intent) == SUSPENDED
    in_state = (409, "wrong_state")
    for operator in (scenario.operator, second):
        assert refused(lambda: operator.suspend_terminal(pos.id)) == in_state  # noqa: B023
    scenario.service.clock.advance(3600)
    assert pos.intent().state == "created"
    for operator in (scenario.operator, second):
        assert refused(lambda: operator.suspend_terminal(pos.id)) == in_state  # noqa: B023
    action = scenario.operator.request_action("suspend", {"terminal": pos.id})
    assert refused(lambda: scenario.operator.approve_action(action.id)) == (
        403,
        "second_operator_needed",
    )
    withdrawal = scenario.operator.request_action("withdraw_key", {"terminal": pos.id})
    assert withdrawal.state == "requested"
    assert pos.intent().state == "created", "one operator alone withdraws nothing"


def test_a_suspended_merchant_and_its_terminals_do_nothing_until_two_operators_resume_it(
    scenario: Scenario, pos: PointOfSale, second: Operator
) -> None:
    payer = scenario.payer()
    device, now = payer.add_device(), scenario.service.clock.now().timestamp()
    intent = pos.intent()
    signed = device_payment(payer, device, intent.id, now)
    assert by_two(scenario, second, "suspend", merchant=pos.merchant_id) == "done"
    key = pos.transport.key
    assert together(scenario, key, post(INTENTS, ORDER)) == {SUSPENDED}
    assert refused(lambda: payer.customer.use_password(intent.id, signed)) == (
        410,
        "intent_expired",
    )
    new = KeyPair.generate().public_jwk
    for act in (
        lambda: pos.terminal.get_intent(intent.id),
        lambda: pos.merchant.get_intent(intent.id),
        lambda: pos.merchant.register_terminal("another", new),
        lambda: pos.merchant.replace_key(new),
    ):
        assert refused(act) == SUSPENDED
    scenario.service.clock.advance(2 * 3600)
    assert refused(pos.intent) == SUSPENDED
    assert by_two(scenario, second, "resume", merchant=pos.merchant_id) == "done"
    assert pos.intent().state == "created"


def test_two_operators_end_a_stolen_merchant_key_and_give_its_owner_a_new_one(
    scenario: Scenario, pos: PointOfSale, second: Operator
) -> None:
    thief, planted = pos.merchant, KeyPair.generate()
    planted_id = thief.register_terminal("planted", planted.public_jwk).id
    owners = KeyPair.generate()
    target = {"merchant": pos.merchant_id, "public_key": owners.public_jwk}
    assert by_two(scenario, second, "replace_key", **target) == "done"
    assert refused(lambda: thief.replace_key(planted.public_jwk)) == WITHDRAWN
    owner = Merchant(scenario.transport(owners))
    assert {each.id for each in owner.get_terminals()} == {pos.id, planted_id}
    owner.withdraw_terminal_key(planted_id)
    planted_terminal = Terminal(scenario.transport(planted))
    assert refused(lambda: planted_terminal.create_intent(1, "EUR", "x")) == WITHDRAWN


def test_two_operators_withdraw_a_stolen_operator_key_with_all_that_it_requested(
    scenario: Scenario, pos: PointOfSale, second: Operator
) -> None:
    stolen = another_operator(scenario)
    waiting = stolen.request_action("withdraw_key", {"terminal": pos.id})
    keyid = stolen._transport.key.keyid
    assert by_two(scenario, second, "withdraw_key", key=keyid) == "done"
    assert refused(lambda: stolen.suspend_terminal(pos.id)) == WITHDRAWN
    assert refused(lambda: second.approve_action(waiting.id)) == (409, "wrong_state")
    assert pos.intent().state == "created"


def test_two_operators_withdraw_the_devices_of_a_customer_who_calls(
    scenario: Scenario, second: Operator
) -> None:
    payer = scenario.payer()
    assert by_two(scenario, second, "withdraw_key", customer=payer.alias) == "done"
    assert refused(payer.customer.get_devices) == WITHDRAWN
