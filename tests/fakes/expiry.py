"""The date of a consent: turn the clock to it, and look at what is left of the face."""

from datetime import timedelta

from facepay.domain.consent import Consent
from facepay.domain.enrolment import Enrolment
from tests.fakes.scenario import Customer, Scenario

TICK = timedelta(microseconds=1)


def face_of(scenario: Scenario, payer: Customer) -> Enrolment:
    with scenario.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert found is not None
    return found


def consent_of(scenario: Scenario, payer: Customer) -> Consent:
    with scenario.deps.unit_of_work() as uow:
        found = uow.consents.find(id=payer.consent_id)
    assert found is not None
    return found


def turn_to_the_end(scenario: Scenario, payer: Customer, before: timedelta = TICK * 0) -> None:
    scenario.fakes.clock.now = consent_of(scenario, payer).expires_at - before


def assert_gone(scenario: Scenario, payer: Customer) -> None:
    face = face_of(scenario, payer)
    assert (face.state, face.sealed_reference) == ("revoked", None)
    assert face.key_destroyed_at is not None
    left = scenario.fakes.vault.keys
    assert face.key_name not in left
    assert not [name for name in left if name.startswith(face.id)]


def assert_alive(scenario: Scenario, payer: Customer) -> None:
    assert consent_of(scenario, payer).ended_at is None
    assert face_of(scenario, payer).key_name in scenario.fakes.vault.keys
