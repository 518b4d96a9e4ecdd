"""Events of a merchant's backend and of the operator over HTTP: signed, and only their own."""

from collections.abc import Iterator

import pytest

from facepay.usecases.webhooks.deliver import deliver
from facepay_client import Credentials, Problem
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario
from tests.support.receiver import Receiver, receiving


@pytest.fixture
def shop() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def operator_receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def pay(pos: PointOfSale, payer: Payer) -> str:
    intent = pos.intent(4250)
    credentials = Credentials(PASSWORD, payer.code())
    assert pos.terminal.use_password(intent.id, payer.alias, credentials).state == "approved"
    return intent.id


def deliver_all(scenario: Scenario) -> None:
    while deliver(scenario.service.deps):
        pass


def test_merchant_and_operator_get_verifiable_events_of_a_payment(
    scenario: Scenario, pos: PointOfSale, shop: Receiver, operator_receiver: Receiver
) -> None:
    deliver_all(scenario)
    of_shop = pos.merchant.register_webhook(shop.url)
    for_operator = scenario.operator.register_webhook(operator_receiver.url)
    assert of_shop.secret is not None
    assert for_operator.secret is not None
    payer = scenario.payer()
    paid = pay(pos, payer)
    pos.merchant.reverse(paid)
    deliver_all(scenario)
    events = [came.verified(of_shop.secret) for came in shop.came]
    assert [each["type"] for each in events] == ["payment.approved", "payment.reversed"]
    assert {each["data"]["payment_intent"] for each in events} == {paid}
    assert events[0]["data"]["amount_minor"] == 4250
    to_operator = [came.verified(for_operator.secret)["type"] for came in operator_receiver.came]
    assert to_operator == ["second_factor.added", "payment.approved", "payment.reversed"]
    scenario.operator.disable_webhook(for_operator.id)


def test_a_merchant_sees_no_other_merchants_payments_and_nothing_of_the_customer(
    scenario: Scenario, pos: PointOfSale, shop: Receiver
) -> None:
    deliver_all(scenario)
    pos.merchant.register_webhook(shop.url)
    other, payer = scenario.pos(), scenario.payer()
    pay(other, payer)
    mine = pay(pos, payer)
    deliver_all(scenario)
    (came,) = shop.came
    assert mine.encode() in came.body
    with scenario.service.deps.unit_of_work() as uow:
        customer = uow.customers.find(alias=payer.alias)
    assert customer is not None
    for of_the_payer in (payer.alias, customer.id, payer.factor_id, "face", "password", "method"):
        assert of_the_payer.encode() not in came.body


def test_an_endpoint_is_listed_without_its_secret_until_it_is_disabled(
    scenario: Scenario, pos: PointOfSale, shop: Receiver
) -> None:
    registered = pos.merchant.register_webhook(shop.url)
    (listed,) = pos.merchant.get_webhooks()
    assert (listed.secret, listed.url, listed.state) == (None, shop.url, "enabled")
    assert pos.merchant.disable_webhook(registered.id).state == "disabled"
    pay(pos, scenario.payer())
    deliver_all(scenario)
    assert shop.came == []


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "https://169.254.169.254/latest", "nonsense", "file:///etc/passwd"]
)
def test_a_forbidden_address_is_refused_with_an_explanation(pos: PointOfSale, url: str) -> None:
    with pytest.raises(Problem) as refusal:
        pos.merchant.register_webhook(url)
    assert (refusal.value.status, refusal.value.code) == (422, "invalid_request")
    assert refusal.value.param == "url"


def test_a_terminal_cannot_register_an_endpoint(pos: PointOfSale, shop: Receiver) -> None:
    with pytest.raises(Problem) as refusal:
        pos.transport.post("/v1/webhook_endpoints", {"url": shop.url})
    assert refusal.value.code == "not_allowed"
