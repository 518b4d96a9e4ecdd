"""Opening a capture hides its challenge; beginning shows it once and starts 60 s."""

from dataclasses import asdict

import pytest

from facepay.domain.challenge import Profile
from facepay.domain.errors import (
    CaptureExpired,
    FaceNotAvailable,
    FacepayError,
    IntentExpired,
    LivenessNotPossible,
    NotFound,
    WrongState,
)
from facepay.usecases.begin_capture import begin_capture
from facepay.usecases.open_capture import open_enrolment_capture
from facepay.usecases.payments.intents import choose_alternative
from facepay.usecases.responses import CaptureAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Customer, Scenario


def begun(scenario: Scenario, capture_id: str) -> CaptureAnswer:
    return begin_capture(scenario.deps, scenario.command(scenario.terminal), capture_id)


def test_an_opened_capture_reveals_nothing_of_its_challenge(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    reserved = scenario.reserve(scenario.intent(), "ada")
    assert asdict(reserved).keys() == {"id", "purpose", "profile", "begin_by"}
    with fakes.database() as uow:
        row = uow.captures.find(id=reserved.id)
    assert row is not None
    assert (row.nonce, row.steps, row.light, row.begun_at) == (None, (), (), None)


def test_a_begun_capture_keeps_its_challenge(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    capture = begun(scenario, scenario.reserve(scenario.intent(), "ada").id)
    with fakes.database() as uow:
        row = uow.captures.find(id=capture.id)
    assert row is not None
    assert row.nonce == capture.nonce
    assert capture.challenge["steps"] == [step.value for step in row.challenge.steps]
    assert capture.challenge["light"] == {"slot_ms": 440, "colours": list(row.light)}
    assert len(row.light) == 10


def test_a_capture_is_begun_once(scenario: Scenario, ada: Customer) -> None:
    """Otherwise an attacker could begin until a challenge comes that a recording answers."""
    reserved = scenario.reserve(scenario.intent(), "ada")
    begun(scenario, reserved.id)
    with pytest.raises(WrongState):
        begun(scenario, reserved.id)


def test_a_retry_gets_the_challenge_again(scenario: Scenario, ada: Customer) -> None:
    reserved = scenario.reserve(scenario.intent(), "ada")
    command = scenario.command(scenario.terminal)
    first = begin_capture(scenario.deps, command, reserved.id)
    assert begin_capture(scenario.deps, command, reserved.id) == first


def test_frames_before_the_beginning_are_refused(scenario: Scenario, ada: Customer) -> None:
    intent = scenario.intent()
    begun_one = scenario.open_payment(intent, "ada")
    reserved = scenario.reserve(intent, "ada")
    borrowed = CaptureAnswer(**(asdict(begun_one) | {"id": reserved.id}))
    with pytest.raises(WrongState):
        scenario.send(scenario.terminal, borrowed, "ada")


@pytest.mark.parametrize(("after", "taken"), [(299.9, True), (300, False)])
def test_a_payer_has_five_minutes_to_read_and_then_a_whole_minute(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, after: float, taken: bool
) -> None:
    reserved = scenario.reserve(scenario.intent(), "ada")
    fakes.clock.advance(after)
    if not taken:
        with pytest.raises(CaptureExpired):
            begun(scenario, reserved.id)
        return
    capture = begun(scenario, reserved.id)
    fakes.clock.advance(59)
    assert scenario.send(scenario.terminal, capture, "ada").outcome == "accepted"


def test_only_its_opener_begins_a_capture(scenario: Scenario, ada: Customer) -> None:
    reserved = scenario.reserve(scenario.intent(), "ada")
    with pytest.raises(NotFound):
        begin_capture(scenario.deps, scenario.command(ada.caller), reserved.id)


def test_a_newer_capture_replaces_one_that_waits(scenario: Scenario, ada: Customer) -> None:
    intent = scenario.intent()
    older = scenario.reserve(intent, "ada")
    scenario.reserve(intent, "ada")
    with pytest.raises(WrongState):
        begun(scenario, older.id)


def test_no_challenge_is_shown_for_a_revoked_face(scenario: Scenario, ada: Customer) -> None:
    reserved = scenario.reserve(scenario.intent(), "ada")
    scenario.revoke(ada)
    with pytest.raises(FaceNotAvailable):
        begun(scenario, reserved.id)


def test_no_challenge_is_shown_for_a_payment_that_is_over(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    chosen, late = scenario.intent(), scenario.intent()
    of_chosen = scenario.reserve(chosen, "ada")
    choose_alternative(scenario.deps, scenario.command(scenario.terminal), chosen.id)
    with pytest.raises(WrongState):
        begun(scenario, of_chosen.id)
    fakes.clock.advance(400)
    of_late = scenario.reserve(late, "ada")
    fakes.clock.advance(200)
    with pytest.raises(IntentExpired):
        begun(scenario, of_late.id)


def test_a_payer_who_cannot_stand_light_gets_a_challenge_without_it(
    scenario: Scenario, ada: Customer
) -> None:
    capture = scenario.open_payment(scenario.intent(), "ada", Profile.NO_LIGHT)
    assert capture.challenge["profile"] == "no_light"
    assert capture.challenge["light"] == {"slot_ms": 440, "colours": []}
    assert len(capture.challenge["steps"]) == 3  # type: ignore[arg-type]


def test_a_payer_who_cannot_move_pays_by_password_and_loses_no_capture(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.intent()
    for _ in range(5):
        with pytest.raises(LivenessNotPossible):
            scenario.reserve(intent, "ada", Profile.NO_MOTION)
    assert scenario.send(scenario.terminal, scenario.open_payment(intent, "ada"), "ada")
    bob = scenario.register("bob")
    scenario.consent(bob)
    scenario.begin(bob)
    with pytest.raises(FacepayError) as refusal:
        open_enrolment_capture(
            scenario.deps, scenario.command(bob.caller), bob.enrolment_id, Profile.NO_MOTION
        )
    assert refusal.value.code == "liveness_not_possible"


def test_only_the_newest_capture_of_an_enrolment_can_be_begun(scenario: Scenario) -> None:
    """Otherwise an attacker could look at three challenges and answer the one that suits."""
    bob = scenario.register("bob")
    scenario.consent(bob)
    scenario.begin(bob)
    deps, standard = scenario.deps, Profile.STANDARD
    older, newer = (
        open_enrolment_capture(deps, scenario.command(bob.caller), bob.enrolment_id, standard)
        for _ in range(2)
    )
    with pytest.raises(WrongState):
        begin_capture(deps, scenario.command(bob.caller), older.id)
    assert begin_capture(deps, scenario.command(bob.caller), newer.id).nonce


def test_a_revocation_leaves_no_capture_waiting(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    reserved = scenario.reserve(scenario.intent(), "ada")
    begun_one = scenario.open_payment(scenario.intent(), "ada")
    scenario.revoke(ada)
    with fakes.database() as uow:
        rows = [uow.captures.find(id=each) for each in (reserved.id, begun_one.id)]
    assert [row.state for row in rows if row is not None] == ["cancelled", "cancelled"]
