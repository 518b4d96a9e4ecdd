"""The captures of a face payment: one burst each, 60 s, three for a payment, one terminal."""

import pytest

from facepay.domain.capture import Guidance, PadOutcome
from facepay.domain.errors import (
    CaptureExpired,
    CaptureRetry,
    CapturesUsedUp,
    FaceNotAvailable,
    FacepayError,
    NotFound,
    WrongState,
)
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.payments.intents import read_intent
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, Customer, Scenario


def test_a_payer_who_may_try_again_gets_the_advice_also_after_a_lost_answer(
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


def test_a_capture_takes_one_burst(scenario: Scenario, ada: Customer) -> None:
    capture = scenario.open_payment(scenario.intent(), "ada")
    scenario.send(scenario.terminal, capture, "ada")
    with pytest.raises(WrongState):
        scenario.send(scenario.terminal, capture, "ada")


def test_a_refused_burst_consumes_its_capture(
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
def test_a_capture_expires_after_sixty_seconds(
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


def test_a_payment_has_three_captures_and_then_the_password(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.intent()
    for _ in range(3):
        scenario.open_payment(intent, "ada")
    with pytest.raises(CapturesUsedUp):
        scenario.open_payment(intent, "ada")
    seen = read_intent(scenario.deps, scenario.terminal, intent.id)
    assert seen.methods == ["password"]


def test_a_new_capture_discards_the_match_of_the_previous_one(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.show_face(ada)  # it matched
    scenario.send(scenario.terminal, scenario.open_payment(intent, "ada"), "bob")
    assert scenario.enter_code(intent, scenario.code_of(ada)).state == "declined"


def test_a_reference_of_another_model_is_never_compared(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.engine.model_name = "fake-2"
    with pytest.raises(FaceNotAvailable):
        scenario.open_payment(scenario.intent(), "ada")


def test_a_reference_of_another_model_is_not_compared_when_the_model_changes_meanwhile(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    """Workers are replaced one by one: the next request of a payment may reach a newer one."""
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
