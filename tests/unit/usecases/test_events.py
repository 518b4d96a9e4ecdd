"""Each change leaves one event for its receivers; a refusal or a repetition leaves none."""

import json
import re
from typing import Any

import pytest

from facepay.domain.errors import NotAllowed, WrongState
from facepay.domain.event import OPERATOR, Event, merchant_audience
from facepay.domain.money import Money
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.faces.destroy_keys import destroy_pending_keys
from facepay.usecases.faces.lock import lock_face, unlock_face
from facepay.usecases.payments.intents import create_intent, reverse_payment
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario


def text(fakes: FakeDependencies) -> list[Event]:
    with fakes.database() as uow:
        return uow.events.find_all(after_seq=0)


def newest(fakes: FakeDependencies, audience: str = OPERATOR) -> Any:
    return json.loads(text(fakes)[-1].body_for(audience))


def kinds(fakes: FakeDependencies) -> list[str]:
    return [event.kind.value for event in text(fakes)]


def test_the_operator_gets_the_events_of_an_enrolment(
    fakes: FakeDependencies, ada: Customer
) -> None:
    assert kinds(fakes) == ["second_factor.added", "consent.granted", "face.enrolled"]
    assert newest(fakes)["data"] == {
        "customer": ada.caller.subject_id,
        "enrolment": ada.enrolment_id,
    }


def test_a_merchant_gets_its_payment_without_the_payer(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    paid = scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada))
    expected = {
        "payment_intent": paid.id,
        "merchant": scenario.merchant.subject_id,
        "terminal": scenario.terminal.subject_id,
        "amount_minor": 1250,
        "currency": "EUR",
        "order_ref": "order-1",
    }
    approval = newest(fakes, merchant_audience(scenario.merchant.subject_id))
    assert (approval["type"], approval["data"]) == ("payment.approved", expected)
    for_operator = {"customer": ada.caller.subject_id, "method": "face", "on_hold": False}
    assert newest(fakes)["data"] == expected | for_operator


def test_a_merchant_cannot_tell_a_wrong_face_from_a_wrong_code(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    shop = merchant_audience(scenario.merchant.subject_id)
    events = []
    for person, code in (("bob", scenario.code_of(ada)), ("ada", WRONG_CODE)):
        scenario.enter_code(scenario.show_face(ada, person), code)
        events.append(newest(fakes, shop))
    for each in events:
        assert each["data"].pop("payment_intent")
    assert events[0]["data"] == events[1]["data"]
    assert {each["type"] for each in events} == {"payment.declined"}


def test_frames_alone_cause_no_event_of_a_payment(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    scenario.show_face(ada)
    assert not any(kind.startswith("payment.") for kind in kinds(fakes))


def test_a_reversed_payment_causes_one_event(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    paid = scenario.pay_by_password(scenario.intent(), "ada", credentials)
    for _ in range(2):
        reverse_payment(scenario.deps, scenario.command(scenario.merchant), paid.id)
    assert kinds(fakes)[-2:] == ["payment.approved", "payment.reversed"]


def test_a_repeated_request_causes_one_event(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent, code, command = (
        scenario.show_face(ada),
        scenario.code_of(ada),
        scenario.command(scenario.terminal),
    )
    for _ in range(2):
        scenario.enter_code(intent, code, command)
    assert kinds(fakes).count("payment.approved") == 1


def test_a_revoked_face_and_its_key_cause_one_event_each(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.vault.away = True
    scenario.revoke(ada)
    scenario.revoke(ada)
    assert kinds(fakes)[-1] == "face.revoked"
    fakes.vault.away = False
    for _ in range(2):
        destroy_pending_keys(scenario.deps)
    assert kinds(fakes)[-2:] == ["face.revoked", "face.key_destroyed"]


def test_a_lock_and_an_unlock_cause_one_event_each(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    for _ in range(2):
        lock_face(
            scenario.deps, scenario.command(ada.caller), ada.enrolment_id, Credentials(PASSWORD)
        )
    for _ in range(2):
        credentials = Credentials(PASSWORD, scenario.code_of(ada))
        unlock_face(scenario.deps, scenario.command(ada.caller), ada.enrolment_id, credentials)
    assert kinds(fakes)[-2:] == ["face.locked", "face.unlocked"]
    assert [kinds(fakes).count(kind) for kind in ("face.locked", "face.unlocked")] == [1, 1]


def test_a_withdrawn_consent_causes_one_event_with_its_face(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    for _ in range(2):
        withdraw_consent(scenario.deps, scenario.command(ada.caller), ada.consent_id)
    ended = ["consent.withdrawn", "face.revoked", "face.key_destroyed"]
    assert kinds(fakes)[-3:] == ended
    assert all(kinds(fakes).count(kind) == 1 for kind in ended)


def test_a_refused_request_causes_no_event(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    before = kinds(fakes)
    with pytest.raises(NotAllowed):
        create_intent(scenario.deps, scenario.command(ada.caller), Money(1, "EUR"), "o")
    with pytest.raises(WrongState):
        scenario.enter_code(scenario.intent(), scenario.code_of(ada))
    assert kinds(fakes) == before


def test_no_event_for_a_merchant_contains_the_customer_or_the_face(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    scenario.enter_code(scenario.show_face(ada, "bob"), scenario.code_of(ada))
    paid = scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada))
    reverse_payment(scenario.deps, scenario.command(scenario.merchant), paid.id)
    scenario.revoke(ada)
    with fakes.database() as uow:
        sent = [event.shared for event in uow.events.find_all(after_seq=0) if event.shared]
        captures = [capture.id for capture in uow.captures.find_all()]
        factors = [factor.id for factor in uow.second_factors.find_all()]
    assert len(sent) == 3
    text = " ".join(sent)
    of_ada = [ada.caller.subject_id, ada.caller.keyid, ada.enrolment_id, ada.consent_id]
    for needle in [*of_ada, *captures, *factors]:
        assert needle not in text, needle
    words = ["face", "match", "score", "distance", "code", "password", "reason", "on_hold", "flag"]
    but_ids = re.sub(r"[a-z]+_[0-9a-f]{32}", "", text)  # "ada" and "face" are hexadecimal, too
    for needle in ["ada", *words]:
        assert needle not in but_ids, needle
