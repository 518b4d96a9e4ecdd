"""One payment by face: in which order things are looked at, and who learns what of it."""

import json
from dataclasses import asdict

import pytest

from facepay.domain.capture import Guidance, PadOutcome
from facepay.domain.errors import (
    CaptureExpired,
    CaptureRefused,
    CaptureRetry,
    CapturesUsedUp,
    FaceNotAvailable,
    FacepayError,
    IntentExpired,
    NotFound,
    WrongState,
)
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.payments.intents import choose_alternative, read_intent, reverse_payment
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario


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


def test_a_payer_who_may_try_again_is_told_what_to_do_also_after_a_lost_answer(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.pad.outcome, fakes.pad.guidance = PadOutcome.RETRY, Guidance.SLOWER
    capture, command = (
        scenario.open_payment(scenario.intent(), "ada"),
        scenario.command(scenario.terminal),
    )
    for _ in range(2):
        with pytest.raises(FacepayError) as refusal:
            scenario.send(scenario.terminal, capture, "ada", command)
        assert (refusal.value.code, refusal.value.guidance) == ("capture_retry", "slower")


@pytest.mark.parametrize("outcome", [PadOutcome.ATTACK, PadOutcome.RETRY])
def test_why_a_capture_was_refused_is_in_the_operators_log_and_nowhere_else(
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
def test_the_frames_do_not_tell_whose_face_it_was(
    scenario: Scenario, ada: Customer, person: str
) -> None:
    intent = scenario.intent()
    sent = scenario.send(scenario.terminal, scenario.open_payment(intent, "ada"), person)
    assert sent.outcome == "accepted"
    assert sent.payment_intent is not None
    told = sent.payment_intent | {"id": "", "expires_at": ""}
    assert told["state"] == "awaiting_second_factor"
    assert told["user_action"] == "enter_code"
    assert "match" not in json.dumps(asdict(sent))


def test_a_wrong_face_and_a_wrong_code_are_refused_in_the_same_words(
    scenario: Scenario, ada: Customer
) -> None:
    def heard(person: str, code: str) -> dict[str, object]:
        answer = scenario.enter_code(scenario.show_face(ada, person), code)
        return asdict(answer) | {"id": "", "expires_at": ""}

    wrong_face = heard("bob", scenario.code_of(ada))
    wrong_code = heard("ada", WRONG_CODE)
    both_wrong = heard("bob", WRONG_CODE)
    assert wrong_face == wrong_code == both_wrong
    assert wrong_face["state"] == "declined"
    assert wrong_face["reason_class"] == "not_verified"


def test_nothing_of_a_refusal_is_signed(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    scenario.enter_code(scenario.show_face(ada, "bob"), scenario.code_of(ada))
    scenario.enter_code(scenario.show_face(ada), WRONG_CODE)
    assert fakes.signer.signed == []


def test_a_code_before_any_face_pays_nothing(scenario: Scenario, ada: Customer) -> None:
    with pytest.raises(WrongState):
        scenario.enter_code(scenario.intent(), scenario.code_of(ada))


def test_a_code_pays_one_thing_only(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    first, second = scenario.show_face(ada), scenario.show_face(ada)
    code = scenario.code_of(ada)
    assert scenario.enter_code(first, code).state == "approved"
    assert scenario.enter_code(second, code).state == "declined"


def test_a_code_from_the_step_before_is_no_longer_good(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.show_face(ada)
    code = scenario.code_of(ada)
    fakes.clock.advance(30)
    assert scenario.enter_code(intent, code).state == "declined"


def test_a_capture_is_good_for_one_burst(scenario: Scenario, ada: Customer) -> None:
    capture = scenario.open_payment(scenario.intent(), "ada")
    scenario.send(scenario.terminal, capture, "ada")
    with pytest.raises(WrongState):
        scenario.send(scenario.terminal, capture, "ada")


def test_a_refused_capture_is_spent_too(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    capture = scenario.open_payment(scenario.intent(), "ada")
    fakes.pad.outcome = PadOutcome.RETRY
    with pytest.raises(CaptureRetry):
        scenario.send(scenario.terminal, capture, "ada")
    fakes.pad.outcome = PadOutcome.BONA_FIDE
    with pytest.raises(WrongState):
        scenario.send(scenario.terminal, capture, "ada")


@pytest.mark.parametrize(("after", "taken"), [(59.9, True), (60, False)])
def test_a_capture_lives_sixty_seconds(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, after: float, taken: bool
) -> None:
    capture = scenario.open_payment(scenario.intent(), "ada")
    fakes.clock.advance(after)
    if taken:
        assert scenario.send(scenario.terminal, capture, "ada").outcome == "accepted"
        return
    with pytest.raises(CaptureExpired):
        scenario.send(scenario.terminal, capture, "ada")
    assert fakes.journal.count("vault.unseal") == 0


def test_an_older_capture_is_cancelled_by_a_newer_one(scenario: Scenario, ada: Customer) -> None:
    intent = scenario.intent()
    older = scenario.open_payment(intent, "ada")
    scenario.open_payment(intent, "ada")
    with pytest.raises(WrongState):
        scenario.send(scenario.terminal, older, "ada")


def test_a_payment_has_three_captures_and_then_still_the_password(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.intent()
    for _ in range(3):
        scenario.open_payment(intent, "ada")
    with pytest.raises(CapturesUsedUp):
        scenario.open_payment(intent, "ada")
    seen = read_intent(scenario.deps, scenario.terminal, intent.id)
    assert seen.methods == ["password"]


def test_a_new_capture_forgets_the_face_of_the_one_before(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.show_face(ada)  # it matched
    scenario.send(scenario.terminal, scenario.open_payment(intent, "ada"), "bob")
    assert scenario.enter_code(intent, scenario.code_of(ada)).state == "declined"


def test_a_payment_that_was_declined_may_be_tried_again_with_a_new_capture(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.show_face(ada, "bob")
    assert scenario.enter_code(intent, scenario.code_of(ada)).state == "declined"
    scenario.send(scenario.terminal, scenario.open_payment(intent, "ada"), "ada")
    assert scenario.enter_code(intent, scenario.code_of(ada)).state == "approved"


def test_an_intent_that_ran_out_between_face_and_code_pays_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.show_face(ada)
    fakes.clock.advance(600)
    with pytest.raises(IntentExpired):
        scenario.enter_code(intent, scenario.code_of(ada))
    assert fakes.signer.signed == []


def test_an_unknown_payer_and_one_without_a_face_get_the_same_refusal(scenario: Scenario) -> None:
    scenario.settle_in("bob")
    heard = []
    for alias in ("bob", "nobody"):
        with pytest.raises(FaceNotAvailable) as refusal:
            scenario.open_payment(scenario.intent(), alias)
        heard.append((refusal.value.code, refusal.value.detail, refusal.value.param))
    assert heard[0] == heard[1]


def test_a_reference_of_another_model_is_never_compared(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.engine.model_name = "fake-2"
    with pytest.raises(FaceNotAvailable):
        scenario.open_payment(scenario.intent(), "ada")


def test_a_reference_of_another_model_is_not_compared_when_the_model_changes_meanwhile(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    """Workers are replaced one by one: the next step of a payment may meet a newer one."""
    intent = scenario.intent()
    capture = scenario.open_payment(intent, "ada")
    fakes.engine.model_name = "fake-2"
    with pytest.raises(FaceNotAvailable):
        scenario.send(scenario.terminal, capture, "ada")
    assert fakes.journal.count("engine.distance") == 0
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    assert scenario.pay_by_password(intent, "ada", credentials).state == "approved"


def test_a_capture_belongs_to_the_terminal_that_opened_it(
    scenario: Scenario, ada: Customer
) -> None:
    capture = scenario.open_payment(scenario.intent(), "ada")
    with pytest.raises(NotFound):
        scenario.send(ada.caller, capture, "ada")


def test_a_payer_who_would_rather_not_is_not_asked_for_the_face_again(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.intent()
    chosen = choose_alternative(scenario.deps, scenario.command(scenario.terminal), intent.id)
    assert (chosen.state, chosen.methods) == ("payer_chose_alternative", ["password"])
    with pytest.raises(WrongState):
        scenario.open_payment(intent, "ada")


def test_only_an_approval_can_be_taken_back(scenario: Scenario, ada: Customer) -> None:
    intent = scenario.show_face(ada)
    with pytest.raises(WrongState):
        reverse_payment(scenario.deps, scenario.command(scenario.merchant), intent.id)
    scenario.enter_code(intent, scenario.code_of(ada))
    for _ in range(2):
        reverse = reverse_payment(scenario.deps, scenario.command(scenario.merchant), intent.id)
        assert (reverse.state, reverse.authorization) == ("reversed", None)
