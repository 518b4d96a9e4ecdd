"""A face locked and unlocked: what it costs whom, and what is left of it meanwhile."""

from collections.abc import Callable

import pytest

from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import (
    CredentialsRejected,
    FaceNotAvailable,
    FacepayError,
    NotFound,
    WrongState,
)
from facepay.domain.payment import IntentState
from facepay.usecases.authentication.verify_credentials import Credentials
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.faces.enrol import begin_enrolment
from facepay.usecases.faces.lock import lock_face, unlock_face
from facepay.usecases.faces.renew_template import renew_template, templates_made_before
from facepay.usecases.payments.intents import read_intent
from facepay.usecases.responses import EnrolmentAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import PASSWORD, WRONG_CODE, Customer, Street
from tests.fakes.vault import SECRETS_KEY

ONE_PROOF = Credentials(password=PASSWORD)
WRONG_PASSWORD = "a wrong password"


def lock(street: Street, payer: Customer, credentials: Credentials = ONE_PROOF) -> EnrolmentAnswer:
    return lock_face(street.deps, street.command(payer.caller), payer.enrolment_id, credentials)


def unlock(
    street: Street, payer: Customer, credentials: Credentials | None = None
) -> EnrolmentAnswer:
    credentials = credentials or Credentials(PASSWORD, street.code_of(payer))
    return unlock_face(street.deps, street.command(payer.caller), payer.enrolment_id, credentials)


def row(street: Street, payer: Customer) -> Enrolment:
    with street.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert found is not None
    return found


def kinds(street: Street) -> list[str]:
    with street.deps.unit_of_work() as uow:
        return [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]


def pays(street: Street, payer: Customer) -> bool:
    intent = street.show_face(payer)
    return street.enter(intent, street.code_of(payer)).state == "approved"


def told(act: Callable[[], object]) -> tuple[object, ...]:
    """All that a till hears of a refusal."""
    with pytest.raises(FacepayError) as refusal:
        act()
    return refusal.value.code, refusal.value.detail, refusal.value.param, refusal.value.guidance


def test_the_password_alone_locks_and_the_face_pays_nothing(street: Street, ada: Customer) -> None:
    assert lock(street, ada).state == "locked"
    with pytest.raises(FaceNotAvailable):
        street.open_payment(street.intent(), "ada")
    assert kinds(street)[-2:] == ["face.locked", "payment.opened"]


def test_one_code_alone_locks(street: Street, ada: Customer) -> None:
    assert lock(street, ada, Credentials(code=street.code_of(ada))).state == "locked"


def test_the_password_locks_also_while_the_vault_is_away(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.vault.away = fakes.signer.away = True
    assert lock(street, ada, Credentials(PASSWORD, WRONG_CODE)).state == "locked"


def test_a_locked_a_revoked_and_an_unknown_face_sound_alike_at_the_terminal(
    street: Street, ada: Customer
) -> None:
    lock(street, ada)
    locked = told(lambda: street.open_payment(street.intent(), "ada"))
    street.revoke(ada)
    revoked = told(lambda: street.open_payment(street.intent(), "ada"))
    unknown = told(lambda: street.open_payment(street.intent(), "nobody"))
    assert locked == revoked == unknown == ("face_not_available", None, None, None)


@pytest.mark.parametrize("end", ["locked", "revoked"])
def test_a_payment_under_way_ends_the_same_way_by_a_lock_and_by_a_revocation(
    street: Street, ada: Customer, end: str
) -> None:
    waiting, capture = street.show_face(ada), street.open_payment(street.intent(), "ada")
    reserved = street.reserve(street.intent(), "ada")
    if end == "locked":
        lock(street, ada)
    else:
        street.revoke(ada)
    with pytest.raises(FaceNotAvailable):
        street.enter(waiting, street.code_of(ada))
    with pytest.raises(FaceNotAvailable):
        street.send(street.terminal, capture, "ada")
    assert read_intent(street.deps, street.terminal, waiting.id).state == IntentState.REVOKED
    with street.deps.unit_of_work() as uow:
        captures = {uow.captures.find(id=each.id) for each in (capture, reserved)}
    assert {each.state.value for each in captures if each} == {"cancelled"}
    paid = street.pay_by_password(waiting, "ada", Credentials(PASSWORD, street.code_of(ada)))
    assert paid.state == "approved"


def test_password_and_code_unlock_and_the_face_pays_again(street: Street, ada: Customer) -> None:
    lock(street, ada)
    assert unlock(street, ada).state == "active"
    assert kinds(street)[-1] == "face.unlocked"
    assert pays(street, ada)


@pytest.mark.parametrize("credentials", ["password", "code", "nothing"])
def test_one_proof_alone_does_not_unlock(street: Street, ada: Customer, credentials: str) -> None:
    lock(street, ada)
    code = street.code_of(ada)
    presented = {
        "password": Credentials(PASSWORD),
        "code": Credentials(code=code),
        "nothing": Credentials(),
    }
    with pytest.raises(CredentialsRejected):
        unlock(street, ada, presented[credentials])
    assert row(street, ada).state == "locked"


def test_a_code_that_was_used_meanwhile_does_not_unlock(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(street, ada)
    credentials = Credentials(PASSWORD, street.code_of(ada))
    intent = street.intent()
    fakes.journal.when(
        "vault.unseal_secret", lambda: street.pay_by_password(intent, "ada", credentials)
    )
    with pytest.raises(CredentialsRejected):
        unlock(street, ada, credentials)
    assert row(street, ada).state == "locked"


def test_what_was_under_way_does_not_come_back_with_an_unlock(
    street: Street, ada: Customer
) -> None:
    waiting, capture = street.show_face(ada), street.open_payment(street.intent(), "ada")
    lock(street, ada)
    unlock(street, ada)
    with pytest.raises(FaceNotAvailable):
        street.enter(waiting, street.code_of(ada))
    with pytest.raises(FacepayError):
        street.send(street.terminal, capture, "ada")


def test_a_lock_and_an_unlock_in_the_middle_of_a_payment_end_it(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    waiting = street.show_face(ada)
    code = street.code_of(ada)

    def lock_and_unlock() -> None:
        lock(street, ada)
        unlock(street, ada)

    fakes.journal.when("signer.sign", lock_and_unlock)
    with pytest.raises(FaceNotAvailable):
        street.enter(waiting, code)
    assert read_intent(street.deps, street.terminal, waiting.id).authorization is None


def test_locking_twice_and_unlocking_twice_change_nothing_more(
    street: Street, ada: Customer
) -> None:
    lock(street, ada)
    run_idempotent = row(street, ada)
    assert lock(street, ada).state == "locked"
    assert row(street, ada) == run_idempotent
    unlock(street, ada)
    run_idempotent = row(street, ada)
    assert unlock(street, ada).state == "active"
    assert row(street, ada) == run_idempotent
    assert kinds(street).count("face.locked") == kinds(street).count("face.unlocked") == 1


def test_a_wrong_proof_locks_nothing(street: Street, ada: Customer) -> None:
    for credentials in (Credentials(), Credentials(WRONG_PASSWORD), Credentials(code=WRONG_CODE)):
        with pytest.raises(CredentialsRejected):
            lock(street, ada, credentials)
    assert row(street, ada).state == "active"


def test_a_strangers_device_neither_locks_nor_unlocks_with_the_owners_proof(
    street: Street, ada: Customer
) -> None:
    bob = street.settle_in("bob")
    for act in (lock_face, unlock_face):
        credentials = Credentials(PASSWORD, street.code_of(ada))
        with pytest.raises(NotFound):
            act(street.deps, street.command(bob.caller), ada.enrolment_id, credentials)
    assert row(street, ada).state == "active"


def test_a_locked_face_is_not_replaced_by_another_one(street: Street, ada: Customer) -> None:
    lock(street, ada)
    credentials = Credentials(PASSWORD, street.code_of(ada))
    with pytest.raises(WrongState):
        begin_enrolment(street.deps, street.command(ada.caller), credentials)
    with pytest.raises(WrongState):
        street.open_enrolment(ada)


def test_an_enrolment_begun_before_a_lock_is_not_finished_beside_it(street: Street) -> None:
    bob = street.settle_in("bob")
    street.consent(bob)
    street.begin(bob)
    first, capture = bob.enrolment_id, street.open_enrolment(bob)
    street.begin(bob)
    street.send(bob.caller, street.open_enrolment(bob), "bob")
    lock(street, bob)
    with pytest.raises(WrongState):
        street.send(bob.caller, capture, "bob")
    bob.enrolment_id = first
    assert row(street, bob).state == "pending"


def test_a_locked_face_is_revoked_and_its_key_destroyed(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(street, ada)
    revoked = street.revoke(ada)
    assert (revoked.state, revoked.key_destroyed) == ("revoked", True)
    assert set(fakes.vault.keys) == {SECRETS_KEY}
    for act in (lock, unlock):
        with pytest.raises(WrongState):
            act(street, ada)


def test_a_locked_face_goes_with_its_consent(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(street, ada)
    withdraw_consent(street.deps, street.command(ada.caller), ada.consent_id)
    assert row(street, ada).key_destroyed_at is not None
    assert set(fakes.vault.keys) == {SECRETS_KEY}


def test_an_unlock_after_the_consent_ran_out_lets_nothing_be_paid(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(street, ada)
    fakes.clock.advance(street.deps.policy.consent_lifetime.total_seconds())
    assert unlock(street, ada).state == "active"
    with pytest.raises(FaceNotAvailable):
        street.open_payment(street.intent(), "ada")


def test_a_leaked_template_is_renewed_while_its_face_is_locked(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(street, ada)
    before = row(street, ada)
    fakes.clock.advance(1)
    assert templates_made_before(street.deps, fakes.clock.now) == [ada.enrolment_id]
    renew_template(street.deps, ada.enrolment_id)
    after = row(street, ada)
    assert (after.state, after.epoch) == ("locked", before.epoch)
    assert set(fakes.vault.keys) == {SECRETS_KEY, after.key_name} != {SECRETS_KEY, before.key_name}
    unlock(street, ada)
    assert pays(street, ada)


@pytest.mark.parametrize("moment", ["vault.unseal", "engine.renewed", "vault.seal"])
def test_a_lock_during_a_renewal_holds_and_the_template_is_renewed(
    street: Street, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    before = row(street, ada)
    fakes.journal.when(moment, lambda: lock(street, ada))
    renew_template(street.deps, ada.enrolment_id)
    after = row(street, ada)
    assert after.state == "locked"
    assert set(fakes.vault.keys) == {SECRETS_KEY, after.key_name} != {SECRETS_KEY, before.key_name}
