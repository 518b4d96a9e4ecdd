"""Passwords are changed with what the customer knows and has, and never by a face."""

import pytest

from facepay.domain.customer import FactorKind
from facepay.domain.errors import CredentialsRejected, NotFound
from facepay.usecases.authentication.sign_in import SignInAttempt, come_back, sign_in
from facepay.usecases.authentication.verify_credentials import Credentials
from facepay.usecases.customers.passwords import change_password, reset_password
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.customers.second_factors import (
    add_second_factor,
    list_second_factors,
    rename_second_factor,
)
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import PASSWORD, WRONG_CODE, Customer, Street

NEW = "another horse battery"


@pytest.fixture
def paper(street: Street, ada: Customer) -> list[str]:
    """Ada's recovery codes."""
    credentials = Credentials(PASSWORD, street.code_of(ada))
    codes = make_recovery_codes(street.deps, street.command(ada.caller), credentials).codes
    assert codes is not None
    return codes


def command(street: Street, customer: Customer, credentials: Credentials) -> str:
    new = change_password(street.deps, street.command(customer.caller), credentials, NEW)
    return new.changed_at


def reset(street: Street, customer: Customer, code: str) -> str:
    return reset_password(street.deps, street.command(customer.caller), code, NEW).changed_at


def pays_with(street: Street, customer: Customer, password: str) -> bool:
    credentials = Credentials(password, street.code_of(customer))
    return street.pay_by_password(street.intent(), customer.alias, credentials).state == "approved"


class TestChanging:
    def test_the_new_one_pays_and_the_old_one_does_not(self, street: Street, ada: Customer) -> None:
        assert command(street, ada, Credentials(PASSWORD, street.code_of(ada)))
        assert pays_with(street, ada, NEW)
        assert not pays_with(street, ada, PASSWORD)

    def test_a_device_key_is_second_factor_enough(self, street: Street, ada: Customer) -> None:
        phone, asked = street.add_device(ada), street.command(ada.caller)
        signed = street.signs(phone, asked.claims).confirmation
        credentials = Credentials(PASSWORD, confirmation=signed)
        assert change_password(street.deps, asked, credentials, NEW).changed_at

    @pytest.mark.parametrize(
        "credentials", [Credentials(PASSWORD), Credentials(PASSWORD, WRONG_CODE), Credentials(NEW)]
    )
    def test_less_than_both_changes_nothing(
        self, street: Street, ada: Customer, credentials: Credentials
    ) -> None:
        with pytest.raises(CredentialsRejected):
            command(street, ada, credentials)
        assert pays_with(street, ada, PASSWORD)

    def test_a_code_used_at_a_terminal_meanwhile_changes_nothing(
        self, street: Street, ada: Customer
    ) -> None:
        credentials = Credentials(PASSWORD, street.code_of(ada))
        street.pay_by_password(street.intent(), "ada", credentials)
        with pytest.raises(CredentialsRejected):
            command(street, ada, credentials)

    def test_it_ends_the_sessions_of_the_page_and_nothing_else(
        self, street: Street, fakes: FakeDependencies, ada: Customer
    ) -> None:
        token = sign_in(
            street.deps, SignInAttempt("ada", Credentials(PASSWORD, street.code_of(ada)))
        ).token
        assert come_back(street.deps, token) is not None
        intent = street.show_face(ada)
        command(street, ada, Credentials(PASSWORD, street.code_of(ada)))
        assert come_back(street.deps, token) is None
        assert street.enter(intent, street.code_of(ada)).state == "approved", "the face still pays"
        with fakes.database() as uow:
            kinds = [leaf.kind for leaf in uow.leaves.find_all()]
        assert kinds.count("customer.setting_changed") == 1


class TestForgetting:
    def test_a_recovery_code_sets_a_new_one(
        self, street: Street, ada: Customer, paper: list[str]
    ) -> None:
        assert reset(street, ada, paper[0])
        assert pays_with(street, ada, NEW)
        assert not pays_with(street, ada, PASSWORD)

    def test_once(self, street: Street, ada: Customer, paper: list[str]) -> None:
        reset(street, ada, paper[0])
        with pytest.raises(CredentialsRejected):
            reset(street, ada, paper[0])

    def test_another_customers_code_does_not(self, street: Street, paper: list[str]) -> None:
        eve = street.settle_in("eve")
        with pytest.raises(CredentialsRejected):
            reset(street, eve, paper[0])
        assert pays_with(street, eve, PASSWORD)

    def test_the_tries_before_it_was_known_to_be_forgotten_delay_the_new_one_no_longer(
        self, street: Street, ada: Customer, paper: list[str]
    ) -> None:
        for _ in range(6):
            with pytest.raises(CredentialsRejected):
                street.revoke(ada, Credentials(password="was it this?"))
        reset(street, ada, paper[0])
        assert street.revoke(ada, Credentials(password=NEW)).state == "revoked"

    def test_neither_password_nor_secret_is_in_what_is_remembered(
        self, street: Street, fakes: FakeDependencies, ada: Customer, paper: list[str]
    ) -> None:
        reset(street, ada, paper[0])
        with fakes.database() as uow:
            rows = [*uow.idempotency.find_all(), *uow.openings.find_all(), *uow.events.find_all()]
        assert not [row for row in rows if NEW in repr(row) or paper[0] in repr(row)]


class TestOwnFactors:
    def test_they_are_listed_and_named(self, street: Street, ada: Customer) -> None:
        street.add_device(ada)
        first, second = list_second_factors(street.deps, ada.caller)
        assert (first.kind, second.kind) == (FactorKind.TOTP, FactorKind.DEVICE_KEY)
        rename_second_factor(street.deps, street.command(ada.caller), second.id, "old phone")
        assert list_second_factors(street.deps, ada.caller)[1].name == "old phone"

    def test_a_listed_one_shows_no_secret(self, street: Street, ada: Customer) -> None:
        credentials = Credentials(PASSWORD, street.code_of(ada))
        pending = add_second_factor(street.deps, street.command(ada.caller), "new", credentials)
        assert pending.qr is not None
        for listed in list_second_factors(street.deps, ada.caller):
            assert (listed.secret, listed.uri, listed.qr) == (None, None, None)

    def test_another_customers_cannot_be_named(self, street: Street, ada: Customer) -> None:
        theirs = list_second_factors(street.deps, street.settle_in("eve").caller)[0].id
        with pytest.raises(NotFound):
            rename_second_factor(street.deps, street.command(ada.caller), theirs, "mine")
