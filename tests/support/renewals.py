"""What a renewal leaves behind, on the fakes' scenario: the row, the keys, and a face that pays."""

from facepay.domain.enrolment import Enrolment
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Customer, Scenario
from tests.fakes.vault import SECRETS_KEY


def row(scenario: Scenario, payer: Customer) -> Enrolment:
    with scenario.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert found is not None
    return found


def keys_left(fakes: FakeDependencies) -> set[str]:
    return set(fakes.vault.keys) - {SECRETS_KEY}


def pays(scenario: Scenario, payer: Customer) -> bool:
    intent = scenario.show_face(payer)
    return scenario.enter_code(intent, scenario.code_of(payer)).state == "approved"
