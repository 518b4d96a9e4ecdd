"""Client keys are withdrawn and replaced by merchants and by two operators."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from facepay.domain.customer import PublicKey, Role
from facepay.domain.errors import (
    AlreadyExists,
    IntentExpired,
    InvalidRequest,
    NotFound,
)
from facepay.domain.operator_action import ActionKind
from facepay.domain.standing import ClientSuspended, KeyWithdrawn
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.clients.merchant_keys import (
    list_terminals,
    replace_own_key,
    replace_terminal_key,
    withdraw_terminal,
)
from facepay.usecases.idempotency import ReplayedRefusal
from facepay.usecases.operators.register import register_merchant
from facepay.usecases.operators.suspend import suspend_alone
from facepay.usecases.request import Caller
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, Customer, Scenario, key
from tests.support import operator_actions
from tests.support.client_keys import require
from tests.support.operator_actions import approve, leaf_kinds, submit_request

second_operator = operator_actions.second_operator
HOUR = timedelta(hours=1)


def test_a_request_under_way_changes_nothing_once_its_key_is_withdrawn(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    """The terminal's key is withdrawn while the payment is signed, just before its commit."""
    intent = scenario.intent()
    command = scenario.command(scenario.terminal)
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    fakes.journal.when("signer.sign", lambda: withdraw(scenario))
    with pytest.raises(KeyWithdrawn):
        scenario.pay_by_password(intent, "ada", credentials, command)
    with scenario.deps.unit_of_work() as uow:
        assert uow.authorizations.find(intent_id=intent.id) is None
    with pytest.raises(ReplayedRefusal) as again:
        scenario.pay_by_password(intent, "ada", credentials, command)
    assert again.value.code == "key_withdrawn"


def withdraw(scenario: Scenario) -> object:
    command = scenario.command(scenario.merchant)
    return withdraw_terminal(scenario.deps, command, scenario.terminal.subject_id)


def suspend(scenario: Scenario) -> object:
    command = scenario.command(scenario.operator)
    return suspend_alone(scenario.deps, command, scenario.terminal.subject_id, HOUR)


KEY = PublicKey("k" * 32, "a public key, never read here")  # the same for each worker


@pytest.mark.parametrize("end", [withdraw, suspend], ids=["withdrawn", "suspended"])
def test_the_payers_device_approves_nothing_that_such_a_terminal_opened(
    scenario: Scenario, ada: Customer, end: Callable[[Scenario], object]
) -> None:
    confirming = scenario.add_device(ada)
    shown, typed = scenario.show_face(ada), scenario.intent()
    by_face = scenario.confirms(confirming, shown, ada)
    by_password = replace(scenario.confirms(confirming, typed, ada), password=PASSWORD)
    end(scenario)
    with pytest.raises(IntentExpired):
        scenario.show_second_factor(shown, by_face, scenario.command(ada.caller))
    with pytest.raises(IntentExpired):
        scenario.pay_by_password(typed, None, by_password, scenario.command(ada.caller))  # type: ignore[arg-type]
    with pytest.raises((KeyWithdrawn, ClientSuspended)):
        scenario.intent()


def test_a_suspended_terminal_goes_on_with_its_payment_after_the_suspension(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.intent()
    command = scenario.command(scenario.operator)
    suspend_alone(scenario.deps, command, scenario.terminal.subject_id, timedelta(minutes=1))
    fakes.clock.advance(60)
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    assert scenario.pay_by_password(intent, "ada", credentials).state == "approved"


def test_a_merchant_replaces_its_own_key_with_the_old_one(scenario: Scenario) -> None:
    new = key()
    answer = replace_own_key(scenario.deps, scenario.command(scenario.merchant), new)
    assert (answer.id, answer.keyid) == (scenario.merchant.subject_id, new.thumbprint)
    with pytest.raises(KeyWithdrawn):
        require(scenario, scenario.merchant)
    with pytest.raises(KeyWithdrawn):
        replace_own_key(scenario.deps, scenario.command(scenario.merchant), key())
    renewed = Caller(new.thumbprint, Role.MERCHANT, answer.id)
    require(scenario, renewed)
    require(scenario, scenario.terminal)
    with pytest.raises(AlreadyExists):
        replace_own_key(
            scenario.deps, scenario.command(renewed), replace(key(), thumbprint=answer.keyid)
        )


def test_a_terminal_gets_a_new_key_or_none(scenario: Scenario) -> None:
    terminal_id, new = scenario.terminal.subject_id, key()
    command = scenario.command(scenario.merchant)
    replaced = replace_terminal_key(scenario.deps, command, terminal_id, new)
    assert replaced.keyids == [new.thumbprint]
    with pytest.raises(KeyWithdrawn):
        require(scenario, scenario.terminal)
    assert list_terminals(scenario.deps, scenario.merchant, None) == [replaced]
    assert list_terminals(scenario.deps, scenario.merchant, terminal_id) == []
    withdrawn = withdraw_terminal(scenario.deps, scenario.command(scenario.merchant), terminal_id)
    assert withdrawn.keyids == []
    assert leaf_kinds(scenario)[-3:] == [
        "client_key.withdrawn",
        "client_key.added",
        "client_key.withdrawn",
    ]


def test_another_merchant_finds_no_such_terminal(scenario: Scenario) -> None:
    shop = register_merchant(scenario.deps, scenario.command(scenario.operator), "b", key())
    other = Caller(shop.keyid, Role.MERCHANT, shop.id)
    for terminal_id in (scenario.terminal.subject_id, "term_" + "0" * 32):
        with pytest.raises(NotFound):
            withdraw_terminal(scenario.deps, scenario.command(other), terminal_id)
    assert list_terminals(scenario.deps, other, None) == []


def test_two_operators_withdraw_suspend_and_resume(
    scenario: Scenario, ada: Customer, second_operator: Caller
) -> None:
    def both(kind: ActionKind, **target: Any) -> None:
        done = approve(scenario, submit_request(scenario, kind, **target), second_operator)
        assert (done.state, done.total, done.done, done.keys_left) == ("done", 0, 0, 0)

    shop, terminal = scenario.merchant, scenario.terminal
    both(ActionKind.SUSPEND, merchant=shop.subject_id)
    for caller in (shop, terminal):
        with pytest.raises(ClientSuspended):
            require(scenario, caller)
    both(ActionKind.RESUME, merchant=shop.subject_id)
    both(ActionKind.SUSPEND, terminal=terminal.subject_id)
    require(scenario, shop)
    with pytest.raises(ClientSuspended):
        require(scenario, terminal)
    both(ActionKind.WITHDRAW_KEY, terminal=terminal.subject_id)
    both(ActionKind.WITHDRAW_KEY, customer="ada")
    both(ActionKind.WITHDRAW_KEY, key=shop.keyid)
    for caller in (terminal, ada.caller, shop):
        with pytest.raises(KeyWithdrawn):
            require(scenario, caller)
    new = key()
    both(ActionKind.REPLACE_KEY, merchant=shop.subject_id, public_key=new)
    require(scenario, Caller(new.thumbprint, Role.MERCHANT, shop.subject_id))
    assert [kind for kind in leaf_kinds(scenario) if kind.startswith("client")] == [
        "client.suspended",
        "client.resumed",
        "client.suspended",
        *["client_key.withdrawn"] * 3,
        "client_key.added",
    ]


def test_an_operator_approves_the_withdrawal_of_its_own_key(
    scenario: Scenario, second_operator: Caller
) -> None:
    action = submit_request(scenario, ActionKind.WITHDRAW_KEY, key=second_operator.keyid)
    command_answer = approve(scenario, action, second_operator)
    assert command_answer.state == "done"
    with pytest.raises(KeyWithdrawn):
        require(scenario, second_operator)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (ActionKind.WITHDRAW_KEY, {}),
        (ActionKind.WITHDRAW_KEY, {"enrolment": "enr_1"}),
        (ActionKind.WITHDRAW_KEY, {"key": "k", "terminal": "term_1"}),
        (ActionKind.SUSPEND, {"customer": "ada"}),
        (ActionKind.RESUME, {"key": "k"}),
        (ActionKind.REPLACE_KEY, {"merchant": "mer_1"}),
        (ActionKind.REPLACE_KEY, {"terminal": "term_1", "public_key": KEY}),
    ],
    ids=str,
)
def test_a_target_that_fits_no_client_is_refused(
    scenario: Scenario, kind: ActionKind, target: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest):
        submit_request(scenario, kind, **target)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (ActionKind.WITHDRAW_KEY, {"key": "unknown"}),
        (ActionKind.WITHDRAW_KEY, {"customer": "nobody"}),
        (ActionKind.SUSPEND, {"merchant": "mer_" + "0" * 32}),
        (ActionKind.RESUME, {"terminal": "term_" + "0" * 32}),
        (ActionKind.REPLACE_KEY, {"merchant": "mer_" + "0" * 32, "public_key": KEY}),
    ],
    ids=str,
)
def test_unknown_clients_are_not_found(
    scenario: Scenario, kind: ActionKind, target: dict[str, Any]
) -> None:
    with pytest.raises(NotFound):
        submit_request(scenario, kind, **target)


def test_a_registered_key_is_no_replacement(scenario: Scenario, second_operator: Caller) -> None:
    shop = scenario.merchant.subject_id
    known = replace(key(), thumbprint=scenario.terminal.keyid)
    with pytest.raises(AlreadyExists):
        submit_request(scenario, ActionKind.REPLACE_KEY, merchant=shop, public_key=known)


def test_one_operator_suspends_only_what_exists(scenario: Scenario) -> None:
    for party_id in ("mer_" + "0" * 32, "term_" + "0" * 32):
        with pytest.raises(NotFound):
            suspend_alone(scenario.deps, scenario.command(scenario.operator), party_id, HOUR)
