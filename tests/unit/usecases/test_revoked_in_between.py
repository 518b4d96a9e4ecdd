"""A face that is revoked or locked, or loses its consent, during a payment is not approved."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from facepay.domain.errors import FaceNotAvailable, FacepayError
from facepay.domain.payment import IntentState
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.faces.end_expired_consents import end_expired_consents
from facepay.usecases.faces.lock import lock_face
from facepay.usecases.payments.intents import read_intent
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Customer, Scenario

EndIt = Callable[[Scenario, Customer], object]


def expire_consent(scenario: Scenario, payer: Customer) -> None:
    """Let the date of the consent be this moment, and sweep."""
    with scenario.deps.unit_of_work() as uow:
        consent = uow.consents.find(id=payer.consent_id)
        assert consent is not None
        uow.consents.update(replace(consent, expires_at=scenario.fakes.clock.now))
        uow.commit()
    end_expired_consents(scenario.deps)


ENDS: dict[str, EndIt] = {
    "revoked": lambda scenario, payer: scenario.revoke(payer),
    "locked": lambda scenario, payer: lock_face(
        scenario.deps,
        scenario.command(payer.caller),
        payer.enrolment_id,
        Credentials(password="correct horse battery"),
    ),
    "consent expired": lambda scenario, payer: expire_consent(scenario, payer),
    "consent withdrawn": lambda scenario, payer: withdraw_consent(
        scenario.deps, scenario.command(payer.caller), payer.consent_id
    ),
}


@pytest.fixture(params=ENDS)
def end_it(request: pytest.FixtureRequest) -> EndIt:
    return ENDS[request.param]


@pytest.mark.parametrize("moment", ["vault.unseal_secret", "signer.sign"])
def test_a_face_ended_while_the_code_is_checked_pays_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, end_it: EndIt, moment: str
) -> None:
    intent = scenario.show_face(ada)
    code = scenario.code_of(ada)
    fakes.journal.when(moment, lambda: end_it(scenario, ada))
    with pytest.raises(FaceNotAvailable):
        scenario.enter_code(intent, code)
    seen = read_intent(scenario.deps, scenario.terminal, intent.id)
    assert (seen.state, seen.authorization) == (IntentState.REVOKED, None)


@pytest.mark.parametrize(
    "moment",
    ["engine.observe", "pad.judge", "vault.unseal", "vault.derive_secret", "engine.distance"],
)
def test_a_face_ended_while_the_frames_are_judged_pays_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, end_it: EndIt, moment: str
) -> None:
    intent = scenario.intent()
    capture = scenario.open_payment(intent, "ada")
    fakes.journal.when(moment, lambda: end_it(scenario, ada))
    with pytest.raises(FacepayError) as refusal:
        scenario.send(scenario.terminal, capture, "ada")
    assert refusal.value.code == "face_not_available"
    assert read_intent(scenario.deps, scenario.terminal, intent.id).state == IntentState.REVOKED


def test_a_face_ended_between_frames_and_code_pays_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, end_it: EndIt
) -> None:
    intent = scenario.show_face(ada)
    end_it(scenario, ada)
    with pytest.raises(FaceNotAvailable):
        scenario.enter_code(intent, scenario.code_of(ada))
    assert fakes.signer.signed == []


def test_a_face_ended_between_capture_and_frames_pays_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, end_it: EndIt
) -> None:
    capture = scenario.open_payment(scenario.intent(), "ada")
    end_it(scenario, ada)
    with pytest.raises(FaceNotAvailable):
        scenario.send(scenario.terminal, capture, "ada")
    assert fakes.journal.count("vault.unseal") == 0


def test_a_payment_that_lost_its_face_can_be_paid_by_password(
    scenario: Scenario, ada: Customer, end_it: EndIt
) -> None:
    intent = scenario.show_face(ada)
    end_it(scenario, ada)
    credentials = Credentials("correct horse battery", scenario.code_of(ada))
    assert scenario.pay_by_password(intent, "ada", credentials).state == "approved"


def test_an_expired_consent_ends_a_payment_under_way(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    lifetime = scenario.deps.policy.consent_lifetime.total_seconds()
    fakes.clock.advance(lifetime - 300)
    intent = scenario.show_face(ada)
    fakes.clock.advance(300)
    with pytest.raises(FaceNotAvailable):
        scenario.enter_code(intent, scenario.code_of(ada))
    with pytest.raises(FaceNotAvailable):
        scenario.open_payment(scenario.intent(), "ada")


def test_a_newly_enrolled_face_does_not_finish_a_payment_of_the_old_one(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.show_face(ada)
    scenario.revoke(ada)
    scenario.begin(ada)
    scenario.send(ada.caller, scenario.open_enrolment(ada), "ada")
    with pytest.raises(FaceNotAvailable):
        scenario.enter_code(intent, scenario.code_of(ada))


class KilledWorker(BaseException):
    """Nothing of the service's own code runs after it."""


def test_a_dead_workers_request_can_be_retried_with_the_same_code(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    bob = scenario.enrol("bob")
    command, credentials = scenario.command(bob.caller), Credentials(code=scenario.code_of(bob))
    fakes.journal.when("vault.unseal_secret", _die)
    with pytest.raises(KilledWorker):
        scenario.revoke(bob, credentials, command)
    fakes.clock.advance(31)  # the lease is over, and so is the code's step
    assert scenario.revoke(bob, credentials, command).state == "revoked"


def _die() -> None:
    raise KilledWorker()
