"""Owners add, confirm and revoke device keys with their password and a second factor."""

from dataclasses import replace

import pytest

from facepay.domain.customer import FactorState, PublicKey
from facepay.domain.errors import (
    AlreadyExists,
    CredentialsRejected,
    WrongState,
)
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.second_factors import (
    add_second_factor,
    confirm_second_factor,
    revoke_second_factor,
)
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario, key


@pytest.fixture
def phone(scenario: Scenario, ada: Customer) -> PublicKey:
    return scenario.add_device(ada)


def with_password(credentials: Credentials) -> Credentials:
    return replace(credentials, password=PASSWORD)


class TestAddingAndRevoking:
    def pending(self, scenario: Scenario, ada: Customer, device: PublicKey) -> str:
        credentials = Credentials(PASSWORD, scenario.code_of(ada))
        command = scenario.command(ada.caller)
        return add_second_factor(scenario.deps, command, "phone", credentials, device).id

    def test_adding_a_key_needs_password_and_second_factor(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        for credentials in (Credentials(PASSWORD), Credentials(code=scenario.code_of(ada))):
            with pytest.raises(CredentialsRejected):
                add_second_factor(
                    scenario.deps, scenario.command(ada.caller), "thief's", credentials, key()
                )

    def test_an_unconfirmed_key_confirms_nothing(self, scenario: Scenario, ada: Customer) -> None:
        device = key()
        self.pending(scenario, ada, device)
        intent = scenario.intent()
        credentials = with_password(scenario.confirms(device, intent, ada))
        assert scenario.pay_by_password(intent, "ada", credentials).state == "declined"

    def test_a_key_is_confirmed_by_its_own_signature_over_that_very_request(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        device = key()
        factor = self.pending(scenario, ada, device)
        for who, claims in (
            (key(), {}),
            (device, {"act": "POST /v1/enrolments"}),
            (device, {"nonce": "another key"}),
            (device, None),
        ):
            command = scenario.command(ada.caller)
            credentials = Credentials(code=WRONG_CODE)
            if claims is not None:
                credentials = scenario.signs(who, {**command.claims, **claims})
            with pytest.raises(CredentialsRejected):
                confirm_second_factor(scenario.deps, command, factor, credentials)
        command = scenario.command(ada.caller)
        credentials = scenario.signs(device, command.claims)
        assert confirm_second_factor(scenario.deps, command, factor, credentials).state == "active"

    def test_the_request_key_cannot_become_a_second_factor(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        with pytest.raises(AlreadyExists):
            self.pending(scenario, ada, PublicKey(ada.caller.keyid, "pem"))

    def test_a_device_key_suffices_as_second_factor_to_change_factors(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        command = scenario.command(ada.caller)
        credentials = with_password(scenario.signs(phone, command.claims))
        assert add_second_factor(scenario.deps, command, "tablet", credentials).state == "pending"

    def test_a_confirmation_of_one_request_does_not_confirm_another(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        command, another = scenario.command(ada.caller), scenario.command(ada.caller)
        credentials = with_password(scenario.signs(phone, command.claims))
        with pytest.raises(CredentialsRejected):
            add_second_factor(scenario.deps, another, "tablet", credentials)

    def test_a_device_key_alone_revokes_the_face(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        command = scenario.command(ada.caller)
        credentials = scenario.signs(phone, command.claims)
        assert scenario.revoke(ada, credentials, command).state == "revoked"

    def test_a_revoked_key_confirms_nothing(
        self, scenario: Scenario, fakes: FakeDependencies, ada: Customer, phone: PublicKey
    ) -> None:
        with fakes.database() as uow:
            factor = uow.second_factors.find(keyid=phone.thumbprint)
        assert factor is not None
        assert factor.state is FactorState.ACTIVE
        intent = scenario.intent()
        yes = with_password(scenario.confirms(phone, intent, ada))
        credentials = Credentials(PASSWORD, scenario.code_of(ada))
        revoke_second_factor(scenario.deps, scenario.command(ada.caller), factor.id, credentials)
        assert scenario.pay_by_password(intent, "ada", yes).state == "declined"

    def test_the_last_second_factor_cannot_be_revoked(
        self, scenario: Scenario, ada: Customer, phone: PublicKey
    ) -> None:
        with scenario.fakes.database() as uow:
            factors = {each.kind.value: each.id for each in uow.second_factors.find_all()}
        command = scenario.command(ada.caller)
        credentials = with_password(scenario.signs(phone, command.claims))
        revoke_second_factor(scenario.deps, command, factors["totp"], credentials)
        command = scenario.command(ada.caller)
        credentials = with_password(scenario.signs(phone, command.claims))
        with pytest.raises(WrongState):
            revoke_second_factor(scenario.deps, command, factors["device_key"], credentials)
