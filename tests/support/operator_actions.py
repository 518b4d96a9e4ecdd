"""Actions of two operators on the fakes' scenario, and the rows and leaves they leave."""

from dataclasses import replace
from typing import Any

import pytest

from facepay.domain.customer import Role
from facepay.domain.enrolment import Enrolment
from facepay.domain.operator_action import ActionKind
from facepay.usecases.operators.actions import (
    approve_action,
    continue_action,
    request_action,
)
from facepay.usecases.operators.register import register_operator
from facepay.usecases.request import Caller
from facepay.usecases.responses import OperatorActionAnswer
from tests.fakes.scenario import Customer, Scenario, key

FACE, COHORT = ActionKind.REVOKE_FACE, ActionKind.REVOKE_COHORT


@pytest.fixture
def second_operator(scenario: Scenario) -> Caller:
    registered = register_operator(scenario.deps, key())
    return Caller(registered.keyid, Role.OPERATOR, registered.id)


def submit_request(
    scenario: Scenario, kind: ActionKind, by: Caller | None = None, **target: Any
) -> OperatorActionAnswer:
    return request_action(scenario.deps, scenario.command(by or scenario.operator), kind, target)


def approve(scenario: Scenario, action: OperatorActionAnswer, by: Caller) -> OperatorActionAnswer:
    return approve_action(scenario.deps, scenario.command(by), action.id)


def continue_batch(
    scenario: Scenario, action: OperatorActionAnswer, at_most: int
) -> OperatorActionAnswer:
    return continue_action(scenario.deps, scenario.command(scenario.operator), action.id, at_most)


def enrolment_states(scenario: Scenario) -> list[str]:
    with scenario.deps.unit_of_work() as uow:
        return sorted(each.state.value for each in uow.enrolments.find_all())


def leaf_kinds(scenario: Scenario) -> list[str]:
    with scenario.deps.unit_of_work() as uow:
        return [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]


def enrolment_row(scenario: Scenario, enrolment_id: str) -> Enrolment:
    with scenario.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=enrolment_id)
    assert found is not None
    return found


def add_cohort(scenario: Scenario, payer: Customer, size: int, **changed: Any) -> list[Enrolment]:
    """Copy an enrolment, each copy with a key of its own."""
    faces = []
    original = enrolment_row(scenario, payer.enrolment_id)
    with scenario.deps.unit_of_work() as uow:
        for number in range(size):
            name = f"enr_{number:032x}"
            face = replace(original, id=name, **changed)
            scenario.fakes.vault.create_key(name)
            uow.enrolments.add(face)
            faces.append(face)
        uow.commit()
    return faces
