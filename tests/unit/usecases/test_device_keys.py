"""Device keys: one signature pays one payment, from the owner's device or at a terminal."""

from dataclasses import replace

import pytest

from facepay.domain.customer import PublicKey
from facepay.domain.errors import (
    FactorUnavailable,
    InvalidRequest,
    NotFound,
    VaultUnavailable,
)
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.payments.authorize import submit_second_factor
from facepay.usecases.payments.intents import read_intent, read_intent_to_confirm
from facepay.usecases.payments.pay_by_password import pay_by_password
from facepay.usecases.responses import IntentAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario, claims_of


@pytest.fixture
def phone(scenario: Scenario, ada: Customer) -> PublicKey:
    return scenario.add_device(ada)


def with_password(credentials: Credentials) -> Credentials:
    return replace(credentials, password=PASSWORD)


def from_own_device(
    scenario: Scenario, payer: Customer, intent: IntentAnswer, credentials: Credentials
) -> IntentAnswer:
    command = scenario.command(payer.caller)
    return pay_by_password(scenario.deps, command, intent.id, None, credentials)


class TestPaying:
    def test_password_and_device_key_pay_at_a_terminal(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.intent()
        credentials = with_password(scenario.confirms(phone, intent, ada))
        assert scenario.pay_by_password(intent, "ada", credentials).state == "approved"

    def test_password_and_device_key_pay_from_the_own_device(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.intent()
        credentials = with_password(scenario.confirms(phone, intent, ada))
        assert from_own_device(scenario, ada, intent, credentials).state == "approved"
        assert read_intent(scenario.deps, scenario.terminal, intent.id).authorization is not None

    def test_face_and_device_key_pay_at_a_terminal(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.show_face(ada)
        assert (
            scenario.show_second_factor(intent, scenario.confirms(phone, intent, ada)).state
            == "approved"
        )

    def test_face_and_device_key_pay_from_the_own_device(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.show_face(ada)
        credentials, command = scenario.confirms(phone, intent, ada), scenario.command(ada.caller)
        assert scenario.show_second_factor(intent, credentials, command).state == "approved"

    def test_a_device_key_alone_pays_nothing(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.intent()
        credentials = scenario.confirms(phone, intent, ada)
        assert from_own_device(scenario, ada, intent, credentials).state == "declined"

    def test_a_strangers_face_is_not_confirmed_by_the_owners_device(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.show_face(ada, "eve")
        assert (
            scenario.show_second_factor(intent, scenario.confirms(phone, intent, ada)).state
            == "declined"
        )


class TestWhatIsSigned:
    @pytest.mark.parametrize(
        "another",
        [
            {"amount_minor": 1251},
            {"amount_minor": 1250.0},
            {"currency": "USD"},
            {"merchant": "mer_another"},
            {"payment_intent": "pi_another"},
            {"nonce": "another"},
            {"and": "more"},
        ],
    )
    def test_a_confirmation_with_one_changed_claim_pays_nothing(
        self, scenario: Scenario, ada: Customer, phone: PublicKey, another: dict[str, str | int]
    ) -> None:
        intent = scenario.intent()
        claims = claims_of(read_intent_to_confirm(scenario.deps, ada.caller, intent.id))
        credentials = with_password(scenario.signs(phone, claims | another))
        assert scenario.pay_by_password(intent, "ada", credentials).state == "declined"

    def test_a_confirmation_with_a_missing_claim_pays_nothing(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.intent()
        claims = claims_of(read_intent_to_confirm(scenario.deps, ada.caller, intent.id))
        del claims["merchant"]
        credentials = with_password(scenario.signs(phone, claims))
        assert scenario.pay_by_password(intent, "ada", credentials).state == "declined"

    def test_the_confirmation_of_one_payment_does_not_pay_another(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        credentials = with_password(scenario.confirms(phone, scenario.intent(), ada))
        assert scenario.pay_by_password(scenario.intent(), "ada", credentials).state == "declined"

    def test_a_confirmation_works_once_also_when_it_was_declined(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.intent()
        confirmation = scenario.confirms(phone, intent, ada)
        mistyped = replace(confirmation, password="mistyped")
        assert scenario.pay_by_password(intent, "ada", mistyped).state == "declined"
        assert (
            scenario.pay_by_password(intent, "ada", with_password(confirmation)).state == "declined"
        )
        again = with_password(scenario.confirms(phone, intent, ada))
        assert scenario.pay_by_password(intent, "ada", again).state == "approved"

    def test_an_old_confirmation_pays_nothing(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.intent()
        claims = claims_of(read_intent_to_confirm(scenario.deps, ada.caller, intent.id))
        scenario.fakes.clock.advance(-120)  # signed by a device whose clock is two minutes ahead
        early = with_password(scenario.signs(phone, claims))
        scenario.fakes.clock.advance(-600)
        old = with_password(scenario.signs(phone, claims))
        scenario.fakes.clock.advance(720)
        assert scenario.pay_by_password(intent, "ada", old).state == "declined"
        scenario.fakes.clock.advance(-200)
        assert scenario.pay_by_password(intent, "ada", early).state == "declined"

    def test_another_customers_device_confirms_no_payment_of_mine(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        eve = scenario.register("eve")
        hers, intent = scenario.add_device(eve), scenario.intent()
        credentials = with_password(scenario.confirms(hers, intent, ada))
        assert scenario.pay_by_password(intent, "ada", credentials).state == "declined"


class TestChannels:
    def test_a_device_sees_the_payment_that_it_confirms(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        intent = scenario.intent()
        payment = read_intent_to_confirm(scenario.deps, ada.caller, intent.id)
        assert (payment.merchant_name, payment.amount_minor, payment.currency) == (
            "shop",
            1250,
            "EUR",
        )
        assert payment.nonce

    def test_a_terminal_does_not_get_the_nonce(self, scenario: Scenario) -> None:
        intent = scenario.intent()
        assert intent.nonce is None
        assert read_intent(scenario.deps, scenario.terminal, intent.id).nonce is None

    def test_a_customer_who_did_not_pay_cannot_read_the_payment(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        eve, intent = scenario.register("eve"), scenario.intent()
        assert read_intent_to_confirm(scenario.deps, eve.caller, intent.id).state == "created"
        credentials = with_password(scenario.confirms(phone, intent, ada))
        from_own_device(scenario, ada, intent, credentials)
        with pytest.raises(NotFound):
            read_intent_to_confirm(scenario.deps, eve.caller, intent.id)
        assert read_intent_to_confirm(scenario.deps, ada.caller, intent.id).state == "approved"

    def test_another_customers_device_confirms_no_face(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        eve, intent = scenario.register("eve"), scenario.show_face(ada)
        credentials = scenario.confirms(phone, intent, ada)
        command = scenario.command(eve.caller)
        with pytest.raises(NotFound):
            submit_second_factor(scenario.deps, command, intent.id, credentials)

    def test_a_device_pays_for_its_owner_alone_and_a_terminal_names_the_payer(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        intent, credentials = scenario.intent(), Credentials(PASSWORD, WRONG_CODE)
        with pytest.raises(InvalidRequest):
            pay_by_password(
                scenario.deps, scenario.command(ada.caller), intent.id, "eve", credentials
            )
        with pytest.raises(InvalidRequest):
            pay_by_password(
                scenario.deps, scenario.command(scenario.terminal), intent.id, None, credentials
            )

    def test_strangers_at_terminals_do_not_keep_the_owners_device_from_paying(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        for _ in range(12):
            wrong = Credentials("a wrong password", WRONG_CODE)
            scenario.pay_by_password(scenario.intent(), "ada", wrong)
        intent = scenario.intent()
        blocked = with_password(scenario.confirms(phone, intent, ada))
        assert scenario.pay_by_password(intent, "ada", blocked).state == "declined"
        credentials = with_password(scenario.confirms(phone, intent, ada))
        assert from_own_device(scenario, ada, intent, credentials).state == "approved"

    def test_wrong_signatures_do_not_block_the_owner(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        """Signatures cannot be guessed; counting them would only let strangers block the owner."""
        intent = scenario.show_face(ada)
        for _ in range(12):
            assert (
                scenario.show_second_factor(intent, Credentials(confirmation="x.y.z")).state
                == "declined"
            )
            intent = scenario.show_face(ada)
        assert (
            scenario.show_second_factor(intent, scenario.confirms(phone, intent, ada)).state
            == "approved"
        )


class TestVaultOutage:
    def test_without_the_vault_a_code_is_refused_with_advice(
        self, scenario: Scenario, fakes: FakeDependencies, ada: Customer
    ) -> None:
        intent, credentials = scenario.intent(), Credentials(PASSWORD, scenario.code_of(ada))
        fakes.vault.away = True
        with pytest.raises(FactorUnavailable) as error:
            scenario.pay_by_password(intent, "ada", credentials)
        assert error.value.code == "factor_unavailable"

    def test_without_the_vault_password_and_device_key_still_pay(
        self, scenario: Scenario, fakes: FakeDependencies, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.intent()
        fakes.vault.away = True
        credentials = with_password(scenario.confirms(phone, intent, ada))
        assert from_own_device(scenario, ada, intent, credentials).state == "approved"

    def test_a_payment_that_cannot_be_signed_is_not_approved(
        self, scenario: Scenario, fakes: FakeDependencies, ada: Customer, phone: PublicKey
    ) -> None:
        intent = scenario.intent()
        fakes.signer.away = True
        credentials = with_password(scenario.confirms(phone, intent, ada))
        with pytest.raises(VaultUnavailable) as error:
            from_own_device(scenario, ada, intent, credentials)
        assert error.value.code == "vault_unavailable"
        fakes.signer.away = False
        assert from_own_device(scenario, ada, intent, credentials).state == "approved"
