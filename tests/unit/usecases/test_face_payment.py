"""One payment by face: the order of the checks, and what each party learns of the result."""

import json
from dataclasses import asdict

import pytest

from facepay.domain.capture import PadOutcome
from facepay.domain.errors import (
    CaptureRefused,
    CaptureRetry,
    FaceNotAvailable,
    FacepayError,
    IntentExpired,
    WrongState,
)
from facepay.usecases.payments.intents import choose_alternative, reverse_payment
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import WRONG_CODE, Customer, Scenario


def test_the_right_face_and_the_right_code_pay_once(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.show_face(ada)
    paid = scenario.enter_code(intent, scenario.code_of(ada))
    assert paid.state == "approved"
    assert paid.authorization is not None
    (claims,) = fakes.signer.signed
    assert claims["amount_minor"] == 1250
    assert claims["payment_intent"] == intent.id
    with pytest.raises(WrongState):
        scenario.enter_code(intent, scenario.code_of(ada))
    assert len(fakes.signer.signed) == 1


def test_liveness_is_judged_before_the_reference_is_opened(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.journal.events.clear()
    scenario.show_face(ada)
    asked = fakes.journal.events
    assert asked[:3] == ["attestation.verify", "engine.observe", "pad.judge"]
    assert asked[3:] == ["vault.unseal", "vault.derive_secret", "engine.distance"]


@pytest.mark.parametrize(
    ("outcome", "refusal"),
    [(PadOutcome.ATTACK, CaptureRefused), (PadOutcome.RETRY, CaptureRetry)],
)
def test_a_refused_capture_never_opens_the_reference(
    scenario: Scenario,
    fakes: FakeDependencies,
    ada: Customer,
    outcome: PadOutcome,
    refusal: type[FacepayError],
) -> None:
    fakes.pad.outcome = outcome
    with pytest.raises(refusal):
        scenario.show_face(ada)
    assert fakes.journal.count("vault.unseal") == 0


@pytest.mark.parametrize("outcome", [PadOutcome.ATTACK, PadOutcome.RETRY])
def test_only_the_operators_log_has_the_reason_of_a_refused_capture(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, outcome: PadOutcome
) -> None:
    fakes.pad.outcome = outcome
    capture, command = (
        scenario.open_payment(scenario.intent(), "ada"),
        scenario.command(scenario.terminal),
    )
    with pytest.raises(FacepayError) as refusal:
        scenario.send(scenario.terminal, capture, "ada", command)
    assert "fake_signal" not in f"{refusal.value} {refusal.value.detail} {refusal.value.param}"
    with fakes.database() as uow:
        leaf = uow.leaves.find(kind="capture.refused")
        assert leaf is not None
        opening = uow.openings.find(seq=leaf.seq)
        record = uow.idempotency.find(id=command.record_id)
    assert opening is not None
    assert json.loads(opening.details)["reason"] == "fake_signal"
    assert record is not None
    assert "fake_signal" not in (record.answer or "")


@pytest.mark.parametrize("person", ["ada", "bob"])
def test_the_answer_to_frames_does_not_reveal_a_match(
    scenario: Scenario, ada: Customer, person: str
) -> None:
    intent = scenario.intent()
    sent = scenario.send(scenario.terminal, scenario.open_payment(intent, "ada"), person)
    assert sent.outcome == "accepted"
    assert sent.payment_intent is not None
    payment = sent.payment_intent | {"id": "", "expires_at": ""}
    assert payment["state"] == "awaiting_second_factor"
    assert payment["user_action"] == "enter_code"
    assert "match" not in json.dumps(asdict(sent))


def test_a_wrong_face_and_a_wrong_code_are_refused_in_the_same_words(
    scenario: Scenario, ada: Customer
) -> None:
    def answer_to(person: str, code: str) -> dict[str, object]:
        answer = scenario.enter_code(scenario.show_face(ada, person), code)
        return asdict(answer) | {"id": "", "expires_at": ""}

    wrong_face = answer_to("bob", scenario.code_of(ada))
    wrong_code = answer_to("ada", WRONG_CODE)
    both_wrong = answer_to("bob", WRONG_CODE)
    assert wrong_face == wrong_code == both_wrong
    assert wrong_face["state"] == "declined"
    assert wrong_face["reason_class"] == "not_verified"


def test_no_refusal_is_signed(scenario: Scenario, fakes: FakeDependencies, ada: Customer) -> None:
    scenario.enter_code(scenario.show_face(ada, "bob"), scenario.code_of(ada))
    scenario.enter_code(scenario.show_face(ada), WRONG_CODE)
    assert fakes.signer.signed == []


def test_a_code_before_any_face_pays_nothing(scenario: Scenario, ada: Customer) -> None:
    with pytest.raises(WrongState):
        scenario.enter_code(scenario.intent(), scenario.code_of(ada))


def test_a_code_pays_one_payment_only(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    first, second = scenario.show_face(ada), scenario.show_face(ada)
    code = scenario.code_of(ada)
    assert scenario.enter_code(first, code).state == "approved"
    assert scenario.enter_code(second, code).state == "declined"


def test_a_code_of_the_previous_time_step_is_refused(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.show_face(ada)
    code = scenario.code_of(ada)
    fakes.clock.advance(30)
    assert scenario.enter_code(intent, code).state == "declined"


def test_a_declined_payment_may_be_tried_again_with_a_new_capture(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.show_face(ada, "bob")
    assert scenario.enter_code(intent, scenario.code_of(ada)).state == "declined"
    scenario.send(scenario.terminal, scenario.open_payment(intent, "ada"), "ada")
    assert scenario.enter_code(intent, scenario.code_of(ada)).state == "approved"


def test_an_intent_that_expired_between_face_and_code_pays_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.show_face(ada)
    fakes.clock.advance(600)
    with pytest.raises(IntentExpired):
        scenario.enter_code(intent, scenario.code_of(ada))
    assert fakes.signer.signed == []


def test_an_unknown_payer_and_one_without_a_face_get_the_same_refusal(scenario: Scenario) -> None:
    scenario.register("bob")
    refusals = []
    for alias in ("bob", "nobody"):
        with pytest.raises(FaceNotAvailable) as refusal:
            scenario.open_payment(scenario.intent(), alias)
        refusals.append((refusal.value.code, refusal.value.detail, refusal.value.param))
    assert refusals[0] == refusals[1]


def test_a_payer_who_chose_another_method_is_not_asked_for_the_face(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.intent()
    chosen = choose_alternative(scenario.deps, scenario.command(scenario.terminal), intent.id)
    assert (chosen.state, chosen.methods) == ("payer_chose_alternative", ["password"])
    with pytest.raises(WrongState):
        scenario.open_payment(intent, "ada")


def test_only_an_approved_payment_can_be_reversed(scenario: Scenario, ada: Customer) -> None:
    intent = scenario.show_face(ada)
    with pytest.raises(WrongState):
        reverse_payment(scenario.deps, scenario.command(scenario.merchant), intent.id)
    scenario.enter_code(intent, scenario.code_of(ada))
    for _ in range(2):
        reverse = reverse_payment(scenario.deps, scenario.command(scenario.merchant), intent.id)
        assert (reverse.state, reverse.authorization) == ("reversed", None)
