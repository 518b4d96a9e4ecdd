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
from facepay.usecases.authentication.verify_credentials import Credentials
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
from tests.fakes.street import PASSWORD, Customer, Street, key

FACE, COHORT = ActionKind.REVOKE_FACE, ActionKind.REVOKE_COHORT


@pytest.fixture
def second(street: Street) -> Caller:
    registered = register_operator(street.deps, key())
    return Caller(registered.keyid, Role.OPERATOR, registered.id)


def ask(
    street: Street, kind: ActionKind, by: Caller | None = None, **target: Any
) -> OperatorActionAnswer:
    return request_action(street.deps, street.command(by or street.operator), kind, target)


def approve(street: Street, action: OperatorActionAnswer, by: Caller) -> OperatorActionAnswer:
    return approve_action(street.deps, street.command(by), action.id)


def go_on(street: Street, action: OperatorActionAnswer, at_most: int) -> OperatorActionAnswer:
    return continue_action(street.deps, street.command(street.operator), action.id, at_most)


def states(street: Street) -> list[str]:
    with street.deps.unit_of_work() as uow:
        return sorted(each.state.value for each in uow.enrolments.find_all())


def kinds(street: Street) -> list[str]:
    with street.deps.unit_of_work() as uow:
        return [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]


def row(street: Street, enrolment_id: str) -> Enrolment:
    with street.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=enrolment_id)
    assert found is not None
    return found


def cohort(street: Street, payer: Customer, size: int, **changed: Any) -> list[Enrolment]:
    """Copies of an enrolment, each with a key of its own."""
    faces = []
    original = row(street, payer.enrolment_id)
    with street.deps.unit_of_work() as uow:
        for number in range(size):
            name = f"enr_{number:032x}"
            face = replace(original, id=name, key_name=name, **changed)
            street.fakes.vault.create_key(name)
            uow.enrolments.add(face)
            faces.append(face)
        uow.commit()
    return faces


@pytest.mark.parametrize("by", ["enrolment", "customer"])
def test_what_one_asks_and_another_approves_takes_the_face_back_at_once(
    street: Street, fakes: FakeDependencies, ada: Customer, second: Caller, by: str
) -> None:
    target = {"enrolment": ada.enrolment_id, "customer": "ada"}[by]
    waiting = street.show_face(ada)
    action = ask(street, FACE, **{by: target})
    assert (action.state, action.total) == ("requested", 0)
    done = approve(street, action, second)
    assert (done.state, done.total, done.done, done.keys_left) == ("done", 1, 1, 0)
    assert ada.enrolment_id not in fakes.vault.keys
    with pytest.raises(FaceNotAvailable):
        street.enter(waiting, street.code_of(ada))
    assert kinds(street)[-3:] == ["operator_action.approved", "face.revoked", "face.key_destroyed"]


def test_its_receipt_names_the_operators_as_the_cause(
    street: Street, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    approve(street, ask(street, FACE, customer="ada"), second)
    read_deletion_receipt(street.deps, ada.caller, ada.enrolment_id)
    assert fakes.root.signed[-1]["cause"] == "operator"


def test_who_asked_does_not_approve(street: Street, ada: Customer, second: Caller) -> None:
    action = ask(street, FACE, customer="ada")
    same_person = Caller(second.keyid, Role.OPERATOR, street.operator.subject_id)
    same_key = Caller(street.operator.keyid, Role.OPERATOR, second.subject_id)
    for approver in (street.operator, same_person, same_key):
        with pytest.raises(SecondOperatorNeeded):
            approve(street, action, approver)
    assert states(street) == ["active"]


def test_an_approval_counts_once(street: Street, ada: Customer, second: Caller) -> None:
    action = ask(street, FACE, customer="ada")
    approve(street, action, second)
    street.begin(ada)
    street.send(ada.caller, street.open_enrolment(ada), "ada")
    for approver in (second, Caller("a third", Role.OPERATOR, "op_third")):
        with pytest.raises(WrongState):
            approve(street, action, approver)
    assert row(street, ada.enrolment_id).state == "active", "the new face is nobody's target"


def test_a_repeated_request_gets_the_one_answer(
    street: Street, ada: Customer, second: Caller
) -> None:
    action = ask(street, FACE, customer="ada")
    command = street.command(second)
    first = approve_action(street.deps, command, action.id)
    assert approve_action(street.deps, command, action.id) == first
    assert kinds(street).count("operator_action.approved") == 1


def test_after_an_hour_it_can_not_be_approved(
    street: Street, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    action = ask(street, FACE, customer="ada")
    fakes.clock.advance(3600)
    assert read_action(street.deps, action.id).state == "expired"
    with pytest.raises(WrongState):
        approve(street, action, second)
    assert states(street) == ["active"]


def test_what_a_revoked_key_asked_for_is_not_approved(
    street: Street, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    action = ask(street, FACE, customer="ada")
    with street.deps.unit_of_work() as uow:
        client = uow.clients.find(id=street.operator.keyid)
        assert client is not None
        uow.clients.update(replace(client, revoked_at=fakes.clock.now))
        uow.commit()
    with pytest.raises(WrongState):
        approve(street, action, second)
    assert states(street) == ["active"]


def test_every_operator_added_on_the_console_is_another_person(street: Street) -> None:
    one, other = (register_operator(street.deps, key()) for _ in range(2))
    assert one.id != other.id
    again = register_operator(street.deps, replace(key(), thumbprint=one.keyid))
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
    street: Street, kind: ActionKind, target: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest):
        ask(street, kind, **target)


def test_nobodys_face_is_not_found(street: Street, second: Caller) -> None:
    for target in ({"customer": "nobody"}, {"enrolment": "enr_" + "0" * 32}):
        with pytest.raises(NotFound):
            ask(street, FACE, **target)
    with pytest.raises(NotFound):
        approve_action(street.deps, street.command(second), "act_" + "0" * 32)


def test_a_cohort_goes_in_batches_and_each_tells_how_far_it_is(
    street: Street, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    cohort(street, ada, 5, model="leaked")
    action = approve(street, ask(street, COHORT, model="leaked"), second)
    assert (action.state, action.total, action.done) == ("approved", 5, 0)
    told = []
    while action.state != "done":
        action = go_on(street, action, 2)
        told.append((action.done, action.total, action.keys_left))
    assert told == [(2, 5, 0), (4, 5, 0), (5, 5, 0)]
    assert row(street, ada.enrolment_id).state == "active", "she is not of the cohort"
    assert kinds(street).count("face.revoked") == kinds(street).count("face.key_destroyed") == 5
    assert kinds(street)[-1] == "operator_action.done"
    with street.deps.unit_of_work() as uow:
        assert {each.cause.value for each in uow.deletions.find_all()} == {"cohort"}


def test_a_cohort_goes_nowhere_until_another_operator_approved_it(
    street: Street, ada: Customer
) -> None:
    action = ask(street, COHORT, model=row(street, ada.enrolment_id).model)
    with pytest.raises(WrongState):
        go_on(street, action, 200)
    assert states(street) == ["active"]


@pytest.mark.parametrize("kind", [ActionKind.CLEAR_DURESS, ActionKind.ISSUE_RECOVERY])
def test_one_operator_makes_no_revocation_of_what_two_agreed_on_for_the_customers_good(
    street: Street, ada: Customer, second: Caller, kind: ActionKind
) -> None:
    action = approve(street, ask(street, kind, customer="ada"), second)
    assert action.state == "done"
    with pytest.raises(WrongState):
        go_on(street, action, 200)
    with pytest.raises(WrongState):
        take_batch(street.deps, action.id, 200)
    assert states(street) == ["active"]


def test_a_cohort_is_bounded_by_when_its_faces_were_enrolled(
    street: Street, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    made = row(street, ada.enrolment_id).created_at
    late = made + timedelta(days=1)
    fakes.clock.advance(3 * 86400)
    cohort(street, ada, 2, created_at=late)
    one = approve(street, ask(street, COHORT, enrolled_before=late), second)
    other = approve(street, ask(street, COHORT, enrolled_after=late), second)
    assert (one.total, other.total) == (1, 2)
    assert go_on(street, other, 200).done == 2
    assert row(street, ada.enrolment_id).state == "active"


def test_who_enrols_after_the_approval_is_not_of_the_cohort(
    street: Street, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    model = row(street, ada.enrolment_id).model
    action = approve(street, ask(street, COHORT, model=model), second)
    fakes.clock.advance(1)
    bob = street.enrol("bob")
    assert go_on(street, action, 200).state == "done"
    assert row(street, ada.enrolment_id).state == "revoked"
    assert row(street, bob.enrolment_id).state == "active"


def test_a_locked_face_and_one_that_is_just_being_enrolled_go_with_their_cohort(
    street: Street, ada: Customer, second: Caller
) -> None:
    lock_face(street.deps, street.command(ada.caller), ada.enrolment_id, Credentials(PASSWORD))
    bob = street.settle_in("bob")
    street.consent(bob)
    street.begin(bob)
    action = ask(street, COHORT, model=row(street, ada.enrolment_id).model)
    action = approve(street, action, second)
    assert go_on(street, action, 200).done == 2
    assert states(street) == ["revoked", "revoked"]


def test_what_owners_revoked_themselves_meanwhile_is_counted_and_not_done_twice(
    street: Street, ada: Customer, second: Caller
) -> None:
    action = ask(street, COHORT, model=row(street, ada.enrolment_id).model)
    action = approve(street, action, second)
    street.revoke(ada)
    assert read_action(street.deps, action.id).done == 1
    assert go_on(street, action, 200).state == "done"
    assert kinds(street).count("face.revoked") == 1
    with street.deps.unit_of_work() as uow:
        assert [each.cause.value for each in uow.deletions.find_all()] == ["customer"]


def test_while_the_vault_is_away_faces_go_and_keys_are_counted_until_it_is_back(
    street: Street, fakes: FakeDependencies, ada: Customer, second: Caller
) -> None:
    cohort(street, ada, 4, model="leaked")
    action = approve(street, ask(street, COHORT, model="leaked"), second)
    fakes.vault.away = True
    for _ in range(2):
        action = go_on(street, action, 2)
    assert (action.state, action.done, action.keys_left) == ("done", 4, 4)
    fakes.vault.away = False
    for _ in range(2):
        action = go_on(street, action, 2)
    assert (action.state, action.keys_left) == ("done", 0)
    assert not [name for name in fakes.vault.keys if name.startswith("enr_0")]


@pytest.mark.parametrize("moment", range(3))
def test_a_batch_that_broke_off_is_gone_on_with(
    street: Street, fakes: FakeDependencies, ada: Customer, second: Caller, moment: int
) -> None:
    faces = cohort(street, ada, 3, model="leaked")
    action = approve(street, ask(street, COHORT, model="leaked"), second)
    done = []

    def die() -> None:
        done.append(1)
        if len(done) > moment:
            raise StorageUnavailable("the machine went")
        fakes.journal.when("vault.destroy_key", die)

    fakes.journal.when("vault.destroy_key", die)
    with pytest.raises(StorageUnavailable):
        go_on(street, action, 200)
    action = go_on(street, action, 200)
    assert (action.state, action.done, action.keys_left) == ("done", 3, 0)
    assert not {face.key_name for face in faces} & set(fakes.vault.keys)
    assert kinds(street).count("face.revoked") == kinds(street).count("face.key_destroyed") == 3


def test_the_log_says_who_asked_and_who_approved_to_whom_it_is_opened(
    street: Street, ada: Customer, second: Caller
) -> None:
    approve(street, ask(street, FACE, enrolment=ada.enrolment_id), second)
    with street.deps.unit_of_work() as uow:
        leaves = {leaf.seq: leaf.kind for leaf in uow.leaves.find_all(after_seq=0)}
        openings = uow.openings.find_all(after_seq=0)
    steps = {leaves[each.seq]: json.loads(each.details) for each in openings}
    assert steps["operator_action.asked"]["operator"] == street.operator.subject_id
    assert steps["operator_action.approved"]["operator"] == second.subject_id
    assert steps["operator_action.approved"]["keyid"] == second.keyid
