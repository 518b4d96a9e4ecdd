"""Signing in on the page needs password and code; sessions end when they should."""

from dataclasses import replace

import pytest

from facepay.domain.errors import CredentialsRejected, VaultUnavailable
from facepay.domain.page_session import IDLE
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.authentication.device_cookie import UNKNOWN, device_of, new_device_cookie
from facepay.usecases.authentication.sign_in import (
    SignedIn,
    SignInAttempt,
    end_sessions,
    resume_session,
    sign_in,
    sign_out,
)
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario

WRONG = "a wrong password"


def enter(scenario: Scenario, customer: Customer, device_cookie: str = "") -> SignedIn:
    credentials = Credentials(PASSWORD, scenario.code_of(customer))
    return sign_in(scenario.deps, SignInAttempt(customer.alias, credentials, device_cookie))


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(PASSWORD),
        Credentials(code="000000"),
        Credentials(PASSWORD, WRONG_CODE),
        Credentials(),
    ],
)
def test_signing_in_needs_password_and_code(
    scenario: Scenario, ada: Customer, credentials: Credentials
) -> None:
    with pytest.raises(CredentialsRejected):
        sign_in(scenario.deps, SignInAttempt("ada", credentials))
    with scenario.fakes.database() as uow:
        assert uow.page_sessions.find_all() == []


def test_a_stolen_database_opens_no_session(scenario: Scenario, ada: Customer) -> None:
    token = enter(scenario, ada).token
    with scenario.fakes.database() as uow:
        kept = uow.page_sessions.find_all()
    assert resume_session(scenario.deps, token) is not None
    assert token not in repr(kept)
    assert resume_session(scenario.deps, kept[0].id) is None


def test_a_password_changed_during_a_sign_in_refuses_it(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = fakes.passwords.verify

    def changed_meanwhile(phc: str | None, password: str) -> bool:
        verified = right(phc, password)
        with fakes.database() as uow:
            customer = uow.customers.find(alias="ada")
            assert customer is not None
            uow.customers.update(replace(customer, password_hash="another"))
            uow.commit()
        return verified

    monkeypatch.setattr(fakes.passwords, "verify", changed_meanwhile)
    with pytest.raises(CredentialsRejected):
        enter(scenario, ada)


def test_a_changed_password_ends_every_session(scenario: Scenario, ada: Customer) -> None:
    tokens = [enter(scenario, ada).token for _ in range(2)]
    with scenario.fakes.database() as uow:
        end_sessions(scenario.deps, uow, ada.caller.subject_id)
        uow.commit()
    assert [resume_session(scenario.deps, token) for token in tokens] == [None, None]


def test_a_page_that_loads_during_a_sign_out_does_not_undo_it(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    token = enter(scenario, ada).token
    fakes.clock.advance(1)
    sign_out(scenario.deps, token)
    assert resume_session(scenario.deps, token) is None
    fakes.clock.advance(1)
    assert resume_session(scenario.deps, token) is None


def test_signing_in_deletes_ended_sessions(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    sign_out(scenario.deps, enter(scenario, ada).token)
    fakes.clock.advance(int(IDLE.total_seconds()))
    enter(scenario, ada)
    with fakes.database() as uow:
        assert len(uow.page_sessions.find_all()) == 1


def test_a_vault_outage_does_not_count_as_a_wrong_guess(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    for _ in range(6):
        fakes.vault.away = True
        with pytest.raises(VaultUnavailable):
            enter(scenario, ada)
    fakes.vault.away = False
    assert enter(scenario, ada).token


def test_a_browser_is_recognised_for_one_alias_and_by_a_signed_cookie_only(
    scenario: Scenario,
) -> None:
    cookie = new_device_cookie(scenario.deps, "ada")
    assert device_of(scenario.deps, "ada", cookie) != UNKNOWN
    for alias, shown in (
        ("bob", cookie),
        ("ada", ""),
        ("ada", cookie[:-1]),
        ("ada", "0" * len(cookie)),
        ("ada", "é"),
    ):
        assert device_of(scenario.deps, alias, shown) == UNKNOWN


def test_a_known_browser_has_its_own_counter_and_no_extra_guesses(
    scenario: Scenario, ada: Customer
) -> None:
    cookie = enter(scenario, ada).device_cookie
    for _ in range(6):
        with pytest.raises(CredentialsRejected):
            sign_in(scenario.deps, SignInAttempt("ada", Credentials(WRONG, WRONG_CODE)))
    assert enter(scenario, ada, cookie).device_cookie == cookie
    right = Credentials(PASSWORD, scenario.code_of(ada))
    for _ in range(5):
        with pytest.raises(CredentialsRejected):
            sign_in(scenario.deps, SignInAttempt("ada", Credentials(WRONG, WRONG_CODE), cookie))
    with pytest.raises(CredentialsRejected):
        sign_in(scenario.deps, SignInAttempt("ada", right, cookie))


def test_guessing_at_the_page_delays_neither_terminal_nor_app(
    scenario: Scenario, ada: Customer
) -> None:
    for _ in range(12):
        with pytest.raises(CredentialsRejected):
            sign_in(scenario.deps, SignInAttempt("ada", Credentials(WRONG, WRONG_CODE)))
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    assert scenario.pay_by_password(scenario.intent(), "ada", credentials).state == "approved"
    assert scenario.revoke(ada).state == "revoked"
