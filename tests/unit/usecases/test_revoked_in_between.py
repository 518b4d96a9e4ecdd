"""A face revoked or locked, or its consent gone, in the middle of a walk: no approval follows."""

from collections.abc import Callable

import pytest

from facepay.domain.errors import FaceNotAvailable, FacepayError
from facepay.domain.payment import IntentState
from facepay.usecases.authentication.verify_credentials import Credentials
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.faces.lock import lock_face
from facepay.usecases.payments.intents import read_intent
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import Customer, Street

EndIt = Callable[[Street, Customer], object]
ENDS: dict[str, EndIt] = {
    "revoked": lambda street, payer: street.revoke(payer),
    "locked": lambda street, payer: lock_face(
        street.deps,
        street.command(payer.caller),
        payer.enrolment_id,
        Credentials(password="correct horse battery"),
    ),
    "consent withdrawn": lambda street, payer: withdraw_consent(
        street.deps, street.command(payer.caller), payer.consent_id
    ),
}


@pytest.fixture(params=ENDS)
def end_it(request: pytest.FixtureRequest) -> EndIt:
    return ENDS[request.param]


@pytest.mark.parametrize("moment", ["vault.unseal_secret", "signer.sign"])
def test_ended_while_the_code_is_checked_or_the_approval_signed(
    street: Street, fakes: FakeDependencies, ada: Customer, end_it: EndIt, moment: str
) -> None:
    intent = street.show_face(ada)
    code = street.code_of(ada)
    fakes.journal.when(moment, lambda: end_it(street, ada))
    with pytest.raises(FaceNotAvailable):
        street.enter(intent, code)
    seen = read_intent(street.deps, street.terminal, intent.id)
    assert (seen.state, seen.authorization) == (IntentState.REVOKED, None)


@pytest.mark.parametrize(
    "moment",
    ["engine.observe", "pad.judge", "vault.unseal", "vault.derive_secret", "engine.distance"],
)
def test_ended_while_the_frames_are_looked_at(
    street: Street, fakes: FakeDependencies, ada: Customer, end_it: EndIt, moment: str
) -> None:
    intent = street.intent()
    capture = street.open_payment(intent, "ada")
    fakes.journal.when(moment, lambda: end_it(street, ada))
    with pytest.raises(FacepayError) as refusal:
        street.send(street.terminal, capture, "ada")
    assert refusal.value.code == "face_not_available"
    assert read_intent(street.deps, street.terminal, intent.id).state == IntentState.REVOKED


def test_ended_between_the_frames_and_the_code(
    street: Street, fakes: FakeDependencies, ada: Customer, end_it: EndIt
) -> None:
    intent = street.show_face(ada)
    end_it(street, ada)
    with pytest.raises(FaceNotAvailable):
        street.enter(intent, street.code_of(ada))
    assert fakes.signer.signed == []


def test_ended_between_capture_and_frames(
    street: Street, fakes: FakeDependencies, ada: Customer, end_it: EndIt
) -> None:
    capture = street.open_payment(street.intent(), "ada")
    end_it(street, ada)
    with pytest.raises(FaceNotAvailable):
        street.send(street.terminal, capture, "ada")
    assert fakes.journal.count("vault.unseal") == 0


def test_a_payment_that_lost_its_face_goes_on_by_password(
    street: Street, ada: Customer, end_it: EndIt
) -> None:
    intent = street.show_face(ada)
    end_it(street, ada)
    credentials = Credentials("correct horse battery", street.code_of(ada))
    assert street.pay_by_password(intent, "ada", credentials).state == "approved"


def test_an_expired_consent_ends_a_payment_under_way(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    lifetime = street.deps.policy.consent_lifetime.total_seconds()
    fakes.clock.advance(lifetime - 300)
    intent = street.show_face(ada)
    fakes.clock.advance(300)
    with pytest.raises(FaceNotAvailable):
        street.enter(intent, street.code_of(ada))
    with pytest.raises(FaceNotAvailable):
        street.open_payment(street.intent(), "ada")


def test_a_face_enrolled_anew_does_not_finish_a_payment_of_the_one_before(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = street.show_face(ada)
    street.revoke(ada)
    street.begin(ada)
    street.send(ada.caller, street.open_enrolment(ada), "ada")
    with pytest.raises(FaceNotAvailable):
        street.enter(intent, street.code_of(ada))


class KilledWorker(BaseException):
    """Nothing of ours is run any more."""


def test_a_worker_that_died_does_not_make_the_owner_look_for_another_code(
    street: Street, fakes: FakeDependencies
) -> None:
    bob = street.enrol("bob")
    command, credentials = street.command(bob.caller), Credentials(code=street.code_of(bob))
    fakes.journal.when("vault.unseal_secret", _die)
    with pytest.raises(KilledWorker):
        street.revoke(bob, credentials, command)
    fakes.clock.advance(31)  # the lease is over, and so is the code's step
    assert street.revoke(bob, credentials, command).state == "revoked"


def _die() -> None:
    raise KilledWorker()
