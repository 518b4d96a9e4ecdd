"""Customers stop their face without signing in, with one recovery code."""

import pytest

from facepay.domain.customer import Role
from facepay.domain.errors import CredentialsRejected, FacepayError
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.faces.emergency_stop import revoke_with_recovery_code
from facepay.usecases.request import Caller, Command
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, Customer, Scenario

VISIT = Caller("a visit's hash", Role.CUSTOMER, "")


@pytest.fixture
def codes(scenario: Scenario, ada: Customer) -> list[str]:
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    made = make_recovery_codes(scenario.deps, scenario.command(ada.caller), credentials).codes
    assert made is not None
    return made


def visit(scenario: Scenario) -> Command:
    return scenario.command(VISIT)


def state_of(fakes: FakeDependencies, customer: Customer) -> str:
    with fakes.database() as uow:
        enrolment = uow.enrolments.find(id=customer.enrolment_id)
    assert enrolment is not None
    return enrolment.state


def test_one_code_stops_the_face_and_payments_under_way(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, codes: list[str]
) -> None:
    waiting = scenario.show_face(ada)
    revoke_with_recovery_code(scenario.deps, visit(scenario), "ada", codes[0])
    assert state_of(fakes, ada) == "revoked"
    with fakes.database() as uow:
        enrolment = uow.enrolments.find(id=ada.enrolment_id)
    assert enrolment is not None
    assert enrolment.key_destroyed_at is not None
    with pytest.raises(FacepayError, match="face_not_available"):
        scenario.enter_code(waiting, scenario.code_of(ada))


def test_a_form_sent_twice_is_answered_twice_and_a_code_works_once(
    scenario: Scenario, ada: Customer, codes: list[str]
) -> None:
    command = visit(scenario)
    first = revoke_with_recovery_code(scenario.deps, command, "ada", codes[0])
    assert revoke_with_recovery_code(scenario.deps, command, "ada", codes[0]) == first
    with pytest.raises(CredentialsRejected):
        revoke_with_recovery_code(scenario.deps, visit(scenario), "ada", codes[0])


def test_neither_a_wrong_code_nor_somebody_elses_stops_a_face(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, codes: list[str]
) -> None:
    scenario.register("bob")
    for alias, code in (("ada", "0000-0000-0000-0000"), ("bob", codes[0]), ("nobody", codes[0])):
        with pytest.raises(CredentialsRejected):
            revoke_with_recovery_code(scenario.deps, visit(scenario), alias, code)
    assert state_of(fakes, ada) == "active"


def test_the_face_stops_during_a_vault_outage(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, codes: list[str]
) -> None:
    fakes.vault.away = True
    revoke_with_recovery_code(scenario.deps, visit(scenario), "ada", codes[0])
    assert state_of(fakes, ada) == "revoked"
