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
from tests.support.operator_actions import (
    COHORT,
    FACE,
    approve,
    enrolment_row,
    enrolment_states,
    leaf_kinds,
    submit_request,
)

second_operator = operator_actions.second_operator


@pytest.mark.parametrize("by", ["enrolment", "customer"])
def test_a_request_approved_by_another_operator_revokes_the_face_at_once(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second_operator: Caller, by: str
) -> None:
    target = {"enrolment": ada.enrolment_id, "customer": "ada"}[by]
    waiting = scenario.show_face(ada)
    action = submit_request(scenario, FACE, **{by: target})
    assert (action.state, action.total) == ("requested", 0)
    done = approve(scenario, action, second_operator)
    assert (done.state, done.total, done.done, done.keys_left) == ("done", 1, 1, 0)
    assert ada.enrolment_id not in fakes.vault.keys
    with pytest.raises(FaceNotAvailable):
        scenario.enter_code(waiting, scenario.code_of(ada))
    assert leaf_kinds(scenario)[-3:] == [
        "operator_action.approved",
        "face.revoked",
        "face.key_destroyed",
    ]


def test_the_receipt_names_the_operators_as_the_cause(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second_operator: Caller
) -> None:
    approve(scenario, submit_request(scenario, FACE, customer="ada"), second_operator)
    read_deletion_receipt(scenario.deps, ada.caller, ada.enrolment_id)
    assert fakes.root.signed[-1]["cause"] == "operator"


def test_the_requesting_operator_cannot_approve(
    scenario: Scenario, ada: Customer, second_operator: Caller
) -> None:
    action = submit_request(scenario, FACE, customer="ada")
    same_person = Caller(second_operator.keyid, Role.OPERATOR, scenario.operator.subject_id)
    same_key = Caller(scenario.operator.keyid, Role.OPERATOR, second_operator.subject_id)
    for approver in (scenario.operator, same_person, same_key):
        with pytest.raises(SecondOperatorNeeded):
            approve(scenario, action, approver)
    assert enrolment_states(scenario) == ["active"]


def test_an_approval_counts_once(
    scenario: Scenario, ada: Customer, second_operator: Caller
) -> None:
    action = submit_request(scenario, FACE, customer="ada")
    approve(scenario, action, second_operator)
    scenario.begin(ada)
    scenario.send(ada.caller, scenario.open_enrolment(ada), "ada")
    for approver in (second_operator, Caller("a third", Role.OPERATOR, "op_third")):
        with pytest.raises(WrongState):
            approve(scenario, action, approver)
    assert enrolment_row(scenario, ada.enrolment_id).state == "active", (
        "the new face is no target of the action"
    )


def test_a_repeated_approval_gets_the_same_answer(
    scenario: Scenario, ada: Customer, second_operator: Caller
) -> None:
    action = submit_request(scenario, FACE, customer="ada")
    command = scenario.command(second_operator)
    first = approve_action(scenario.deps, command, action.id)
    assert approve_action(scenario.deps, command, action.id) == first
    assert leaf_kinds(scenario).count("operator_action.approved") == 1


def test_an_action_cannot_be_approved_after_an_hour(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second_operator: Caller
) -> None:
    action = submit_request(scenario, FACE, customer="ada")
    fakes.clock.advance(3600)
    assert read_action(scenario.deps, action.id).state == "expired"
    with pytest.raises(WrongState):
        approve(scenario, action, second_operator)
    assert enrolment_states(scenario) == ["active"]


def test_the_request_of_a_revoked_key_cannot_be_approved(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second_operator: Caller
) -> None:
    action = submit_request(scenario, FACE, customer="ada")
    with scenario.deps.unit_of_work() as uow:
        client = uow.clients.find(id=scenario.operator.keyid)
        assert client is not None
        uow.clients.update(replace(client, revoked_at=fakes.clock.now))
        uow.commit()
    with pytest.raises(WrongState):
        approve(scenario, action, second_operator)
    assert enrolment_states(scenario) == ["active"]


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
def test_a_target_that_does_not_fit_its_kind_is_refused(
    scenario: Scenario, kind: ActionKind, target: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest):
        submit_request(scenario, kind, **target)


def test_an_unknown_face_or_action_is_not_found(
    scenario: Scenario, second_operator: Caller
) -> None:
    for target in ({"customer": "nobody"}, {"enrolment": "enr_" + "0" * 32}):
        with pytest.raises(NotFound):
            submit_request(scenario, FACE, **target)
    with pytest.raises(NotFound):
        approve_action(scenario.deps, scenario.command(second_operator), "act_" + "0" * 32)


def test_the_opened_log_names_the_requesting_and_the_approving_operator(
    scenario: Scenario, ada: Customer, second_operator: Caller
) -> None:
    approve(scenario, submit_request(scenario, FACE, enrolment=ada.enrolment_id), second_operator)
    with scenario.deps.unit_of_work() as uow:
        leaves = {leaf.seq: leaf.kind for leaf in uow.leaves.find_all(after_seq=0)}
        openings = uow.openings.find_all(after_seq=0)
    steps = {leaves[each.seq]: json.loads(each.details) for each in openings}
    assert steps["operator_action.requested"]["operator"] == scenario.operator.subject_id
    assert steps["operator_action.approved"]["operator"] == second_operator.subject_id
    assert steps["operator_action.approved"]["keyid"] == second_operator.keyid
