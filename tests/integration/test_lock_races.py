"""An unlock races with other changes of the same face, on both databases."""

from collections.abc import Callable

from facepay.adapters.unit_of_work import Database
from facepay.domain.enrolment import ENROLLED
from facepay.domain.errors import FacepayError, WrongState
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.faces.lock import lock_face, unlock_face
from facepay.usecases.responses import EnrolmentAnswer
from tests.fakes.dependencies import fake_dependencies
from tests.fakes.scenario import PASSWORD, Customer, Scenario
from tests.support.race import together

ROUNDS = 40


def locking(scenario: Scenario, payer: Customer, enrolment_id: str) -> EnrolmentAnswer:
    command = scenario.command(payer.caller)
    return lock_face(scenario.deps, command, enrolment_id, Credentials(password=PASSWORD))


def unlocking(
    scenario: Scenario, payer: Customer, enrolment_id: str
) -> Callable[[], EnrolmentAnswer]:
    command, credentials = (
        scenario.command(payer.caller),
        Credentials(PASSWORD, scenario.code_of(payer)),
    )
    return lambda: unlock_face(scenario.deps, command, enrolment_id, credentials)


def test_no_second_face_is_enrolled_during_an_unlock(database: Database) -> None:
    scenario = Scenario(fake_dependencies(database))
    for number in range(ROUNDS):
        payer = scenario.register(f"payer {number}")
        scenario.consent(payer)
        scenario.begin(payer)
        second = payer.enrolment_id
        scenario.begin(payer)
        scenario.send(payer.caller, scenario.open_enrolment(payer), payer.alias)
        first = payer.enrolment_id
        locking(scenario, payer, first)
        unlock = unlocking(scenario, payer, first)
        payer.enrolment_id = second
        waiting = scenario.open_enrolment(payer)

        def enrol(payer=payer, waiting=waiting) -> object:  # type: ignore[no-untyped-def]
            return scenario.send(payer.caller, waiting, payer.alias)

        unlocked, refused = together([unlock, enrol])
        assert isinstance(unlocked, EnrolmentAnswer), unlocked
        assert isinstance(refused, WrongState), refused
        with database() as uow:
            faces = uow.enrolments.find_all(customer_id=payer.caller.subject_id, state=ENROLLED)
        assert [face.id for face in faces] == [first]


def test_a_revocation_wins_over_a_simultaneous_unlock(database: Database) -> None:
    scenario = Scenario(fake_dependencies(database))
    for number in range(ROUNDS):
        payer = scenario.enrol(f"payer {number}")
        locking(scenario, payer, payer.enrolment_id)
        unlock = unlocking(scenario, payer, payer.enrolment_id)

        def revoke(payer=payer) -> EnrolmentAnswer:  # type: ignore[no-untyped-def]
            return scenario.revoke(payer)

        outcome, revoked = together([unlock, revoke])
        assert isinstance(revoked, EnrolmentAnswer), revoked
        assert isinstance(outcome, EnrolmentAnswer | WrongState), outcome
        with database() as uow:
            face = uow.enrolments.find(id=payer.enrolment_id)
        assert face is not None
        assert (face.state, face.sealed_reference) == ("revoked", None)


def test_simultaneous_locks_and_unlocks_end_in_one_of_the_two_states(database: Database) -> None:
    scenario = Scenario(fake_dependencies(database))
    payer = scenario.enrol("ada")
    face = payer.enrolment_id
    for _ in range(ROUNDS):
        acts = [unlocking(scenario, payer, face)] + [lambda: locking(scenario, payer, face)] * 3
        answers = together(acts)
        assert not [each for each in answers if isinstance(each, FacepayError)], answers
    with database() as uow:
        row = uow.enrolments.find(id=face)
        kinds = [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]
    assert row is not None
    locked = kinds.count("face.locked") - kinds.count("face.unlocked")
    assert row.state == ("locked" if locked else "active")
    assert row.epoch == 1 + kinds.count("face.locked") + kinds.count("face.unlocked")
