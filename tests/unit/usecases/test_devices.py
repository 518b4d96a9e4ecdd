"""A customer's devices are added with two credentials, and withdrawn with any one."""

import json
from typing import Any

import pytest

from facepay.domain.customer import Role
from facepay.domain.errors import (
    AlreadyExists,
    CredentialsRejected,
    NotFound,
    WrongState,
)
from facepay.domain.standing import KeyWithdrawn
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.authentication.sign_in import SignInAttempt, resume_session, sign_in
from facepay.usecases.clients.devices import (
    MOST,
    add_device,
    list_devices,
    read_device,
    withdraw_device,
)
from facepay.usecases.request import Caller
from facepay.usecases.responses import DeviceAnswer
from tests.fakes.scenario import PASSWORD, Customer, Scenario, key
from tests.support.client_keys import require
from tests.support.operator_actions import leaf_kinds


def events(scenario: Scenario) -> list[tuple[str, dict[str, Any]]]:
    with scenario.deps.unit_of_work() as uow:
        found = uow.events.find_all(after_seq=0)
    return [(each.kind, json.loads(each.for_operator)) for each in found]


def add(scenario: Scenario, ada: Customer, name: str = "tablet") -> DeviceAnswer:
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    return add_device(scenario.deps, scenario.command(ada.caller), name, key(), credentials)


def device(ada: Customer, added: DeviceAnswer) -> Caller:
    return Caller(added.keyid, Role.CUSTOMER, ada.caller.subject_id)


def test_a_device_is_added_with_two_credentials_and_withdrawn_with_one(
    scenario: Scenario, ada: Customer
) -> None:
    added = add(scenario, ada)
    listed = list_devices(scenario.deps, ada.caller.subject_id)
    assert [each.keyid for each in listed] == [ada.caller.keyid, added.keyid]
    assert [each.name for each in listed] == [None, "tablet"]
    require(scenario, device(ada, added))
    command = scenario.command(ada.caller)
    withdrawn = withdraw_device(scenario.deps, command, added.keyid, Credentials(PASSWORD))
    assert withdrawn.withdrawn_at is not None
    with pytest.raises(KeyWithdrawn):
        require(scenario, device(ada, added))
    assert read_device(scenario.deps, ada.caller.subject_id, added.keyid) == withdrawn
    assert leaf_kinds(scenario)[-2:] == ["client_key.added", "client_key.withdrawn"]
    subject = {"keyid": added.keyid, "role": "customer", "subject": ada.caller.subject_id}
    assert events(scenario)[-2:] == [
        ("client_key.added", subject),
        ("client_key.withdrawn", subject),
    ]


def test_a_device_is_withdrawn_once_and_repeating_it_is_safe(
    scenario: Scenario, ada: Customer
) -> None:
    added = add(scenario, ada)
    answers = [
        withdraw_device(
            scenario.deps, scenario.command(ada.caller), added.keyid, Credentials(PASSWORD)
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert leaf_kinds(scenario).count("client_key.withdrawn") == 1


def test_a_device_withdraws_itself_and_only_once(scenario: Scenario, ada: Customer) -> None:
    own, proof = ada.caller, Credentials(PASSWORD)
    assert withdraw_device(scenario.deps, scenario.command(own), own.keyid, proof).withdrawn_at
    with pytest.raises(KeyWithdrawn):
        withdraw_device(scenario.deps, scenario.command(own), own.keyid, proof)
    assert list_devices(scenario.deps, own.subject_id) == []


def test_a_session_of_the_page_withdraws_a_device(scenario: Scenario, ada: Customer) -> None:
    added = add(scenario, ada)
    attempt = SignInAttempt("ada", Credentials(PASSWORD, scenario.code_of(ada)))
    session = resume_session(scenario.deps, sign_in(scenario.deps, attempt).token)
    assert session is not None
    page = Caller(session.id, Role.CUSTOMER, ada.caller.subject_id, on_page=True)
    answer = withdraw_device(scenario.deps, scenario.command(page), added.keyid, session)
    assert answer.withdrawn_at is not None


@pytest.mark.parametrize(
    "credentials",
    [Credentials(), Credentials("wrong"), Credentials(PASSWORD), Credentials(code="wrong")],
    ids=["none", "wrong password", "password alone", "wrong code"],
)
def test_adding_a_device_takes_password_and_second_factor(
    scenario: Scenario, ada: Customer, credentials: Credentials
) -> None:
    with pytest.raises(CredentialsRejected):
        add_device(scenario.deps, scenario.command(ada.caller), "x", key(), credentials)
    assert len(list_devices(scenario.deps, ada.caller.subject_id)) == 1


def test_a_device_key_does_not_sign_requests_and_ten_devices_are_enough(
    scenario: Scenario, ada: Customer
) -> None:
    confirming = scenario.add_device(ada)
    command, credentials = (
        scenario.command(ada.caller),
        Credentials(PASSWORD, scenario.code_of(ada)),
    )
    with pytest.raises(AlreadyExists):
        add_device(scenario.deps, command, "x", confirming, credentials)
    for _ in range(MOST - 1):
        add(scenario, ada)
    with pytest.raises(WrongState):
        add(scenario, ada)


def test_nobody_withdraws_a_device_of_somebody_else(scenario: Scenario, ada: Customer) -> None:
    eve = scenario.register("eve")
    for keyid in (ada.caller.keyid, scenario.terminal.keyid, "unknown"):
        with pytest.raises(NotFound):
            withdraw_device(
                scenario.deps, scenario.command(eve.caller), keyid, Credentials(PASSWORD)
            )
    require(scenario, ada.caller)
