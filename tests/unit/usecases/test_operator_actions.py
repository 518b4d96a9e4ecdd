"""Two operators at a time: what one alone cannot do, and what comes of it once both agree."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from facepay.domain.customer import Role
from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import (
    FaceNotAvailable,
    InvalidRequest,
    NotFound,
    SecondOperatorNeeded,
    StorageUnavailable,
    WrongState,
)
from facepay.domain.operator_action import ActionKind
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.faces.deletion_receipt import read_deletion_receipt
from facepay.usecases.faces.lock import lock_face
from facepay.usecases.operators.actions import (
    approve_action,
    continue_action,
    read_action,
    request_action,
    take_batch,
)
from facepay.usecases.operators.register import register_operator
from facepay.usecases.request import Caller
from facepay.usecases.responses import OperatorActionAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, Customer, Scenario, key

FACE, COHORT = ActionKind.REVOKE_FACE, ActionKind.REVOKE_COHORT


@pytest.fixture
def second(scenario: Scenario) -> Caller:
    registered = register_operator(scenario.deps, key())
    return Caller(registered.keyid, Role.OPERATOR, registered.id)


def ask(
    scenario: Scenario, kind: ActionKind, by: Caller | None = None, **target: Any
) -> OperatorActionAnswer:
    return request_action(scenario.deps, scenario.command(by or scenario.operator), kind, target)


def approve(scenario: Scenario, action: OperatorActionAnswer, by: Caller) -> OperatorActionAnswer:
    return approve_action(scenario.deps, scenario.command(by), action.id)


def go_on(scenario: Scenario, action: OperatorActionAnswer, at_most: int) -> OperatorActionAnswer:
    return continue_action(scenario.deps, scenario.command(scenario.operator), action.id, at_most)


def states(scenario: Scenario) -> list[str]:
    with scenario.deps.unit_of_work() as uow:
        return sorted(each.state.value for each in uow.enrolments.find_all())


def kinds(scenario: Scenario) -> list[str]:
    with scenario.deps.unit_of_work() as uow:
        return [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]


def row(scenario: Scenario, enrolment_id: str) -> Enrolment:
    with scenario.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=enrolment_id)
    assert found is not None
    return found


def cohort(scenario: Scenario, payer: Customer, size: int, **changed: Any) -> list[Enrolment]:
    """Copies of an enrolment, each with a key of its own."""
    faces = []
    original = row(scenario, payer.enrolment_id)
    with scenario.deps.unit_of_work() as uow:
        for number in range(size):
            name = f"enr_{number:032x}"
            face = replace(original, id=name, key_name=name, **changed)
            scenario.fakes.vault.create_key(name)
            uow.enrolments.add(face)
            faces.append(face)
        uow.commit()
    return faces


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
