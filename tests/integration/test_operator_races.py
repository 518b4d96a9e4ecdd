"""Two approvals at once, and a cohort revoked by several requests at once, on both databases."""

from dataclasses import replace

import pytest

from facepay.adapters.unit_of_work import Database
from facepay.domain.customer import Role
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import FaceNotAvailable, FacepayError, WrongState
from facepay.domain.operator_action import ActionKind
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.faces.revoke import revoke_face
from facepay.usecases.operators.actions import approve_action, continue_action, request_action
from facepay.usecases.operators.register import register_operator
from facepay.usecases.request import Caller
from facepay.usecases.responses import EnrolmentAnswer, IntentAnswer, OperatorActionAnswer
from tests.fakes.dependencies import FakeDependencies, fake_dependencies
from tests.fakes.scenario import PASSWORD, Customer, Scenario, key
from tests.support.race import together

ROUNDS = 100
COHORT = 40


@pytest.fixture
def fakes(database: Database) -> FakeDependencies:
    return fake_dependencies(database)


@pytest.fixture
def scenario(fakes: FakeDependencies) -> Scenario:
    return Scenario(fakes)


def another_operator(scenario: Scenario) -> Caller:
    registered = register_operator(scenario.deps, key())
    return Caller(registered.keyid, Role.OPERATOR, registered.id)


def copies(scenario: Scenario, payer: Customer, size: int) -> list[Enrolment]:
    faces = []
    with scenario.deps.unit_of_work() as uow:
        original = uow.enrolments.find(id=payer.enrolment_id)
        assert original is not None
        for number in range(size):
            face = replace(original, id=f"enr_{number}", model="leaked")
            scenario.fakes.vault.create_key(face.key_name)
            uow.enrolments.add(face)
            faces.append(face)
        uow.commit()
    return faces


def ask(scenario: Scenario, kind: ActionKind, **target: str) -> OperatorActionAnswer:
    return request_action(scenario.deps, scenario.command(scenario.operator), kind, target)


def test_only_one_of_two_simultaneous_approvals_counts(
    scenario: Scenario, database: Database
) -> None:
    ada = scenario.enrol("ada")
    approvers = [another_operator(scenario) for _ in range(2)]
    faces = copies(scenario, ada, ROUNDS)
    for face in faces:
        action = ask(scenario, ActionKind.REVOKE_FACE, enrolment=face.id)

        def approve(by: Caller, action: OperatorActionAnswer = action) -> object:
            return approve_action(scenario.deps, scenario.command(by), action.id)

        outcomes = together([lambda by=by: approve(by) for by in approvers])
        kinds = sorted(type(each).__name__ for each in outcomes)
        assert kinds == ["OperatorActionAnswer", "WrongState"], outcomes
    with database() as uow:
        leaves = [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]
        assert len(uow.deletions.find_all()) == ROUNDS
    for kind in ("operator_action.approved", "face.revoked", "face.key_destroyed"):
        assert leaves.count(kind) == ROUNDS


def test_no_payment_is_approved_after_an_operators_revocation(
    scenario: Scenario, database: Database
) -> None:
    ada = scenario.enrol("ada")
    approver = another_operator(scenario)
    waiting = scenario.show_face(ada)
    with database() as uow:
        intent = uow.intents.find(id=waiting.id)
    assert intent is not None
    paid = 0
    for face in copies(scenario, ada, ROUNDS):
        payment = replace(intent, id=f"pi_{face.id}", enrolment_id=face.id)
        action = ask(scenario, ActionKind.REVOKE_FACE, enrolment=face.id)
        code = scenario.code_of(ada)
        payment = replace(payment, expires_at=scenario.fakes.clock.now.replace(year=2027))
        with database() as uow:
            uow.intents.add(payment)
            uow.commit()

        def pay(intent_id: str = payment.id, code: str = code) -> object:
            return scenario.enter_code(replace(waiting, id=intent_id), code)

        def approve(action: OperatorActionAnswer = action) -> object:
            return approve_action(scenario.deps, scenario.command(approver), action.id)

        outcome, revoked = together([pay, approve])
        assert isinstance(revoked, OperatorActionAnswer), revoked
        assert isinstance(outcome, IntentAnswer | FaceNotAvailable), outcome
        paid += isinstance(outcome, IntentAnswer)
        with pytest.raises(FacepayError):
            scenario.enter_code(replace(waiting, id=payment.id), scenario.code_of(ada))
    with database() as uow:
        assert len(uow.authorizations.find_all()) == paid


def test_a_cohort_revoked_by_many_requests_at_once_is_revoked_once(
    scenario: Scenario, database: Database
) -> None:
    ada = scenario.enrol("ada")
    faces = copies(scenario, ada, COHORT)
    action = ask(scenario, ActionKind.REVOKE_COHORT, model="leaked")
    approve_action(scenario.deps, scenario.command(another_operator(scenario)), action.id)

    def go_on() -> object:
        command = scenario.command(scenario.operator)
        return continue_action(scenario.deps, command, action.id, COHORT)

    def leave(face: Enrolment) -> object:
        command = scenario.command(ada.caller)
        return revoke_face(scenario.deps, command, face.id, Credentials(password=PASSWORD))

    owners = [lambda face=face: leave(face) for face in faces[::10]]
    outcomes = together([go_on, go_on, go_on, *owners])
    for outcome in outcomes:
        assert isinstance(outcome, OperatorActionAnswer | EnrolmentAnswer | WrongState), outcome
    done = continue_action(scenario.deps, scenario.command(scenario.operator), action.id, COHORT)
    assert (done.state, done.done, done.total, done.keys_left) == ("done", COHORT, COHORT, 0)
    with database() as uow:
        leaves = [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]
        ended = uow.enrolments.find_all(model="leaked")
        assert len(uow.deletions.find_all()) == COHORT
    assert {face.state for face in ended} == {EnrolmentState.REVOKED}
    assert leaves.count("face.revoked") == leaves.count("face.key_destroyed") == COHORT
    assert leaves.count("operator_action.done") == 1
