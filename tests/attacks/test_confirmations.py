"""A device's confirmation pays one payment; changed, replayed, redirected or stolen, none."""

import base64
import json

import pytest

from facepay_client import Credentials, Intent, KeyPair, Problem, sign_confirmation
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario


@pytest.fixture(scope="module")
def phone(scenario: Scenario, grace: Payer) -> KeyPair:
    return grace.add_device()


def sign_payment(scenario: Scenario, payer: Payer, phone: KeyPair, intent: Intent) -> str:
    payment = payer.customer.get_intent(intent.id)
    return sign_confirmation(phone, payment, now=scenario.service.clock.now().timestamp())


def pay(pos: PointOfSale, payer: Payer, intent: Intent, confirmation: str) -> str:
    use_password = pos.terminal.use_password
    credentials = Credentials(PASSWORD, confirmation=confirmation)
    return use_password(intent.id, payer.alias, credentials).state


def test_password_and_device_key_pay_at_the_terminal_and_from_the_own_device(
    scenario: Scenario, pos: PointOfSale, grace: Payer, phone: KeyPair
) -> None:
    at_terminal, at_home = pos.intent(), pos.intent()
    assert (
        pay(pos, grace, at_terminal, sign_payment(scenario, grace, phone, at_terminal))
        == "approved"
    )
    confirmation = sign_payment(scenario, grace, phone, at_home)
    paid = grace.customer.use_password(at_home.id, Credentials(PASSWORD, confirmation=confirmation))
    assert paid.state == "approved"
    assert pos.terminal.get_intent(at_home.id).authorization == paid.authorization


def test_a_face_is_confirmed_from_the_own_device(
    scenario: Scenario, pos: PointOfSale, grace: Payer, phone: KeyPair
) -> None:
    intent = pos.intent()
    scenario.show_face(pos, intent, grace, "grace")
    paid = grace.customer.confirm_payment(intent.id, sign_payment(scenario, grace, phone, intent))
    assert paid.state == "approved"


def test_a_confirmation_with_one_cent_changed_pays_nothing(
    scenario: Scenario, pos: PointOfSale, grace: Payer, phone: KeyPair
) -> None:
    """Change the signed amount, or show one amount at the terminal and request another."""
    cheap, dear = pos.intent(1999), pos.intent(2000)
    confirmation = sign_payment(scenario, grace, phone, cheap)
    header, payload, signature = confirmation.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    text = json.dumps({**claims, "amount_minor": 2000, "payment_intent": dear.id})
    forged = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    assert pay(pos, grace, dear, f"{header}.{forged}.{signature}") == "declined"
    assert pay(pos, grace, dear, confirmation) == "declined"
    assert pay(pos, grace, cheap, confirmation) == "approved"


def test_a_replayed_confirmation_pays_nothing(
    scenario: Scenario, pos: PointOfSale, grace: Payer, phone: KeyPair
) -> None:
    intent = pos.intent()
    confirmation = sign_payment(scenario, grace, phone, intent)
    declined = pos.terminal.use_password(
        intent.id, grace.alias, Credentials("mistyped password", confirmation=confirmation)
    )
    assert declined.state == "declined"
    assert pay(pos, grace, intent, confirmation) == "declined", "it counted once already"
    assert pay(pos, grace, intent, sign_payment(scenario, grace, phone, intent)) == "approved"
    with pytest.raises(Problem) as error:
        pay(pos, grace, intent, confirmation)
    assert error.value.code == "wrong_state"


def test_a_confirmation_for_another_merchant_pays_nothing(
    scenario: Scenario, pos: PointOfSale, grace: Payer, phone: KeyPair
) -> None:
    elsewhere = scenario.pos()
    shown, charged = pos.intent(), elsewhere.intent()
    confirmation = sign_payment(scenario, grace, phone, shown)
    assert pay(elsewhere, grace, charged, confirmation) == "declined"
    with pytest.raises(Problem) as error:
        pay(elsewhere, grace, shown, confirmation)
    assert error.value.code == "not_found"


def test_a_stranger_at_terminals_cannot_keep_the_owners_own_device_from_paying(
    scenario: Scenario, pos: PointOfSale
) -> None:
    payer = scenario.payer()
    phone = payer.add_device()
    for _ in range(7):
        pos.terminal.use_password(
            pos.intent().id, payer.alias, Credentials("a guess of it", "123456")
        )
    intent = pos.intent()
    confirmation = sign_payment(scenario, payer, phone, intent)
    paid = payer.customer.use_password(intent.id, Credentials(PASSWORD, confirmation=confirmation))
    assert paid.state == "approved"


def test_a_stolen_device_key_without_the_password_pays_nothing(
    scenario: Scenario, pos: PointOfSale, grace: Payer, phone: KeyPair
) -> None:
    intent = pos.intent()
    guessed = pos.terminal.use_password(
        intent.id,
        grace.alias,
        Credentials("a guess of it", confirmation=sign_payment(scenario, grace, phone, intent)),
    )
    assert guessed.state == "declined"
    with pytest.raises(Problem) as error:
        grace.customer.confirm_payment(intent.id, sign_payment(scenario, grace, phone, intent))
    assert error.value.code == "wrong_state", "no face was shown that it could confirm"


def test_a_customer_who_copies_a_payment_id_learns_and_pays_nothing(
    scenario: Scenario, pos: PointOfSale, grace: Payer, phone: KeyPair
) -> None:
    """Another customer who knows the payment's id can neither confirm it nor read it later."""
    stranger, intent = scenario.payer(), pos.intent()
    scenario.show_face(pos, intent, grace, "grace")
    confirmation = sign_payment(scenario, grace, phone, intent)
    with pytest.raises(Problem) as error:
        stranger.customer.confirm_payment(intent.id, confirmation)
    assert error.value.code == "not_found"
    assert grace.customer.confirm_payment(intent.id, confirmation).state == "approved"
    with pytest.raises(Problem) as error:
        stranger.customer.get_intent(intent.id)
    assert error.value.code == "not_found"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "123456", "confirmation": "a.b.c"},
        {"confirmation": "a.b"},
        {"confirmation": "a.b.c" * 1000},
        {"confirmation": ["a.b.c"]},
        {"confirmation": None},
    ],
)
def test_a_malformed_second_factor_is_reported_as_malformed(
    scenario: Scenario, pos: PointOfSale, body: dict[str, object]
) -> None:
    with pytest.raises(Problem) as error:
        pos.transport.post(f"/v1/payment_intents/{pos.intent().id}/second_factor", body)
    assert (error.value.status, error.value.code) == (422, "invalid_request")
