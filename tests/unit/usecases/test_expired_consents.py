"""A consent ends at its date, not a second early, with every face under it."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from facepay.domain.errors import FaceNotAvailable, WrongState
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.customers.read_account import read_account
from facepay.usecases.faces import end_expired_consents as end_expired_consents_module
from facepay.usecases.faces.deletion_receipt import read_deletion_receipt
from facepay.usecases.faces.destroy_keys import destroy_pending_keys
from facepay.usecases.faces.end_expired_consents import Swept, end_expired_consents
from facepay.usecases.faces.lock import lock_face
from facepay.usecases.payments.intents import read_intent
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.expiry import (
    TICK,
    assert_alive,
    assert_gone,
    consent_of,
    face_of,
    turn_to_the_end,
)
from tests.fakes.scenario import PASSWORD, Customer, Scenario


def kinds(scenario: Scenario) -> list[str]:
    with scenario.deps.unit_of_work() as uow:
        return [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]


def events(scenario: Scenario) -> list[tuple[str, Any]]:
    with scenario.deps.unit_of_work() as uow:
        sent = uow.events.find_all(after_seq=0)
    return [(each.kind, json.loads(each.for_operator)) for each in sent]


def test_a_sweep_at_the_instant_ends_the_face_and_one_before_it_does_not(
    scenario: Scenario, ada: Customer
) -> None:
    turn_to_the_end(scenario, ada, before=TICK)
    assert end_expired_consents(scenario.deps) == Swept(0, 0)
    assert_alive(scenario, ada)
    assert face_of(scenario, ada).state == "active"
    scenario.fakes.clock.now += TICK
    assert end_expired_consents(scenario.deps) == Swept(1, 1)
    assert_gone(scenario, ada)
    assert end_expired_consents(scenario.deps) == Swept(0, 0)


def test_a_payment_is_approved_until_the_instant_and_not_from_it_on(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    device = scenario.add_device(ada)
    turn_to_the_end(scenario, ada, before=timedelta(seconds=60))
    intents = [scenario.show_face(ada) for _ in range(2)]
    credentials = [scenario.confirms(device, intent, ada) for intent in intents]
    turn_to_the_end(scenario, ada, before=TICK)
    assert scenario.show_second_factor(intents[0], credentials[0]).state == "approved"
    turn_to_the_end(scenario, ada)
    with pytest.raises(FaceNotAvailable):
        scenario.show_second_factor(intents[1], credentials[1])
    assert_gone(scenario, ada)
    assert read_intent(scenario.deps, scenario.terminal, intents[1].id).state == "revoked"


def test_an_expiry_leaves_what_a_withdrawal_leaves_under_its_own_names(
    scenario: Scenario, ada: Customer
) -> None:
    turn_to_the_end(scenario, ada, before=timedelta(seconds=40))
    waiting = scenario.show_face(ada)
    open_capture = scenario.intent()
    scenario.open_payment(open_capture, "ada")
    before, leaves, sent = face_of(scenario, ada), len(kinds(scenario)), len(events(scenario))
    turn_to_the_end(scenario, ada)
    end_expired_consents(scenario.deps)

    assert face_of(scenario, ada).epoch == before.epoch + 1
    states = [
        read_intent(scenario.deps, scenario.terminal, each.id).state
        for each in (waiting, open_capture)
    ]
    assert states == ["revoked", "revoked"]
    ended = ["consent.expired", "face.revoked", "face.key_destroyed"]
    assert kinds(scenario)[leaves:] == ended
    customer = {"customer": ada.caller.subject_id}
    assert events(scenario)[sent:] == [
        ("consent.expired", {"consent": ada.consent_id, **customer}),
        ("face.revoked", {"enrolment": ada.enrolment_id, **customer}),
        ("face.key_destroyed", {"enrolment": ada.enrolment_id, **customer}),
    ]
    claims = receipt(scenario, ada)
    assert claims["cause"] == "consent_expired"
    assert claims["destroyed"] == {"database": {"sealed_references": 1}, "vault": {"keys": 1}}
    assert claims["stopped"] == {"captures": 1, "payment_intents": 2}
    consent = consent_of(scenario, ada)
    assert (consent.ended_at, consent.withdrawn_at) == (scenario.fakes.clock.now, None)


def receipt(scenario: Scenario, payer: Customer) -> Any:
    token = read_deletion_receipt(scenario.deps, payer.caller, payer.enrolment_id)
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1]))


def test_a_locked_face_ends_with_its_consent(scenario: Scenario, ada: Customer) -> None:
    command = scenario.command(ada.caller)
    lock_face(scenario.deps, command, ada.enrolment_id, Credentials(PASSWORD))
    turn_to_the_end(scenario, ada)
    assert end_expired_consents(scenario.deps) == Swept(1, 1)
    assert_gone(scenario, ada)


@pytest.mark.parametrize("moment", ["attestation.verify", "pad.judge", "vault.seal"])
def test_an_enrolment_under_way_ends_with_its_consent(
    scenario: Scenario, fakes: FakeDependencies, moment: str
) -> None:
    bob = scenario.register("bob")
    scenario.consent(bob, expires_at=fakes.clock.now + timedelta(seconds=100))
    scenario.begin(bob)
    capture = scenario.open_enrolment(bob)
    fakes.journal.when(moment, lambda: turn_to_the_end(scenario, bob))
    with pytest.raises(FaceNotAvailable):
        scenario.send(bob.caller, capture, "bob")
    assert_gone(scenario, bob)


def test_a_consent_that_ends_before_the_capture_of_an_enrolment_ends_it(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    bob = scenario.register("bob")
    scenario.consent(bob, expires_at=fakes.clock.now + timedelta(seconds=100))
    scenario.begin(bob)
    turn_to_the_end(scenario, bob)
    with pytest.raises(FaceNotAvailable):
        scenario.open_enrolment(bob)
    assert_gone(scenario, bob)


def test_a_consent_that_ends_while_an_enrolment_begins_leaves_no_key(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    bob = scenario.register("bob")
    scenario.consent(bob, expires_at=fakes.clock.now + timedelta(seconds=100))
    keys = set(fakes.vault.keys)

    def expire() -> None:
        turn_to_the_end(scenario, bob)
        end_expired_consents(scenario.deps)

    fakes.journal.when("vault.create_key", expire)
    with pytest.raises(FaceNotAvailable):
        scenario.begin(bob)
    assert set(fakes.vault.keys) == keys


def test_a_consent_without_a_face_ends_once_and_says_so(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    bob = scenario.register("bob")
    scenario.consent(bob, expires_at=fakes.clock.now + timedelta(days=1))
    turn_to_the_end(scenario, bob)
    for count in (1, 0):
        assert end_expired_consents(scenario.deps) == Swept(count, 0)
    assert kinds(scenario).count("consent.expired") == 1


def test_an_expiry_during_a_vault_outage_works_at_once_and_the_keys_follow(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    others = [scenario.enrol(name) for name in ("bob", "cleo")]
    turn_to_the_end(scenario, others[-1])
    fakes.vault.away = True
    fakes.journal.events.clear()
    assert end_expired_consents(scenario.deps) == Swept(3, 0)
    assert fakes.journal.count("vault.has_key") == 1, "it does not wait for each key"
    assert [face_of(scenario, each).sealed_reference for each in (ada, *others)] == [None] * 3
    fakes.vault.away = False
    assert destroy_pending_keys(scenario.deps) == 3
    for payer in (ada, *others):
        assert_gone(scenario, payer)
        assert receipt(scenario, payer)["cause"] == "consent_expired"


class KilledWorker(BaseException):
    """Nothing of the service's own code runs after it."""


def test_a_sweep_works_in_pages_and_goes_on_after_it_was_killed(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(end_expired_consents_module, "PAGE", 2)
    others = [scenario.enrol(f"payer {number}") for number in range(4)]
    turn_to_the_end(scenario, others[-1])
    fakes.journal.when("vault.destroy_key", _die)
    with pytest.raises(KilledWorker):
        end_expired_consents(scenario.deps)
    left = [face_of(scenario, each).state for each in (ada, *others)]
    assert left == ["revoked"] * 2 + ["active"] * 3, "the oldest first, and no further page"
    assert end_expired_consents(scenario.deps) == Swept(3, 3)
    assert destroy_pending_keys(scenario.deps) == 2
    for payer in (ada, *others):
        assert_gone(scenario, payer)


def _die() -> None:
    raise KilledWorker()


def test_a_customer_can_consent_and_enrol_again_after_an_expiry(
    scenario: Scenario, ada: Customer
) -> None:
    left = ada.enrolment_id
    turn_to_the_end(scenario, ada)
    scenario.consent(ada)
    scenario.begin(ada)
    scenario.send(ada.caller, scenario.open_enrolment(ada), "ada")
    assert ada.enrolment_id != left
    assert scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada)).state == "approved"
    assert end_expired_consents(scenario.deps) == Swept(0, 0)


def test_a_clock_that_jumps_back_brings_no_consent_back(scenario: Scenario, ada: Customer) -> None:
    turn_to_the_end(scenario, ada)
    end_expired_consents(scenario.deps)
    turn_to_the_end(scenario, ada, before=timedelta(days=2))
    assert not consent_of(scenario, ada).active(scenario.fakes.clock.now)
    with pytest.raises(WrongState):
        scenario.begin(ada)


def test_a_withdrawn_consent_does_not_expire_and_an_expired_one_can_be_withdrawn(
    scenario: Scenario, ada: Customer
) -> None:
    bob = scenario.enrol("bob")
    withdraw_consent(scenario.deps, scenario.command(ada.caller), ada.consent_id)
    turn_to_the_end(scenario, bob)
    assert end_expired_consents(scenario.deps) == Swept(1, 1)
    answer = withdraw_consent(scenario.deps, scenario.command(bob.caller), bob.consent_id)
    assert answer.withdrawn_at is not None
    causes = [receipt(scenario, payer)["cause"] for payer in (ada, bob)]
    assert causes == ["consent_withdrawn", "consent_expired"]


def test_the_account_says_why_the_face_is_gone(scenario: Scenario, ada: Customer) -> None:
    bob = scenario.enrol("bob")
    ends = consent_of(scenario, ada).expires_at
    scenario.fakes.clock.now = ends + timedelta(days=434)
    account = read_account(scenario.deps, ada.caller.subject_id)
    assert account.face is not None
    assert (account.face.state, account.face.key_destroyed) == ("revoked", True)
    assert account.face.consent_ended_at == ends
    assert [(each.id, each.active) for each in account.consents] == [(ada.consent_id, False)]
    withdraw_consent(scenario.deps, scenario.command(bob.caller), bob.consent_id)
    left = read_account(scenario.deps, bob.caller.subject_id)
    assert left.face is not None
    assert left.face.consent_ended_at is None
    assert [each.withdrawn_at for each in left.consents] == [scenario.fakes.clock.now]
