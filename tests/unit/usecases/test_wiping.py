"""Faces, references and secrets are overwritten on every path, also when something fails."""

import pytest

from facepay.domain.capture import PadOutcome
from facepay.domain.errors import FacepayError, SealBroken, VaultUnavailable
from facepay.usecases.authentication.credentials import Credentials
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario


class Broken(Exception):
    """An error that nobody foresaw."""


def nothing_is_left(fakes: FakeDependencies) -> bool:
    buffers = [*fakes.engine.references, *fakes.vault.opened]
    return all(seen.wiped for seen in fakes.engine.faces) and not any(map(any, buffers))


@pytest.mark.parametrize("person", ["ada", "bob"])
def test_after_a_payment_no_face_is_left_in_memory(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, person: str
) -> None:
    scenario.enter_code(scenario.show_face(ada, person), scenario.code_of(ada))
    assert len(fakes.engine.faces) == 2  # the one that was enrolled, and this one
    assert len(fakes.vault.opened) >= 2  # the reference and a secret
    assert nothing_is_left(fakes)


@pytest.mark.parametrize("outcome", [PadOutcome.ATTACK, PadOutcome.RETRY])
def test_a_refused_face_is_overwritten(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, outcome: PadOutcome
) -> None:
    fakes.pad.outcome = outcome
    with pytest.raises(FacepayError):
        scenario.show_face(ada)
    assert nothing_is_left(fakes)


@pytest.mark.parametrize("error", [Broken(), VaultUnavailable(), SealBroken(), MemoryError()])
@pytest.mark.parametrize(
    "moment", ["pad.judge", "vault.unseal", "vault.derive_secret", "engine.distance"]
)
def test_the_face_is_overwritten_when_a_payment_fails(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, moment: str, error: Exception
) -> None:
    fakes.journal.fail(moment, error)
    with pytest.raises(type(error)):
        scenario.show_face(ada)
    assert not fakes.engine.faces[-1].person
    assert nothing_is_left(fakes)


@pytest.mark.parametrize("error", [Broken(), VaultUnavailable()])
@pytest.mark.parametrize(
    "moment", ["pad.judge", "vault.derive_secret", "engine.reference", "vault.seal"]
)
def test_face_and_reference_are_overwritten_when_an_enrolment_fails(
    scenario: Scenario, fakes: FakeDependencies, moment: str, error: Exception
) -> None:
    bob = scenario.register("bob")
    scenario.consent(bob)
    scenario.begin(bob)
    capture = scenario.open_enrolment(bob)
    fakes.journal.fail(moment, error)
    with pytest.raises(type(error)):
        scenario.send(bob.caller, capture, "bob")
    assert nothing_is_left(fakes)


def test_an_enrolments_reference_is_overwritten_once_it_is_sealed(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    scenario.enrol("bob")
    assert fakes.engine.references
    assert nothing_is_left(fakes)


@pytest.mark.parametrize("right", [True, False])
def test_the_one_time_codes_secret_is_overwritten(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, right: bool
) -> None:
    code = scenario.code_of(ada) if right else WRONG_CODE
    scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, code))
    assert fakes.vault.opened
    assert nothing_is_left(fakes)


def test_no_row_contains_a_face(scenario: Scenario, fakes: FakeDependencies, ada: Customer) -> None:
    scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada))
    with fakes.database.engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        rows = [
            str(row)
            for (name,) in names.all()
            for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')  # noqa: S608
        ]
    assert len(rows) > 20
    assert not [row for row in rows if "face:ada" in row or ada.secret in row or PASSWORD in row]
