"""Opening a capture shows nothing of its challenge; beginning it does, once, and starts 60 s."""

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
from facepay.usecases.captures.begin import begin_capture
from facepay.usecases.captures.open import open_enrolment_capture
from facepay.usecases.payments.intents import choose_alternative
from facepay.usecases.responses import CaptureAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import Customer, Street


def begun(street: Street, capture_id: str) -> CaptureAnswer:
    return begin_capture(street.deps, street.command(street.terminal), capture_id)


def test_who_opens_a_capture_cannot_prepare_for_what_it_will_ask(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    reserved = street.reserve(street.intent(), "ada")
    assert asdict(reserved).keys() == {"id", "purpose", "profile", "begin_by"}
    with fakes.database() as uow:
        row = uow.captures.find(id=reserved.id)
    assert row is not None
    assert (row.nonce, row.steps, row.light, row.begun_at) == (None, (), (), None)


def test_the_challenge_of_a_capture_is_the_one_it_was_begun_with(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    capture = begun(street, street.reserve(street.intent(), "ada").id)
    with fakes.database() as uow:
        row = uow.captures.find(id=capture.id)
    assert row is not None
    assert row.nonce == capture.nonce
    assert capture.challenge["steps"] == [step.value for step in row.challenge.steps]
    assert capture.challenge["light"] == {"slot_ms": 440, "colours": list(row.light)}
    assert len(row.light) == 10


def test_a_capture_is_begun_once(street: Street, ada: Customer) -> None:
    """Or one would look at challenges until one comes that a recording answers."""
    reserved = street.reserve(street.intent(), "ada")
    begun(street, reserved.id)
    with pytest.raises(WrongState):
        begun(street, reserved.id)


def test_a_lost_answer_is_given_again(street: Street, ada: Customer) -> None:
    reserved = street.reserve(street.intent(), "ada")
    command = street.command(street.terminal)
    first = begin_capture(street.deps, command, reserved.id)
    assert begin_capture(street.deps, command, reserved.id) == first


def test_frames_before_the_beginning_are_refused(street: Street, ada: Customer) -> None:
    intent = street.intent()
    begun_one = street.open_payment(intent, "ada")
    reserved = street.reserve(intent, "ada")
    borrowed = CaptureAnswer(**(asdict(begun_one) | {"id": reserved.id}))
    with pytest.raises(WrongState):
        street.send(street.terminal, borrowed, "ada")


@pytest.mark.parametrize(("after", "taken"), [(299.9, True), (300, False)])
def test_a_payer_has_five_minutes_to_read_and_then_a_whole_minute(
    street: Street, fakes: FakeDependencies, ada: Customer, after: float, taken: bool
) -> None:
    reserved = street.reserve(street.intent(), "ada")
    fakes.clock.advance(after)
    if not taken:
        with pytest.raises(CaptureExpired):
            begun(street, reserved.id)
        return
    capture = begun(street, reserved.id)
    fakes.clock.advance(59)
    assert street.send(street.terminal, capture, "ada").outcome == "accepted"


def test_only_who_opened_a_capture_begins_it(street: Street, ada: Customer) -> None:
    reserved = street.reserve(street.intent(), "ada")
    with pytest.raises(NotFound):
        begin_capture(street.deps, street.command(ada.caller), reserved.id)


def test_a_newer_capture_takes_the_place_of_one_that_waits(street: Street, ada: Customer) -> None:
    intent = street.intent()
    older = street.reserve(intent, "ada")
    street.reserve(intent, "ada")
    with pytest.raises(WrongState):
        begun(street, older.id)


def test_nobody_is_asked_to_move_for_a_face_that_was_taken_back(
    street: Street, ada: Customer
) -> None:
    reserved = street.reserve(street.intent(), "ada")
    street.revoke(ada)
    with pytest.raises(FaceNotAvailable):
        begun(street, reserved.id)


def test_nobody_is_asked_to_move_for_a_payment_that_is_over(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    chosen, late = street.intent(), street.intent()
    of_chosen = street.reserve(chosen, "ada")
    choose_alternative(street.deps, street.command(street.terminal), chosen.id)
    with pytest.raises(WrongState):
        begun(street, of_chosen.id)
    fakes.clock.advance(400)
    of_late = street.reserve(late, "ada")
    fakes.clock.advance(200)
    with pytest.raises(IntentExpired):
        begun(street, of_late.id)


def test_who_cannot_stand_light_gets_a_challenge_without_it(street: Street, ada: Customer) -> None:
    capture = street.open_payment(street.intent(), "ada", Profile.NO_LIGHT)
    assert capture.challenge["profile"] == "no_light"
    assert capture.challenge["light"] == {"slot_ms": 440, "colours": []}
    assert len(capture.challenge["steps"]) == 3  # type: ignore[arg-type]


def test_who_cannot_move_is_sent_to_the_password_and_loses_no_capture(
    street: Street, ada: Customer
) -> None:
    intent = street.intent()
    for _ in range(5):
        with pytest.raises(LivenessNotPossible):
            street.reserve(intent, "ada", Profile.NO_MOTION)
    assert street.send(street.terminal, street.open_payment(intent, "ada"), "ada")
    bob = street.settle_in("bob")
    street.consent(bob)
    street.begin(bob)
    with pytest.raises(FacepayError) as refusal:
        open_enrolment_capture(
            street.deps, street.command(bob.caller), bob.enrolment_id, Profile.NO_MOTION
        )
    assert refusal.value.code == "liveness_not_possible"


def test_of_the_captures_of_an_enrolment_only_the_newest_waits(street: Street) -> None:
    """Else three challenges could be looked at, and the one be answered that suits."""
    bob = street.settle_in("bob")
    street.consent(bob)
    street.begin(bob)
    deps, standard = street.deps, Profile.STANDARD
    older, newer = (
        open_enrolment_capture(deps, street.command(bob.caller), bob.enrolment_id, standard)
        for _ in range(2)
    )
    with pytest.raises(WrongState):
        begin_capture(deps, street.command(bob.caller), older.id)
    assert begin_capture(deps, street.command(bob.caller), newer.id).nonce


def test_a_revocation_leaves_no_capture_waiting(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    reserved = street.reserve(street.intent(), "ada")
    begun_one = street.open_payment(street.intent(), "ada")
    street.revoke(ada)
    with fakes.database() as uow:
        rows = [uow.captures.find(id=each) for each in (reserved.id, begun_one.id)]
    assert [row.state for row in rows if row is not None] == ["cancelled", "cancelled"]
