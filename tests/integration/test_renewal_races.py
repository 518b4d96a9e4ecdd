"""A renewal races with a revocation, a sweep and another renewal, on both databases."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from facepay.adapters.unit_of_work import Database
from facepay.domain.audit import GENESIS, Head, verify_chain
from facepay.domain.enrolment import Enrolment, EnrolmentState, key_names_of
from facepay.domain.errors import FacepayError
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.faces.renew_template import destroy_retiring_keys, renew_template
from facepay.usecases.faces.revoke import revoke_face
from tests.fakes.dependencies import FakeDependencies, fake_dependencies
from tests.fakes.scenario import PASSWORD, Customer, Scenario
from tests.fakes.vault import SECRETS_KEY
from tests.support.race import together

RACES = 60

Act = Callable[[], object]


@pytest.fixture
def fakes(database: Database) -> FakeDependencies:
    return fake_dependencies(database)


@pytest.fixture
def scenario(fakes: FakeDependencies) -> Scenario:
    return Scenario(fakes)


def many_faces(scenario: Scenario, payer: Customer) -> list[Enrolment]:
    """Copy one enrolment, each copy with a template under a key of its own."""
    vault, faces = scenario.fakes.vault, []
    with scenario.deps.unit_of_work() as uow:
        original = uow.enrolments.find(id=payer.enrolment_id)
        assert original is not None
        for number in range(RACES):
            face = replace(original, id=f"enr_{number}")
            vault.create_key(face.key_name)
            reference = b"ada" + vault.derive_secret(face.key_name)
            sealed = vault.seal(face.key_name, reference, binding=face.binding)
            face = replace(face, sealed_reference=sealed)
            uow.enrolments.add(face)
            faces.append(face)
        uow.commit()
    return faces


def apart(number: int, one: Act, other: Act) -> list[Act]:
    """Delay the two acts by another time in every race, so that they meet at every step."""
    lag = (number % 20) * 0.0005

    def later(act: Act) -> object:
        time.sleep(lag)
        return act()

    return [one, lambda: later(other)] if number % 2 else [lambda: later(one), other]


def now(scenario: Scenario, face: Enrolment) -> Enrolment:
    with scenario.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=face.id)
    assert found is not None
    return found


def test_a_revocation_racing_a_renewal_leaves_no_key_and_no_template(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    ada = scenario.enrol("ada")
    renewed = 0
    for number, face in enumerate(many_faces(scenario, ada)):
        command, credentials = scenario.command(ada.caller), Credentials(password=PASSWORD)

        def revoke(command=command, face=face, credentials=credentials) -> object:  # type: ignore[no-untyped-def]
            return revoke_face(scenario.deps, command, face.id, credentials)

        def renew(face=face) -> object:  # type: ignore[no-untyped-def]
            return renew_template(scenario.deps, face.id)

        outcome, left = together(apart(number, renew, revoke))
        assert not isinstance(left, FacepayError), left
        renewed += outcome is None
        ended = now(scenario, face)
        assert (ended.state, ended.sealed_reference) == (EnrolmentState.REVOKED, None)
        assert ended.key_destroyed_at is not None
        assert not set(key_names_of(face.id)) & set(fakes.vault.keys)
        # No unnamed key is left: there are only ada's own key and the other faces'.
        waiting = {f"enr_{later}" for later in range(number + 1, RACES)}
        assert set(fakes.vault.keys) == {SECRETS_KEY, ada.enrolment_id} | waiting
    with scenario.deps.unit_of_work() as uow:
        leaves = uow.leaves.find_all(after_seq=0)
    verify_chain(leaves, start=Head("log", 0, GENESIS))
    assert sum(leaf.kind == "template.renewed" for leaf in leaves) == renewed


@pytest.mark.parametrize("rival", ["a sweep", "another renewal"])
def test_a_face_keeps_one_working_key_in_every_race_with_a_renewal(
    scenario: Scenario, fakes: FakeDependencies, rival: str
) -> None:
    ada = scenario.enrol("ada")
    faces = many_faces(scenario, ada)[: RACES // 2]
    for number, face in enumerate(faces):

        def renew(face=face) -> object:  # type: ignore[no-untyped-def]
            return renew_template(scenario.deps, face.id)

        def sweep() -> object:
            return destroy_retiring_keys(scenario.deps)

        together(apart(number, renew, sweep if rival == "a sweep" else renew))
        destroy_retiring_keys(scenario.deps)
        live = now(scenario, face)
        assert live.sealed_reference is not None
        opened = fakes.vault.unseal(live.key_name, live.sealed_reference, binding=live.binding)
        assert opened == b"ada" + fakes.vault.derive_secret(live.key_name)
        assert (live.next_key, live.retiring_key) == (None, None)
    named = {now(scenario, face).key_name for face in faces}
    untouched = {f"enr_{number}" for number in range(RACES // 2, RACES)}
    assert set(fakes.vault.keys) == {SECRETS_KEY, ada.enrolment_id} | named | untouched
