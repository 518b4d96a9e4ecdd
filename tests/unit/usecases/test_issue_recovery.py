"""Customers who lost password and phone return with codes that two operators issue together."""

import json

import pytest

from facepay.domain.customer import Role
from facepay.domain.errors import CredentialsRejected, NotFound, SecondOperatorNeeded
from facepay.domain.operator_action import ActionKind
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.passwords import reset_password
from facepay.usecases.customers.second_factors import add_second_factor, confirm_second_factor
from facepay.usecases.operators.actions import approve_action, read_action, request_action
from facepay.usecases.operators.register import register_operator
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import OperatorActionAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Customer, Scenario, key

NEW = "a new password"


def asked(scenario: Scenario) -> OperatorActionAnswer:
    target = {"customer": "ada"}
    command = scenario.command(scenario.operator)
    return request_action(scenario.deps, command, ActionKind.ISSUE_RECOVERY, target)


def by_another(scenario: Scenario) -> Command:
    registered = register_operator(scenario.deps, key())
    return scenario.command(Caller(registered.keyid, Role.OPERATOR, registered.id))


def issued(scenario: Scenario) -> list[str]:
    codes = approve_action(scenario.deps, by_another(scenario), asked(scenario).id).recovery_codes
    assert codes is not None
    return codes


def test_issued_codes_set_a_password_and_an_authenticator_on_the_own_device(
    scenario: Scenario, ada: Customer
) -> None:
    for_password, for_authenticator = issued(scenario)
    reset_password(scenario.deps, scenario.command(ada.caller), for_password, NEW)
    credentials = Credentials(NEW, recovery_code=for_authenticator)
    factor = add_second_factor(
        scenario.deps, scenario.command(ada.caller), "new phone", credentials
    )
    assert factor.secret is not None
    ada.secret = factor.secret
    command = scenario.command(ada.caller)
    confirm_second_factor(
        scenario.deps, command, factor.id, Credentials(code=scenario.code_of(ada))
    )
    paid = scenario.pay_by_password(
        scenario.intent(), "ada", Credentials(NEW, scenario.code_of(ada))
    )
    assert paid.state == "approved"


def test_one_operator_alone_cannot_issue_codes(scenario: Scenario, ada: Customer) -> None:
    action = asked(scenario)
    with pytest.raises(SecondOperatorNeeded):
        approve_action(scenario.deps, scenario.command(scenario.operator), action.id)


def test_an_issued_code_expires_after_fifteen_minutes(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    code, _ = issued(scenario)
    fakes.clock.advance(15 * 60)
    with pytest.raises(CredentialsRejected):
        reset_password(scenario.deps, scenario.command(ada.caller), code, NEW)


def test_issued_codes_are_shown_once_and_stored_nowhere(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    action, command = asked(scenario), by_another(scenario)
    codes = approve_action(scenario.deps, command, action.id).recovery_codes
    assert codes is not None
    assert approve_action(scenario.deps, command, action.id).recovery_codes is None
    assert read_action(scenario.deps, action.id).recovery_codes is None
    with fakes.database() as uow:
        kept = json.dumps([record.answer for record in uow.idempotency.find_all()])
    assert not any(code in kept for code in codes)


def test_no_codes_are_issued_for_an_unknown_customer(scenario: Scenario, ada: Customer) -> None:
    command = scenario.command(scenario.operator)
    with pytest.raises(NotFound):
        request_action(scenario.deps, command, ActionKind.ISSUE_RECOVERY, {"customer": "nobody"})
