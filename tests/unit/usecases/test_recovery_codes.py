"""Each recovery code works once and is shown once; strangers cannot block it."""

import re

import pytest

from facepay.domain.customer import FactorKind, FactorState
from facepay.domain.errors import CredentialsRejected
from facepay.domain.recovery import ALPHABET, read_typed
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.customers.second_factors import add_second_factor, revoke_second_factor
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario


def made(
    scenario: Scenario, customer: Customer, credentials: Credentials | None = None
) -> list[str]:
    credentials = credentials or Credentials(PASSWORD, scenario.code_of(customer))
    codes = make_recovery_codes(scenario.deps, scenario.command(customer.caller), credentials).codes
    assert codes is not None
    return codes


def refused(scenario: Scenario, customer: Customer, code: str) -> None:
    with pytest.raises(CredentialsRejected):
        scenario.revoke(customer, Credentials(recovery_code=code))


def but_last(code: str) -> str:
    """Change the last character of a code."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


class TestMaking:
    def test_a_set_has_ten_codes_that_can_be_read_from_paper(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        codes = made(scenario, ada)
        assert len({code[:4] for code in codes}) == 10, "each is found by its first group"
        assert all(re.fullmatch(rf"([{ALPHABET}]{{4}}-){{3}}[{ALPHABET}]{{4}}", c) for c in codes)

    @pytest.mark.parametrize(
        "credentials", [Credentials(PASSWORD), Credentials(PASSWORD, WRONG_CODE)]
    )
    def test_making_codes_needs_password_and_second_factor(
        self, scenario: Scenario, ada: Customer, credentials: Credentials
    ) -> None:
        with pytest.raises(CredentialsRejected):
            made(scenario, ada, credentials)

    def test_a_new_set_replaces_the_old(self, scenario: Scenario, ada: Customer) -> None:
        old = made(scenario, ada)[0]
        new = made(scenario, ada)[0]
        refused(scenario, ada, old)
        assert scenario.revoke(ada, Credentials(recovery_code=new)).state == "revoked"

    def test_codes_are_shown_once(
        self, scenario: Scenario, fakes: FakeDependencies, ada: Customer
    ) -> None:
        command, credentials = (
            scenario.command(ada.caller),
            Credentials(PASSWORD, scenario.code_of(ada)),
        )
        first = make_recovery_codes(scenario.deps, command, credentials)
        again = make_recovery_codes(scenario.deps, command, credentials)
        assert (again.id, again.codes) == (first.id, None)
        assert first.codes is not None
        with fakes.database() as uow:
            kept = [repr(row) for row in uow.recovery_codes.find_all()]
            kept += [repr(row) for row in uow.idempotency.find_all()]
            kept += [repr(row) for row in uow.openings.find_all()]
        for code in first.codes:
            assert not [row for row in kept if code in row or code[5:].replace("-", "") in row]


class TestUsing:
    def test_one_code_revokes_the_face(self, scenario: Scenario, ada: Customer) -> None:
        code = made(scenario, ada)[3]
        assert scenario.revoke(ada, Credentials(recovery_code=code)).state == "revoked"

    def test_a_code_revokes_the_face_during_a_vault_outage(
        self, scenario: Scenario, fakes: FakeDependencies, ada: Customer
    ) -> None:
        code = made(scenario, ada)[3]
        fakes.vault.away = True
        assert scenario.revoke(ada, Credentials(recovery_code=code)).state == "revoked"

    @pytest.mark.parametrize("written", [str.lower, lambda code: code.replace("-", " ")])
    def test_a_code_is_accepted_in_several_spellings(
        self, scenario: Scenario, ada: Customer, written
    ) -> None:  # type: ignore[no-untyped-def]
        code = made(scenario, ada)[0]
        assert scenario.revoke(ada, Credentials(recovery_code=written(code))).state == "revoked"

    def test_a_code_works_once(self, scenario: Scenario, ada: Customer) -> None:
        code = made(scenario, ada)[0]
        scenario.revoke(ada, Credentials(recovery_code=code))
        refused(scenario, ada, code)

    def test_with_the_password_a_code_replaces_a_lost_authenticator(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        credentials = Credentials(PASSWORD, recovery_code=made(scenario, ada)[0])
        command = scenario.command(ada.caller)
        assert add_second_factor(scenario.deps, command, "new", credentials).state == "pending"
        with pytest.raises(CredentialsRejected):
            add_second_factor(scenario.deps, scenario.command(ada.caller), "newer", credentials)

    def test_a_code_alone_changes_no_factor(self, scenario: Scenario, ada: Customer) -> None:
        credentials = Credentials(recovery_code=made(scenario, ada)[0])
        with pytest.raises(CredentialsRejected):
            add_second_factor(scenario.deps, scenario.command(ada.caller), "thief's", credentials)

    def test_recovery_codes_do_not_permit_revoking_the_last_factor(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        code = made(scenario, ada)[0]
        with scenario.fakes.database() as uow:
            totp = uow.second_factors.find(kind=FactorKind.TOTP.value)
        assert totp is not None
        credentials, command = (
            Credentials(PASSWORD, recovery_code=code),
            scenario.command(ada.caller),
        )
        with pytest.raises(Exception, match="last active factor"):
            revoke_second_factor(scenario.deps, command, totp.id, credentials)

    def test_a_set_can_be_revoked(self, scenario: Scenario, ada: Customer) -> None:
        code = made(scenario, ada)[0]
        with scenario.fakes.database() as uow:
            code_set = uow.second_factors.find(
                kind=FactorKind.RECOVERY_CODES.value, state=FactorState.ACTIVE.value
            )
        assert code_set is not None
        credentials = Credentials(PASSWORD, scenario.code_of(ada))
        revoke_second_factor(scenario.deps, scenario.command(ada.caller), code_set.id, credentials)
        refused(scenario, ada, code)

    def test_another_customers_code_is_refused(self, scenario: Scenario, ada: Customer) -> None:
        made(scenario, ada)
        refused(scenario, ada, made(scenario, scenario.register("eve"))[0])


class TestCounting:
    def test_the_sixth_guess_at_a_code_is_blocked(self, scenario: Scenario, ada: Customer) -> None:
        code = made(scenario, ada)[0]
        for _ in range(5):
            refused(scenario, ada, but_last(code))
        refused(scenario, ada, code)
        scenario.fakes.clock.advance(30)
        assert scenario.revoke(ada, Credentials(recovery_code=code)).state == "revoked"

    def test_guesses_at_one_code_do_not_block_the_others(
        self, scenario: Scenario, ada: Customer
    ) -> None:
        first, second, *_ = made(scenario, ada)
        for _ in range(6):
            refused(scenario, ada, but_last(first))
        assert scenario.revoke(ada, Credentials(recovery_code=second)).state == "revoked"

    def test_guesses_without_a_selector_block_nothing_and_cost_the_same_work(
        self, scenario: Scenario, fakes: FakeDependencies, ada: Customer
    ) -> None:
        codes = made(scenario, ada)
        taken = {read_typed(code).selector for code in codes}
        free = next(s for s in ("0000", "0001", *map(str, range(1000, 1020))) if s not in taken)
        before = fakes.passwords.asked_for_nobody
        for _ in range(12):
            refused(scenario, ada, f"{free}-0000-0000-0000")
        assert fakes.passwords.asked_for_nobody == before + 12
        assert scenario.revoke(ada, Credentials(recovery_code=codes[0])).state == "revoked"

    @pytest.mark.parametrize("text", ["-", "x", "🙂🙂🙂🙂", "    ", "0" * 32])
    def test_malformed_codes_are_refused_alike(
        self, scenario: Scenario, ada: Customer, text: str
    ) -> None:
        made(scenario, ada)
        refused(scenario, ada, text)
