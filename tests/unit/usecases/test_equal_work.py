"""Unknown, wrong and blocked credentials cost the service the same work and fail alike."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from facepay.domain.errors import FactorUnavailable
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.payments.pay_by_password import pay_by_password
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario

WRONG = "a wrong password"
KINDS = ["unknown", "wrong password", "wrong code", "too many before"]


def guess(scenario: Scenario, ada: Customer, kind: str) -> tuple[str, Credentials]:
    """Return alias and credentials of this kind; the last kind's counters are blocked after."""
    code = scenario.code_of(ada)
    if kind == "too many before":
        for _ in range(5):
            scenario.pay_by_password(scenario.intent(), "ada", Credentials(WRONG, WRONG_CODE))
        return "ada", Credentials(PASSWORD, code)
    return {
        "unknown": ("nobody", Credentials(PASSWORD, code)),
        "wrong password": ("ada", Credentials(WRONG, code)),
        "wrong code": ("ada", Credentials(PASSWORD, WRONG_CODE)),
    }[kind]


def test_every_kind_of_wrong_guess_takes_the_same_work(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    scenario.pay_by_password(
        scenario.intent(), "nobody", Credentials(PASSWORD, WRONG_CODE)
    )  # seals, once
    opened: list[str] = []

    def counted(
        open_one: Callable[[], AbstractContextManager[UnitOfWork]],
    ) -> Callable[[], AbstractContextManager[UnitOfWork]]:
        def count() -> AbstractContextManager[UnitOfWork]:
            opened.append("transaction")
            return open_one()

        return count

    watched = replace(scenario.deps, unit_of_work=counted(scenario.deps.unit_of_work))
    work = {}
    for kind in KINDS:
        alias, credentials = guess(scenario, ada, kind)
        intent, command = scenario.intent(), scenario.command(scenario.terminal)
        fakes.journal.events.clear()
        opened.clear()
        answer = pay_by_password(watched, command, intent.id, alias, credentials)
        assert answer.state == "declined"
        work[kind] = (*fakes.journal.events, *opened)
    assert len(set(work.values())) == 1, work
    assert "vault.unseal_secret" in work["unknown"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_vault_outage_reveals_no_customers(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, kind: str
) -> None:
    alias, credentials = guess(scenario, ada, kind)
    fakes.vault.away = True
    with pytest.raises(FactorUnavailable):
        scenario.pay_by_password(scenario.intent(), alias, credentials)
