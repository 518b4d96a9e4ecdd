"""Enrolling a face needs a consent and two factors; revoking it needs one and destroys its key."""

from dataclasses import replace
from datetime import timedelta

import pytest

from facepay.domain.capture import PadOutcome
from facepay.domain.consent import ConsentPurpose
from facepay.domain.errors import (
    CaptureExpired,
    CaptureRefused,
    CapturesUsedUp,
    CredentialsRejected,
    FaceNotAvailable,
    FacepayError,
    InvalidRequest,
    NotFound,
    WrongState,
)
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.consents.grant import grant_consent
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.faces.enrol import begin_enrolment, end_lapsed_enrolments
from facepay.usecases.faces.revoke import revoke_face
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario


@pytest.fixture
def bob(scenario: Scenario) -> Customer:
    """Register Bob with a factor and a consent, and no face yet."""
    customer = scenario.register("bob")
    scenario.consent(customer)
    return customer


@pytest.mark.parametrize("missing", ["code", "password", "both right"])
def test_enrolling_needs_password_and_code(
    scenario: Scenario, fakes: FakeDependencies, bob: Customer, missing: str
) -> None:
    code = scenario.code_of(bob)
    presented = {
        "code": [Credentials(PASSWORD), Credentials(PASSWORD, WRONG_CODE)],
        "password": [Credentials(code=code), Credentials("a wrong password", code)],
        "both right": [Credentials(), Credentials("a wrong password", WRONG_CODE)],
    }
    for credentials in presented[missing]:
        with pytest.raises(CredentialsRejected):
            begin_enrolment(scenario.deps, scenario.command(bob.caller), credentials)
    with fakes.database() as uow:
        assert uow.enrolments.find(customer_id=bob.caller.subject_id) is None


def test_enrolling_needs_a_consent(scenario: Scenario) -> None:
    carol = scenario.register("carol")
    with pytest.raises(WrongState):
        scenario.begin(carol)


def test_an_expired_consent_does_not_permit_enrolling(
    scenario: Scenario, fakes: FakeDependencies, bob: Customer
) -> None:
    fakes.clock.advance(scenario.deps.policy.consent_lifetime.total_seconds())
    with pytest.raises(WrongState):
        scenario.begin(bob)


def test_a_consent_withdrawn_during_the_enrolment_leaves_no_face(
    scenario: Scenario, fakes: FakeDependencies, bob: Customer
) -> None:
    scenario.begin(bob)
    capture = scenario.open_enrolment(bob)

    def withdraw() -> None:
        withdraw_consent(scenario.deps, scenario.command(bob.caller), bob.consent_id)

    fakes.journal.when("vault.seal", withdraw)
    with pytest.raises(FacepayError) as refusal:
        scenario.send(bob.caller, capture, "bob")
    assert refusal.value.code == "face_not_available"
    with fakes.database() as uow:
        enrolment = uow.enrolments.find(id=bob.enrolment_id)
    assert enrolment is not None
    assert (enrolment.state, enrolment.sealed_reference) == ("revoked", None)


def test_a_face_that_is_not_alive_is_not_enrolled(
    scenario: Scenario, fakes: FakeDependencies, bob: Customer
) -> None:
    scenario.begin(bob)
    fakes.pad.outcome = PadOutcome.ATTACK
    with pytest.raises(CaptureRefused):
        scenario.send(bob.caller, scenario.open_enrolment(bob), "bob")
    assert fakes.journal.count("engine.reference") == 0
    with pytest.raises(FaceNotAvailable):
        scenario.open_payment(scenario.intent(), "bob")


def test_an_enrolment_has_three_captures(scenario: Scenario, bob: Customer) -> None:
    scenario.begin(bob)
    for _ in range(3):
        scenario.open_enrolment(bob)
    with pytest.raises(CapturesUsedUp):
        scenario.open_enrolment(bob)


def test_an_abandoned_enrolment_cannot_be_resumed(
    scenario: Scenario, fakes: FakeDependencies, bob: Customer
) -> None:
    scenario.begin(bob)
    fakes.clock.advance(timedelta(minutes=10).total_seconds())
    with pytest.raises(CaptureExpired):
        scenario.open_enrolment(bob)


def test_a_customer_cannot_have_two_faces(scenario: Scenario, ada: Customer) -> None:
    with pytest.raises(WrongState):
        scenario.begin(ada)


def test_only_one_of_two_begun_enrolments_becomes_the_face(
    scenario: Scenario, bob: Customer
) -> None:
    scenario.begin(bob)
    first, capture = bob.enrolment_id, scenario.open_enrolment(bob)
    scenario.begin(bob)
    scenario.send(bob.caller, scenario.open_enrolment(bob), "bob")
    with pytest.raises(WrongState):
        scenario.send(bob.caller, capture, "mallory")
    assert first != bob.enrolment_id


def test_another_customers_face_cannot_be_enrolled_or_revoked(
    scenario: Scenario, ada: Customer, bob: Customer
) -> None:
    scenario.begin(bob)
    with pytest.raises(NotFound):
        scenario.open_enrolment(replace(bob, caller=ada.caller))
    command = scenario.command(bob.caller)
    with pytest.raises(NotFound):
        revoke_face(scenario.deps, command, ada.enrolment_id, Credentials(password=PASSWORD))
    with pytest.raises(NotFound):
        withdraw_consent(scenario.deps, scenario.command(bob.caller), ada.consent_id)
    assert scenario.show_face(ada)


@pytest.mark.parametrize("by", ["password", "code"])
def test_any_one_credential_revokes_the_face_and_destroys_its_key(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, by: str
) -> None:
    credentials = (
        Credentials(password=PASSWORD)
        if by == "password"
        else Credentials(code=scenario.code_of(ada))
    )
    revoked = scenario.revoke(ada, credentials)
    assert (revoked.state, revoked.key_destroyed) == ("revoked", True)
    assert ada.enrolment_id not in fakes.vault.keys
    with pytest.raises(FaceNotAvailable):
        scenario.open_payment(scenario.intent(), "ada")


def test_revoking_needs_a_valid_credential(scenario: Scenario, ada: Customer) -> None:
    for credentials in (
        Credentials("a wrong password", WRONG_CODE),
        Credentials(code=WRONG_CODE),
        Credentials(),
    ):
        command = scenario.command(ada.caller)
        with pytest.raises(CredentialsRejected):
            revoke_face(scenario.deps, command, ada.enrolment_id, credentials)
    assert scenario.show_face(ada)


def test_revoking_twice_is_no_error(scenario: Scenario, ada: Customer) -> None:
    assert scenario.revoke(ada).revoked_at == scenario.revoke(ada).revoked_at


def test_withdrawing_needs_no_credentials_and_destroys_the_key(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    command = scenario.command(ada.caller)
    answer = withdraw_consent(scenario.deps, command, ada.consent_id)
    assert answer.withdrawn_at is not None
    assert ada.enrolment_id not in fakes.vault.keys
    with pytest.raises(FaceNotAvailable):
        scenario.open_payment(scenario.intent(), "ada")
    with fakes.database() as uow:
        enrolment = uow.enrolments.find(id=ada.enrolment_id)
    assert enrolment is not None
    assert enrolment.sealed_reference is None
    assert enrolment.key_destroyed_at is not None


def test_a_customer_can_enrol_again_with_a_new_consent_and_a_new_key(
    scenario: Scenario, ada: Customer
) -> None:
    left = ada.enrolment_id
    withdraw_consent(scenario.deps, scenario.command(ada.caller), ada.consent_id)
    scenario.consent(ada)
    scenario.begin(ada)
    scenario.send(ada.caller, scenario.open_enrolment(ada), "ada")
    assert ada.enrolment_id != left
    assert scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada)).state == "approved"


def test_a_consent_is_to_the_notice_in_force_and_always_ends(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    carol = scenario.register("carol")
    notice = scenario.deps.policy.notice
    good = {
        "purpose": ConsentPurpose.FACE_PAYMENT,
        "notice_version": notice.version,
        "notice_sha256": notice.sha256,
        "expires_at": None,
    }
    too_late = fakes.clock.now + scenario.deps.policy.consent_lifetime + timedelta(seconds=1)
    for wrong in (
        {"notice_version": "2020-01-01.en"},
        {"notice_sha256": "0" * 64},
        {"expires_at": fakes.clock.now},
        {"expires_at": too_late},
    ):
        with pytest.raises(InvalidRequest):
            grant_consent(scenario.deps, scenario.command(carol.caller), **(good | wrong))
    shorter = fakes.clock.now + timedelta(days=1)
    command = scenario.command(carol.caller)
    answer = grant_consent(scenario.deps, command, **(good | {"expires_at": shorter}))
    assert answer.expires_at == shorter.strftime("%Y-%m-%dT%H:%M:%SZ")
    with pytest.raises(WrongState):
        grant_consent(scenario.deps, scenario.command(carol.caller), **good)


def test_a_face_enrolled_during_a_model_change_belongs_to_the_model_that_saw_it(
    scenario: Scenario, fakes: FakeDependencies, bob: Customer
) -> None:
    scenario.begin(bob)
    capture = scenario.open_enrolment(bob)
    fakes.engine.model_name = "fake-2"
    scenario.send(bob.caller, capture, "bob")
    intent = scenario.show_face(bob)
    assert scenario.enter_code(intent, scenario.code_of(bob)).state == "approved"


@pytest.mark.parametrize(
    "moment",
    ["engine.observe", "pad.judge", "vault.derive_secret", "engine.reference", "vault.seal"],
)
def test_a_key_reported_as_destroyed_does_not_come_back(
    scenario: Scenario, fakes: FakeDependencies, bob: Customer, moment: str
) -> None:
    """Revoke while the engine looks at the frames of the enrolment."""
    begun = scenario.begin(bob)
    capture = scenario.open_enrolment(bob)
    said = []
    fakes.journal.when(moment, lambda: said.append(scenario.revoke(bob)))
    with pytest.raises(FacepayError) as refusal:
        scenario.send(bob.caller, capture, "bob")
    assert refusal.value.code == "face_not_available"
    assert [answer.key_destroyed for answer in said] == [True]
    assert begun.id not in fakes.vault.keys


def test_an_unfinished_enrolment_does_not_keep_its_key(
    scenario: Scenario, fakes: FakeDependencies, bob: Customer
) -> None:
    begun = scenario.begin(bob)
    assert begun.id in fakes.vault.keys
    assert end_lapsed_enrolments(scenario.deps) == 0, "it may still be finished"
    fakes.clock.advance(601)
    assert end_lapsed_enrolments(scenario.deps) == 1
    assert begun.id not in fakes.vault.keys


def test_a_face_finished_at_the_last_moment_is_not_swept_away(
    scenario: Scenario, fakes: FakeDependencies, bob: Customer
) -> None:
    """The sweep lists the late enrolments and destroys one key; then Bob's frames are accepted."""
    cleo = scenario.register("cleo")
    scenario.consent(cleo)
    scenario.begin(cleo)
    fakes.clock.advance(1)
    begun = scenario.begin(bob)
    fakes.clock.advance(599)
    capture = scenario.open_enrolment(bob)
    fakes.clock.advance(2)
    fakes.journal.when("vault.destroy_key", lambda: scenario.send(bob.caller, capture, "bob"))
    end_lapsed_enrolments(scenario.deps)
    with scenario.deps.unit_of_work() as uow:
        finished = uow.enrolments.find(id=begun.id)
    assert finished is not None
    assert finished.state == "active"
    assert begun.id in fakes.vault.keys
