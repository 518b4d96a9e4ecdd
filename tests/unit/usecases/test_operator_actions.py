"""Actions of two operators: one alone can do nothing, and both together revoke one face."""

import json
from dataclasses import replace
from typing import Any

import pytest

from facepay.domain.customer import Role
from facepay.domain.errors import (
    FaceNotAvailable,
    InvalidRequest,
    NotFound,
    SecondOperatorNeeded,
    WrongState,
)
from facepay.domain.operator_action import ActionKind
from facepay.usecases.faces.deletion_receipt import read_deletion_receipt
from facepay.usecases.operators.actions import (
    approve_action,
    read_action,
)
from facepay.usecases.operators.register import register_operator
from facepay.usecases.request import Caller
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Customer, Scenario, key
from tests.support import operator_actions
from tests.support.operator_actions import COHORT, FACE, approve, ask, kinds, row, states

second = operator_actions.second


@pytest.mark.parametrize("by", ["enrolment", "customer"])
def test_what_one_asks_and_another_approves_takes_the_face_back_at_once(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second: Caller, by: str
) -> None:
    target = {"enrolment": ada.enrolment_id, "customer": "ada"}[by]
    waiting = scenario.show_face(ada)
    action = ask(scenario, FACE, **{by: target})
    assert (action.state, action.total) == ("requested", 0)
    done = approve(scenario, action, second)
    assert (done.state, done.total, done.done, done.keys_left) == ("done", 1, 1, 0)
    assert ada.enrolment_id not in fakes.vault.keys
    with pytest.raises(FaceNotAvailable):
        scenario.enter_code(waiting, scenario.code_of(ada))
    assert kinds(scenario)[-3:] == [
        "operator_action.approved",
        "face.revoked",
        "face.key_destroyed",
    ]


def test_its_receipt_names_the_operators_as_the_cause(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    approve(scenario, ask(scenario, FACE, customer="ada"), second)
    read_deletion_receipt(scenario.deps, ada.caller, ada.enrolment_id)
    assert fakes.root.signed[-1]["cause"] == "operator"


def test_who_asked_does_not_approve(scenario: Scenario, ada: Customer, second: Caller) -> None:
    action = ask(scenario, FACE, customer="ada")
    same_person = Caller(second.keyid, Role.OPERATOR, scenario.operator.subject_id)
    same_key = Caller(scenario.operator.keyid, Role.OPERATOR, second.subject_id)
    for approver in (scenario.operator, same_person, same_key):
        with pytest.raises(SecondOperatorNeeded):
            approve(scenario, action, approver)
    assert states(scenario) == ["active"]


def test_an_approval_counts_once(scenario: Scenario, ada: Customer, second: Caller) -> None:
    action = ask(scenario, FACE, customer="ada")
    approve(scenario, action, second)
    scenario.begin(ada)
    scenario.send(ada.caller, scenario.open_enrolment(ada), "ada")
    for approver in (second, Caller("a third", Role.OPERATOR, "op_third")):
        with pytest.raises(WrongState):
            approve(scenario, action, approver)
    assert row(scenario, ada.enrolment_id).state == "active", "the new face is nobody's target"


def test_a_repeated_request_gets_the_one_answer(
    scenario: Scenario, ada: Customer, second: Caller
) -> None:
    action = ask(scenario, FACE, customer="ada")
    command = scenario.command(second)
    first = approve_action(scenario.deps, command, action.id)
    assert approve_action(scenario.deps, command, action.id) == first
    assert kinds(scenario).count("operator_action.approved") == 1


def test_after_an_hour_it_can_not_be_approved(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    action = ask(scenario, FACE, customer="ada")
    fakes.clock.advance(3600)
    assert read_action(scenario.deps, action.id).state == "expired"
    with pytest.raises(WrongState):
        approve(scenario, action, second)
    assert states(scenario) == ["active"]


def test_what_a_revoked_key_asked_for_is_not_approved(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    action = ask(scenario, FACE, customer="ada")
    with scenario.deps.unit_of_work() as uow:
        client = uow.clients.find(id=scenario.operator.keyid)
        assert client is not None
        uow.clients.update(replace(client, revoked_at=fakes.clock.now))
        uow.commit()
    with pytest.raises(WrongState):
        approve(scenario, action, second)
    assert states(scenario) == ["active"]


def test_every_operator_added_on_the_console_is_another_person(scenario: Scenario) -> None:
    one, other = (register_operator(scenario.deps, key()) for _ in range(2))
    assert one.id != other.id
    again = register_operator(scenario.deps, replace(key(), thumbprint=one.keyid))
    assert again.id == one.id, "the same key is the same person"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (FACE, {}),
        (FACE, {"enrolment": "enr_" + "0" * 32, "customer": "ada"}),
        (FACE, {"model": "m"}),
        (COHORT, {}),
        (COHORT, {"customer": "ada"}),
        (COHORT, {"model": "m", "enrolment": "enr_" + "0" * 32}),
    ],
)
def test_a_target_that_is_none_of_this_kind_is_refused(
    scenario: Scenario, kind: ActionKind, target: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest):
        ask(scenario, kind, **target)


def test_nobodys_face_is_not_found(scenario: Scenario, second: Caller) -> None:
    for target in ({"customer": "nobody"}, {"enrolment": "enr_" + "0" * 32}):
        with pytest.raises(NotFound):
            ask(scenario, FACE, **target)
    with pytest.raises(NotFound):
        approve_action(scenario.deps, scenario.command(second), "act_" + "0" * 32)


def test_the_log_says_who_asked_and_who_approved_to_whom_it_is_opened(
    scenario: Scenario, ada: Customer, second: Caller
) -> None:
    approve(scenario, ask(scenario, FACE, enrolment=ada.enrolment_id), second)
    with scenario.deps.unit_of_work() as uow:
        leaves = {leaf.seq: leaf.kind for leaf in uow.leaves.find_all(after_seq=0)}
        openings = uow.openings.find_all(after_seq=0)
    steps = {leaves[each.seq]: json.loads(each.details) for each in openings}
    assert steps["operator_action.requested"]["operator"] == scenario.operator.subject_id
    assert steps["operator_action.approved"]["operator"] == second.subject_id
    assert steps["operator_action.approved"]["keyid"] == second.keyid
