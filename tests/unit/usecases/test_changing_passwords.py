"""Customers change passwords with password and second factor or a recovery code, never by face."""

import pytest

from facepay.domain.customer import FactorKind
from facepay.domain.errors import CredentialsRejected, NotFound
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.authentication.sign_in import SignInAttempt, resume_session, sign_in
from facepay.usecases.customers.passwords import change_password, reset_password
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.customers.second_factors import (
    add_second_factor,
    list_second_factors,
    rename_second_factor,
)
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario

NEW = "another horse battery"


@pytest.fixture
def codes_on_paper(scenario: Scenario, ada: Customer) -> list[str]:
    """Make Ada's recovery codes."""
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    codes = make_recovery_codes(scenario.deps, scenario.command(ada.caller), credentials).codes
    assert codes is not None
    return codes


def command(scenario: Scenario, customer: Customer, credentials: Credentials) -> str:
    new = change_password(scenario.deps, scenario.command(customer.caller), credentials, NEW)
    return new.changed_at


def reset(scenario: Scenario, customer: Customer, code: str) -> str:
    return reset_password(scenario.deps, scenario.command(customer.caller), code, NEW).changed_at


def pays_with(scenario: Scenario, customer: Customer, password: str) -> bool:
    credentials = Credentials(password, scenario.code_of(customer))
    return (
        scenario.pay_by_password(scenario.intent(), customer.alias, credentials).state == "approved"
    )


class TestChanging:
    def test_the_new_password_pays_and_the_old_one_does_not(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        assert command(scenario, ada, Credentials(PASSWORD, scenario.code_of(ada)))
        assert pays_with(scenario, ada, NEW)
        assert not pays_with(scenario, ada, PASSWORD)

    def test_a_factor_that_a_thief_added_and_did_not_confirm_ends_with_the_old_password(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        credentials = Credentials(PASSWORD, scenario.code_of(ada))
        add_second_factor(scenario.deps, scenario.command(ada.caller), "thief's", credentials)
        command(scenario, ada, Credentials(PASSWORD, scenario.code_of(ada)))
        listed = list_second_factors(scenario.deps, ada.caller)
        assert {each.state for each in listed if each.name == "thief's"} <= {"revoked"}

    def test_a_device_key_suffices_as_second_factor(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        phone, asked = scenario.add_device(ada), scenario.command(ada.caller)
        signed = scenario.signs(phone, asked.claims).confirmation
        credentials = Credentials(PASSWORD, confirmation=signed)
        assert change_password(scenario.deps, asked, credentials, NEW).changed_at

    @pytest.mark.parametrize(
        "credentials", [Credentials(PASSWORD), Credentials(PASSWORD, WRONG_CODE), Credentials(NEW)]
    )
    def test_password_or_code_alone_changes_nothing(
        self, scenario: Scenario, ada: Customer, credentials: Credentials
    ) -> None:
        with pytest.raises(CredentialsRejected):
            command(scenario, ada, credentials)
        assert pays_with(scenario, ada, PASSWORD)

    def test_a_code_used_at_a_terminal_meanwhile_changes_nothing(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        credentials = Credentials(PASSWORD, scenario.code_of(ada))
        scenario.pay_by_password(scenario.intent(), "ada", credentials)
        with pytest.raises(CredentialsRejected):
            command(scenario, ada, credentials)

    def test_a_new_password_ends_sessions_of_the_page_and_nothing_else(
        self, scenario: Scenario, fakes: FakeDependencies, ada: Customer
    ) -> None:
        token = sign_in(
            scenario.deps, SignInAttempt("ada", Credentials(PASSWORD, scenario.code_of(ada)))
        ).token
        assert resume_session(scenario.deps, token) is not None
        intent = scenario.show_face(ada)
        command(scenario, ada, Credentials(PASSWORD, scenario.code_of(ada)))
        assert resume_session(scenario.deps, token) is None
        assert scenario.enter_code(intent, scenario.code_of(ada)).state == "approved", (
            "the face still pays"
        )
        with fakes.database() as uow:
            kinds = [leaf.kind for leaf in uow.leaves.find_all()]
        assert kinds.count("customer.setting_changed") == 1


class TestForgetting:
    def test_a_recovery_code_sets_a_new_password(
        self, scenario: Scenario, ada: Customer, codes_on_paper: list[str]
    ) -> None:
        assert reset(scenario, ada, codes_on_paper[0])
        assert pays_with(scenario, ada, NEW)
        assert not pays_with(scenario, ada, PASSWORD)

    def test_a_recovery_code_sets_one_password_only(
        self, scenario: Scenario, ada: Customer, codes_on_paper: list[str]
    ) -> None:
        reset(scenario, ada, codes_on_paper[0])
        with pytest.raises(CredentialsRejected):
            reset(scenario, ada, codes_on_paper[0])

    def test_another_customers_code_sets_no_password(
        self, scenario: Scenario, codes_on_paper: list[str]
    ) -> None:
        eve = scenario.register("eve")
        with pytest.raises(CredentialsRejected):
            reset(scenario, eve, codes_on_paper[0])
        assert pays_with(scenario, eve, PASSWORD)

    def test_wrong_tries_before_a_reset_do_not_delay_the_new_password(
        self, scenario: Scenario, ada: Customer, codes_on_paper: list[str]
    ) -> None:
        for _ in range(6):
            with pytest.raises(CredentialsRejected):
                scenario.revoke(ada, Credentials(password="was it this?"))
        reset(scenario, ada, codes_on_paper[0])
        assert scenario.revoke(ada, Credentials(password=NEW)).state == "revoked"

    def test_neither_password_nor_secret_is_stored_in_any_row(
        self, scenario: Scenario, fakes: FakeDependencies, ada: Customer, codes_on_paper: list[str]
    ) -> None:
        reset(scenario, ada, codes_on_paper[0])
        with fakes.database() as uow:
            rows = [*uow.idempotency.find_all(), *uow.openings.find_all(), *uow.events.find_all()]
        assert not [row for row in rows if NEW in repr(row) or codes_on_paper[0] in repr(row)]


class TestOwnFactors:
    def test_second_factors_are_listed_with_their_names(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        scenario.add_device(ada)
        first, second = list_second_factors(scenario.deps, ada.caller)
        assert (first.kind, second.kind) == (FactorKind.TOTP, FactorKind.DEVICE_KEY)
        rename_second_factor(scenario.deps, scenario.command(ada.caller), second.id, "old phone")
        assert list_second_factors(scenario.deps, ada.caller)[1].name == "old phone"

    def test_a_listed_factor_shows_no_secret(self, scenario: Scenario, ada: Customer) -> None:
        credentials = Credentials(PASSWORD, scenario.code_of(ada))
        pending = add_second_factor(scenario.deps, scenario.command(ada.caller), "new", credentials)
        assert pending.qr is not None
        for listed in list_second_factors(scenario.deps, ada.caller):
            assert (listed.secret, listed.uri, listed.qr) == (None, None, None)

    def test_another_customers_factor_cannot_be_renamed(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        theirs = list_second_factors(scenario.deps, scenario.register("eve").caller)[0].id
        with pytest.raises(NotFound):
            rename_second_factor(scenario.deps, scenario.command(ada.caller), theirs, "mine")
