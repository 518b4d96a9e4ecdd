"""Operators revoke a cohort of faces in batches, once two of them agreed."""

from datetime import timedelta

import pytest

from facepay.domain.errors import (
    StorageUnavailable,
    WrongState,
)
from facepay.domain.operator_action import ActionKind
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.faces.lock import lock_face
from facepay.usecases.operators.actions import (
    read_action,
    take_batch,
)
from facepay.usecases.request import Caller
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, Customer, Scenario
from tests.support import operator_actions
from tests.support.operator_actions import (
    COHORT,
    add_cohort,
    approve,
    continue_batch,
    enrolment_row,
    enrolment_states,
    leaf_kinds,
    submit_request,
)

second_operator = operator_actions.second_operator


def test_a_cohort_is_revoked_in_batches_that_report_progress(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second_operator: Caller
) -> None:
    add_cohort(scenario, ada, 5, model="leaked")
    action = approve(scenario, submit_request(scenario, COHORT, model="leaked"), second_operator)
    assert (action.state, action.total, action.done) == ("approved", 5, 0)
    progress = []
    while action.state != "done":
        action = continue_batch(scenario, action, 2)
        progress.append((action.done, action.total, action.keys_left))
    assert progress == [(2, 5, 0), (4, 5, 0), (5, 5, 0)]
    assert enrolment_row(scenario, ada.enrolment_id).state == "active", (
        "her face is not in the cohort"
    )
    assert (
        leaf_kinds(scenario).count("face.revoked")
        == leaf_kinds(scenario).count("face.key_destroyed")
        == 5
    )
    assert leaf_kinds(scenario)[-1] == "operator_action.done"
    with scenario.deps.unit_of_work() as uow:
        assert {each.cause.value for each in uow.deletions.find_all()} == {"cohort"}


def test_no_face_of_a_cohort_is_revoked_before_another_operator_approves(
    scenario: Scenario, ada: Customer
) -> None:
    action = submit_request(scenario, COHORT, model=enrolment_row(scenario, ada.enrolment_id).model)
    with pytest.raises(WrongState):
        continue_batch(scenario, action, 200)
    assert enrolment_states(scenario) == ["active"]


@pytest.mark.parametrize("kind", [ActionKind.CLEAR_DURESS, ActionKind.ISSUE_RECOVERY])
def test_one_operator_cannot_turn_an_approved_recovery_into_a_revocation(
    scenario: Scenario, ada: Customer, second_operator: Caller, kind: ActionKind
) -> None:
    action = approve(scenario, submit_request(scenario, kind, customer="ada"), second_operator)
    assert action.state == "done"
    with pytest.raises(WrongState):
        continue_batch(scenario, action, 200)
    with pytest.raises(WrongState):
        take_batch(scenario.deps, action.id, 200)
    assert enrolment_states(scenario) == ["active"]


def test_a_cohort_is_bounded_by_times_of_enrolment(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second_operator: Caller
) -> None:
    made = enrolment_row(scenario, ada.enrolment_id).created_at
    late = made + timedelta(days=1)
    fakes.clock.advance(3 * 86400)
    add_cohort(scenario, ada, 2, created_at=late)
    one = approve(scenario, submit_request(scenario, COHORT, enrolled_before=late), second_operator)
    other = approve(
        scenario, submit_request(scenario, COHORT, enrolled_after=late), second_operator
    )
    assert (one.total, other.total) == (1, 2)
    assert continue_batch(scenario, other, 200).done == 2
    assert enrolment_row(scenario, ada.enrolment_id).state == "active"


def test_a_face_enrolled_after_the_approval_is_not_revoked(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second_operator: Caller
) -> None:
    model = enrolment_row(scenario, ada.enrolment_id).model
    action = approve(scenario, submit_request(scenario, COHORT, model=model), second_operator)
    fakes.clock.advance(1)
    bob = scenario.enrol("bob")
    assert continue_batch(scenario, action, 200).state == "done"
    assert enrolment_row(scenario, ada.enrolment_id).state == "revoked"
    assert enrolment_row(scenario, bob.enrolment_id).state == "active"


def test_locked_faces_and_unfinished_enrolments_are_revoked_with_their_cohort(
    scenario: Scenario, ada: Customer, second_operator: Caller
) -> None:
    lock_face(scenario.deps, scenario.command(ada.caller), ada.enrolment_id, Credentials(PASSWORD))
    bob = scenario.register("bob")
    scenario.consent(bob)
    scenario.begin(bob)
    action = submit_request(scenario, COHORT, model=enrolment_row(scenario, ada.enrolment_id).model)
    action = approve(scenario, action, second_operator)
    assert continue_batch(scenario, action, 200).done == 2
    assert enrolment_states(scenario) == ["revoked", "revoked"]


def test_faces_revoked_by_their_owners_are_counted_and_not_revoked_twice(
    scenario: Scenario, ada: Customer, second_operator: Caller
) -> None:
    action = submit_request(scenario, COHORT, model=enrolment_row(scenario, ada.enrolment_id).model)
    action = approve(scenario, action, second_operator)
    scenario.revoke(ada)
    assert read_action(scenario.deps, action.id).done == 1
    assert continue_batch(scenario, action, 200).state == "done"
    assert leaf_kinds(scenario).count("face.revoked") == 1
    with scenario.deps.unit_of_work() as uow:
        assert [each.cause.value for each in uow.deletions.find_all()] == ["customer"]


def test_a_vault_outage_delays_key_destruction_and_no_revocation(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second_operator: Caller
) -> None:
    faces = add_cohort(scenario, ada, 4, model="leaked")
    action = approve(scenario, submit_request(scenario, COHORT, model="leaked"), second_operator)
    fakes.vault.away = True
    for _ in range(2):
        action = continue_batch(scenario, action, 2)
    assert (action.state, action.done, action.keys_left) == ("done", 4, 4)
    fakes.vault.away = False
    for _ in range(2):
        action = continue_batch(scenario, action, 2)
    assert (action.state, action.keys_left) == ("done", 0)
    assert not {face.key_name for face in faces} & set(fakes.vault.keys)


@pytest.mark.parametrize("moment", range(3))
def test_an_interrupted_batch_is_resumed(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second_operator: Caller, moment: int
) -> None:
    faces = add_cohort(scenario, ada, 3, model="leaked")
    action = approve(scenario, submit_request(scenario, COHORT, model="leaked"), second_operator)
    done = []

    def die() -> None:
        done.append(1)
        if len(done) > moment:
            raise StorageUnavailable("the machine went")
        fakes.journal.when("vault.destroy_key", die)

    fakes.journal.when("vault.destroy_key", die)
    with pytest.raises(StorageUnavailable):
        continue_batch(scenario, action, 200)
    action = continue_batch(scenario, action, 200)
    assert (action.state, action.done, action.keys_left) == ("done", 3, 0)
    assert not {face.key_name for face in faces} & set(fakes.vault.keys)
    assert (
        leaf_kinds(scenario).count("face.revoked")
        == leaf_kinds(scenario).count("face.key_destroyed")
        == 3
    )
