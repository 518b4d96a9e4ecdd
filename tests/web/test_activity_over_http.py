"""The owner's activity over HTTP lists the uses of the face, for the owner only."""

from dataclasses import replace

import pytest

from facepay_client import KeyPair, Merchant, Problem, Terminal
from tests.support.people import Payer, PointOfSale, Scenario


def test_the_owner_sees_a_payment_and_a_strangers_try(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    key, shop = KeyPair.generate(), KeyPair.generate()
    scenario.operator.register_merchant("Bakery", shop.public_jwk)
    merchant = Merchant(scenario.transport(shop))
    merchant.register_terminal("Terminal in Bern", key.public_jwk, city="Bern")
    in_bern = replace(pos, terminal=Terminal(scenario.transport(key)), merchant=merchant)
    for portrait, state in (("eileen", "declined"), ("grace", "approved")):
        intent = in_bern.intent(4250)
        scenario.show_face(in_bern, intent, grace, portrait)
        assert in_bern.terminal.send_code(intent.id, grace.code()).state == state
    paid, tried = grace.customer.get_activity()[:2]
    assert (paid.outcome, tried.outcome) == ("approved", "declined")
    assert (paid.merchant, paid.terminal, paid.city) == ("Bakery", "Terminal in Bern", "Bern")
    assert (paid.amount_minor, paid.currency, paid.on_hold) == (4250, "EUR", False)
    assert grace.customer.get_activity(before=paid.id)[0].id == tried.id


def test_another_customers_activity_cannot_be_read(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    assert scenario.newcomer().customer.get_activity() == []
    with pytest.raises(Problem) as refusal:
        pos.transport.get("/v1/activity")
    assert refusal.value.code == "not_allowed"


@pytest.mark.parametrize("before", ["nonsense", "use_", "use_" + "0" * 32, "use_" + "é" * 32])
def test_a_missing_page_is_refused_with_an_explanation(grace: Payer, before: str) -> None:
    with pytest.raises(Problem) as refusal:
        grace.customer.get_activity(before=before)
    assert (refusal.value.status, refusal.value.code) == (422, "invalid_request")
