"""Recovery codes: each good once, told once, and counted where no stranger can count."""

import re

import pytest

from facepay.domain.customer import FactorKind, FactorState
from facepay.domain.errors import CredentialsRejected
from facepay.domain.recovery import ALPHABET, read_typed
from facepay.usecases.authentication.verify_credentials import Credentials
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.customers.second_factors import add_second_factor, revoke_second_factor
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import PASSWORD, WRONG_CODE, Customer, Street


def made(street: Street, customer: Customer, credentials: Credentials | None = None) -> list[str]:
    credentials = credentials or Credentials(PASSWORD, street.code_of(customer))
    codes = make_recovery_codes(street.deps, street.command(customer.caller), credentials).codes
    assert codes is not None
    return codes


def refused(street: Street, customer: Customer, code: str) -> None:
    with pytest.raises(CredentialsRejected):
        street.revoke(customer, Credentials(recovery_code=code))


def but_last(code: str) -> str:
    """The same but for its last character."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


class TestMaking:
    def test_there_are_ten_that_can_be_read_from_paper(self, street: Street, ada: Customer) -> None:
        codes = made(street, ada)
        assert len({code[:4] for code in codes}) == 10, "each is found by its first group"
        assert all(re.fullmatch(rf"([{ALPHABET}]{{4}}-){{3}}[{ALPHABET}]{{4}}", c) for c in codes)

    @pytest.mark.parametrize(
        "credentials", [Credentials(PASSWORD), Credentials(PASSWORD, WRONG_CODE)]
    )
    def test_they_need_password_and_second_factor(
        self, street: Street, ada: Customer, credentials: Credentials
    ) -> None:
        with pytest.raises(CredentialsRejected):
            made(street, ada, credentials)

    def test_a_new_set_replaces_the_old(self, street: Street, ada: Customer) -> None:
        old = made(street, ada)[0]
        new = made(street, ada)[0]
        refused(street, ada, old)
        assert street.revoke(ada, Credentials(recovery_code=new)).state == "revoked"

    def test_they_are_told_once(
        self, street: Street, fakes: FakeDependencies, ada: Customer
    ) -> None:
        command, credentials = (
            street.command(ada.caller),
            Credentials(PASSWORD, street.code_of(ada)),
        )
        first = make_recovery_codes(street.deps, command, credentials)
        again = make_recovery_codes(street.deps, command, credentials)
        assert (again.id, again.codes) == (first.id, None)
        assert first.codes is not None
        with fakes.database() as uow:
            kept = [repr(row) for row in uow.recovery_codes.find_all()]
            kept += [repr(row) for row in uow.idempotency.find_all()]
            kept += [repr(row) for row in uow.openings.find_all()]
        for code in first.codes:
            assert not [row for row in kept if code in row or code[5:].replace("-", "") in row]


class TestUsing:
    def test_one_takes_the_face_back(self, street: Street, ada: Customer) -> None:
        code = made(street, ada)[3]
        assert street.revoke(ada, Credentials(recovery_code=code)).state == "revoked"

    def test_it_does_so_while_the_vault_is_away(
        self, street: Street, fakes: FakeDependencies, ada: Customer
    ) -> None:
        code = made(street, ada)[3]
        fakes.vault.away = True
        assert street.revoke(ada, Credentials(recovery_code=code)).state == "revoked"

    @pytest.mark.parametrize("written", [str.lower, lambda code: code.replace("-", " ")])
    def test_it_is_read_as_people_write(self, street: Street, ada: Customer, written) -> None:  # type: ignore[no-untyped-def]
        code = made(street, ada)[0]
        assert street.revoke(ada, Credentials(recovery_code=written(code))).state == "revoked"

    def test_it_counts_once(self, street: Street, ada: Customer) -> None:
        code = made(street, ada)[0]
        street.revoke(ada, Credentials(recovery_code=code))
        refused(street, ada, code)

    def test_with_the_password_it_stands_in_for_a_lost_authenticator(
        self, street: Street, ada: Customer
    ) -> None:
        credentials = Credentials(PASSWORD, recovery_code=made(street, ada)[0])
        command = street.command(ada.caller)
        assert add_second_factor(street.deps, command, "new", credentials).state == "pending"
        with pytest.raises(CredentialsRejected):
            add_second_factor(street.deps, street.command(ada.caller), "newer", credentials)

    def test_alone_it_changes_no_factor(self, street: Street, ada: Customer) -> None:
        credentials = Credentials(recovery_code=made(street, ada)[0])
        with pytest.raises(CredentialsRejected):
            add_second_factor(street.deps, street.command(ada.caller), "thief's", credentials)

    def test_it_is_not_the_other_factor_without_which_the_last_one_stays(
        self, street: Street, ada: Customer
    ) -> None:
        code = made(street, ada)[0]
        with street.fakes.database() as uow:
            totp = uow.second_factors.find(kind=FactorKind.TOTP.value)
        assert totp is not None
        credentials, command = Credentials(PASSWORD, recovery_code=code), street.command(ada.caller)
        with pytest.raises(Exception, match="last active factor"):
            revoke_second_factor(street.deps, command, totp.id, credentials)

    def test_a_set_can_be_revoked(self, street: Street, ada: Customer) -> None:
        code = made(street, ada)[0]
        with street.fakes.database() as uow:
            held = uow.second_factors.find(
                kind=FactorKind.RECOVERY_CODES.value, state=FactorState.ACTIVE.value
            )
        assert held is not None
        credentials = Credentials(PASSWORD, street.code_of(ada))
        revoke_second_factor(street.deps, street.command(ada.caller), held.id, credentials)
        refused(street, ada, code)

    def test_nobody_elses_counts(self, street: Street, ada: Customer) -> None:
        made(street, ada)
        refused(street, ada, made(street, street.settle_in("eve"))[0])


class TestCounting:
    def test_the_sixth_guess_at_one_is_blocked(self, street: Street, ada: Customer) -> None:
        code = made(street, ada)[0]
        for _ in range(5):
            refused(street, ada, but_last(code))
        refused(street, ada, code)
        street.fakes.clock.advance(30)
        assert street.revoke(ada, Credentials(recovery_code=code)).state == "revoked"

    def test_the_others_are_not_blocked_with_it(self, street: Street, ada: Customer) -> None:
        first, second, *_ = made(street, ada)
        for _ in range(6):
            refused(street, ada, but_last(first))
        assert street.revoke(ada, Credentials(recovery_code=second)).state == "revoked"

    def test_whoever_guesses_without_a_selector_blocks_nothing_and_costs_as_much(
        self, street: Street, fakes: FakeDependencies, ada: Customer
    ) -> None:
        codes = made(street, ada)
        taken = {read_typed(code).selector for code in codes}
        free = next(s for s in ("0000", "0001", *map(str, range(1000, 1020))) if s not in taken)
        before = fakes.passwords.asked_for_nobody
        for _ in range(12):
            refused(street, ada, f"{free}-0000-0000-0000")
        assert fakes.passwords.asked_for_nobody == before + 12
        assert street.revoke(ada, Credentials(recovery_code=codes[0])).state == "revoked"

    @pytest.mark.parametrize("text", ["-", "x", "🙂🙂🙂🙂", "    ", "0" * 32])
    def test_what_is_no_code_is_refused_alike(
        self, street: Street, ada: Customer, text: str
    ) -> None:
        made(street, ada)
        refused(street, ada, text)
