"""Withdrawals of client keys race with what those keys ask for, on both databases.

The audit log has the order of the commits: a withdrawal is acknowledged after its leaf, so nothing
that the withdrawn key asked for may have a later leaf.
"""

import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from facepay.adapters.unit_of_work import Database
from facepay.domain.customer import Role
from facepay.domain.errors import FacepayError, IntentExpired
from facepay.domain.standing import ClientSuspended, KeyWithdrawn
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.clients.devices import add_device, withdraw_device
from facepay.usecases.clients.merchant_keys import withdraw_terminal
from facepay.usecases.customers.second_factors import list_second_factors, rename_second_factor
from facepay.usecases.operators.register import register_terminal
from facepay.usecases.operators.suspend import suspend_alone
from facepay.usecases.request import Caller
from facepay.usecases.responses import IntentAnswer
from tests.fakes.dependencies import fake_dependencies
from tests.fakes.scenario import PASSWORD, Scenario, key
from tests.support.race import together

ROUNDS = 40
STEPS = 8
KINDS = {"withdrawal": "client_key.withdrawn", "suspension": "client.suspended"}


class Log:
    """The leaves from a moment on, with their openings."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        with scenario.deps.unit_of_work() as uow:
            head = uow.heads.find(id="log")
        self._after = head.size if head else 0

    def at(self, kind: str, **details: str) -> int | None:
        """Return the number of the last leaf of this kind with these details."""
        with self._scenario.deps.unit_of_work() as uow:
            leaves = uow.leaves.find_all(after_seq=self._after)
            opened = uow.openings.find_all(after_seq=self._after)
        places = [
            leaf.seq
            for leaf, each in zip(leaves, opened, strict=True)
            if leaf.kind == kind and details.items() <= json.loads(each.details).items()
        ]
        return places[-1] if places else None


def new_terminal(scenario: Scenario) -> Caller:
    added = register_terminal(scenario.deps, scenario.command(scenario.merchant), "t", key())
    return Caller(added.keyid, Role.TERMINAL, added.id)


@pytest.mark.parametrize("by", ["withdrawal", "suspension"])
def test_a_withdrawal_racing_payments_leaves_no_approval_after_its_answer(
    database: Database, by: str
) -> None:
    scenario = Scenario(fake_dependencies(database))
    payer = scenario.register("ada")
    device = scenario.add_device(payer)
    first = {"withdrawal": 0, "payment": 0}
    typical = 0.1  # seconds; measured anew with every payment that is approved
    for number in range(ROUNDS):
        scenario.terminal = new_terminal(scenario)
        paid_there, paid_at_home, late = (scenario.intent() for _ in range(3))
        there, at_home, afterwards = (
            Credentials(PASSWORD, confirmation=scenario.confirms(device, each, payer).confirmation)
            for each in (paid_there, paid_at_home, late)
        )
        acts: list[Callable[[], Any]] = [
            paying(scenario, scenario.terminal, paid_there, "ada", there),
            paying(scenario, payer.caller, paid_at_home, None, at_home),
            lambda: scenario.intent(),
            later(number, typical / STEPS * 2, ending(scenario, by)),
        ]
        log, begun = Log(scenario), time.monotonic()
        *others, ended = together(acts)
        assert not isinstance(ended, FacepayError), ended
        ends = log.at(KINDS[by], subject=scenario.terminal.subject_id)
        assert ends is not None
        for intent in (paid_there, paid_at_home):
            approved = log.at("payment.approved", intent=intent.id)
            assert approved is None or approved < ends
            first["withdrawal" if approved is None else "payment"] += 1
        typical = time.monotonic() - begun if number % STEPS == 0 else typical
        assert_refused_for_the_key_alone(others)
        with pytest.raises(IntentExpired):
            paying(scenario, payer.caller, late, None, afterwards)()
        opened = others[2]
        if isinstance(opened, IntentAnswer):
            placed = log.at("payment.opened", intent=opened.id)
            assert placed is not None
            assert placed < ends
    assert min(first.values()) > 0, f"they never raced: {first}"


def assert_refused_for_the_key_alone(answers: Sequence[object]) -> None:
    refusals = [each for each in answers if isinstance(each, FacepayError)]
    for each in refusals:
        assert isinstance(each, KeyWithdrawn | ClientSuspended | IntentExpired), each


def paying(
    scenario: Scenario,
    caller: Caller,
    intent: IntentAnswer,
    alias: str | None,
    credentials: Credentials,
) -> Callable[[], IntentAnswer]:
    command = scenario.command(caller)
    return lambda: scenario.pay_by_password(intent, alias, credentials, command)  # type: ignore[arg-type]


def later(number: int, step: float, act: Callable[[], object]) -> Callable[[], object]:
    """Let an act begin later in later rounds, so that each side wins some."""

    def wait_and_act() -> object:
        time.sleep(number % STEPS * step)
        return act()

    return wait_and_act


def ending(scenario: Scenario, by: str) -> Callable[[], object]:
    terminal_id = scenario.terminal.subject_id
    if by == "withdrawal":
        command = scenario.command(scenario.merchant)
        return lambda: withdraw_terminal(scenario.deps, command, terminal_id)
    command = scenario.command(scenario.operator)
    return lambda: suspend_alone(scenario.deps, command, terminal_id, timedelta(hours=1))


def test_a_withdrawn_device_changes_nothing_after_the_answer(database: Database) -> None:
    """The thief renames a factor, which takes no credentials, again and again."""
    scenario = Scenario(fake_dependencies(database))
    payer = scenario.register("ada")
    own = payer.caller
    [factor] = list_second_factors(scenario.deps, own)
    for number in range(ROUNDS):
        credentials = Credentials(PASSWORD, scenario.code_of(payer))
        command = scenario.command(own)
        stolen = add_device(scenario.deps, command, "stolen", key(), credentials)
        thief = Caller(stolen.keyid, Role.CUSTOMER, own.subject_id)
        commands = [scenario.command(thief) for _ in range(5)]
        acts: list[Callable[[], object]] = [
            partial(rename_second_factor, scenario.deps, each, factor.id, "x") for each in commands
        ]
        command, proof = scenario.command(own), Credentials(PASSWORD)
        withdraw = partial(withdraw_device, scenario.deps, command, stolen.keyid, proof)
        log = Log(scenario)
        *renamed, withdrawn = together([*acts, later(number, 0.003, withdraw)])
        assert not isinstance(withdrawn, FacepayError), withdrawn
        refusals = [each for each in renamed if isinstance(each, FacepayError)]
        assert all(isinstance(each, KeyWithdrawn) for each in refusals), refusals
        ends = log.at("client_key.withdrawn", keyid=stolen.keyid)
        last = log.at("second_factor.renamed", factor=factor.id)
        assert ends is not None
        assert last is None or last < ends
