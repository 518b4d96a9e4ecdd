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
from tests.support.operator_actions import COHORT, approve, ask, cohort, go_on, kinds, row, states

second = operator_actions.second


def test_a_cohort_goes_in_batches_and_each_tells_how_far_it_is(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    cohort(scenario, ada, 5, model="leaked")
    action = approve(scenario, ask(scenario, COHORT, model="leaked"), second)
    assert (action.state, action.total, action.done) == ("approved", 5, 0)
    told = []
    while action.state != "done":
        action = go_on(scenario, action, 2)
        told.append((action.done, action.total, action.keys_left))
    assert told == [(2, 5, 0), (4, 5, 0), (5, 5, 0)]
    assert row(scenario, ada.enrolment_id).state == "active", "she is not of the cohort"
    assert kinds(scenario).count("face.revoked") == kinds(scenario).count("face.key_destroyed") == 5
    assert kinds(scenario)[-1] == "operator_action.done"
    with scenario.deps.unit_of_work() as uow:
        assert {each.cause.value for each in uow.deletions.find_all()} == {"cohort"}


def test_a_cohort_goes_nowhere_until_another_operator_approved_it(
    scenario: Scenario, ada: Customer
) -> None:
    action = ask(scenario, COHORT, model=row(scenario, ada.enrolment_id).model)
    with pytest.raises(WrongState):
        go_on(scenario, action, 200)
    assert states(scenario) == ["active"]


@pytest.mark.parametrize("kind", [ActionKind.CLEAR_DURESS, ActionKind.ISSUE_RECOVERY])
def test_one_operator_makes_no_revocation_of_what_two_agreed_on_for_the_customers_good(
    scenario: Scenario, ada: Customer, second: Caller, kind: ActionKind
) -> None:
    action = approve(scenario, ask(scenario, kind, customer="ada"), second)
    assert action.state == "done"
    with pytest.raises(WrongState):
        go_on(scenario, action, 200)
    with pytest.raises(WrongState):
        take_batch(scenario.deps, action.id, 200)
    assert states(scenario) == ["active"]


def test_a_cohort_is_bounded_by_when_its_faces_were_enrolled(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    made = row(scenario, ada.enrolment_id).created_at
    late = made + timedelta(days=1)
    fakes.clock.advance(3 * 86400)
    cohort(scenario, ada, 2, created_at=late)
    one = approve(scenario, ask(scenario, COHORT, enrolled_before=late), second)
    other = approve(scenario, ask(scenario, COHORT, enrolled_after=late), second)
    assert (one.total, other.total) == (1, 2)
    assert go_on(scenario, other, 200).done == 2
    assert row(scenario, ada.enrolment_id).state == "active"


def test_who_enrols_after_the_approval_is_not_of_the_cohort(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    model = row(scenario, ada.enrolment_id).model
    action = approve(scenario, ask(scenario, COHORT, model=model), second)
    fakes.clock.advance(1)
    bob = scenario.enrol("bob")
    assert go_on(scenario, action, 200).state == "done"
    assert row(scenario, ada.enrolment_id).state == "revoked"
    assert row(scenario, bob.enrolment_id).state == "active"


def test_a_locked_face_and_one_that_is_just_being_enrolled_go_with_their_cohort(
    scenario: Scenario, ada: Customer, second: Caller
) -> None:
    lock_face(scenario.deps, scenario.command(ada.caller), ada.enrolment_id, Credentials(PASSWORD))
    bob = scenario.settle_in("bob")
    scenario.consent(bob)
    scenario.begin(bob)
    action = ask(scenario, COHORT, model=row(scenario, ada.enrolment_id).model)
    action = approve(scenario, action, second)
    assert go_on(scenario, action, 200).done == 2
    assert states(scenario) == ["revoked", "revoked"]


def test_what_owners_revoked_themselves_meanwhile_is_counted_and_not_done_twice(
    scenario: Scenario, ada: Customer, second: Caller
) -> None:
    action = ask(scenario, COHORT, model=row(scenario, ada.enrolment_id).model)
    action = approve(scenario, action, second)
    scenario.revoke(ada)
    assert read_action(scenario.deps, action.id).done == 1
    assert go_on(scenario, action, 200).state == "done"
    assert kinds(scenario).count("face.revoked") == 1
    with scenario.deps.unit_of_work() as uow:
        assert [each.cause.value for each in uow.deletions.find_all()] == ["customer"]


def test_while_the_vault_is_away_faces_go_and_keys_are_counted_until_it_is_back(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    cohort(scenario, ada, 4, model="leaked")
    action = approve(scenario, ask(scenario, COHORT, model="leaked"), second)
    fakes.vault.away = True
    for _ in range(2):
        action = go_on(scenario, action, 2)
    assert (action.state, action.done, action.keys_left) == ("done", 4, 4)
    fakes.vault.away = False
    for _ in range(2):
        action = go_on(scenario, action, 2)
    assert (action.state, action.keys_left) == ("done", 0)
    assert not [name for name in fakes.vault.keys if name.startswith("enr_0")]


@pytest.mark.parametrize("moment", range(3))
def test_a_batch_that_broke_off_is_gone_on_with(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, second: Caller, moment: int
) -> None:
    faces = cohort(scenario, ada, 3, model="leaked")
    action = approve(scenario, ask(scenario, COHORT, model="leaked"), second)
    done = []

    def die() -> None:
        done.append(1)
        if len(done) > moment:
            raise StorageUnavailable("the machine went")
        fakes.journal.when("vault.destroy_key", die)

    fakes.journal.when("vault.destroy_key", die)
    with pytest.raises(StorageUnavailable):
        go_on(scenario, action, 200)
    action = go_on(scenario, action, 200)
    assert (action.state, action.done, action.keys_left) == ("done", 3, 0)
    assert not {face.key_name for face in faces} & set(fakes.vault.keys)
    assert kinds(scenario).count("face.revoked") == kinds(scenario).count("face.key_destroyed") == 3
