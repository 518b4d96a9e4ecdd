"""A locked face pays nothing and keeps its template; unlocking needs password and second factor."""

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
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.faces.enrol import begin_enrolment
from facepay.usecases.faces.lock import lock_face, unlock_face
from facepay.usecases.faces.renew_template import renew_template, templates_made_before
from facepay.usecases.payments.intents import read_intent
from facepay.usecases.responses import EnrolmentAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario
from tests.fakes.vault import SECRETS_KEY

PASSWORD_ONLY = Credentials(password=PASSWORD)
WRONG_PASSWORD = "a wrong password"


def lock(
    scenario: Scenario, payer: Customer, credentials: Credentials = PASSWORD_ONLY
) -> EnrolmentAnswer:
    return lock_face(scenario.deps, scenario.command(payer.caller), payer.enrolment_id, credentials)


def unlock(
    scenario: Scenario, payer: Customer, credentials: Credentials | None = None
) -> EnrolmentAnswer:
    credentials = credentials or Credentials(PASSWORD, scenario.code_of(payer))
    return unlock_face(
        scenario.deps, scenario.command(payer.caller), payer.enrolment_id, credentials
    )


def row(scenario: Scenario, payer: Customer) -> Enrolment:
    with scenario.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert found is not None
    return found


def kinds(scenario: Scenario) -> list[str]:
    with scenario.deps.unit_of_work() as uow:
        return [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]


def pays(scenario: Scenario, payer: Customer) -> bool:
    intent = scenario.show_face(payer)
    return scenario.enter_code(intent, scenario.code_of(payer)).state == "approved"


def refusal_of(act: Callable[[], object]) -> tuple[object, ...]:
    """Return everything that a terminal learns from a refusal."""
    with pytest.raises(FacepayError) as refusal:
        act()
    return refusal.value.code, refusal.value.detail, refusal.value.param, refusal.value.guidance


def test_the_password_alone_locks_and_the_face_pays_nothing(
    scenario: Scenario, ada: Customer
) -> None:
    assert lock(scenario, ada).state == "locked"
    with pytest.raises(FaceNotAvailable):
        scenario.open_payment(scenario.intent(), "ada")
    assert kinds(scenario)[-2:] == ["face.locked", "payment.opened"]


def test_one_code_alone_locks(scenario: Scenario, ada: Customer) -> None:
    assert lock(scenario, ada, Credentials(code=scenario.code_of(ada))).state == "locked"


def test_the_password_locks_also_while_the_vault_is_away(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.vault.away = fakes.signer.away = True
    assert lock(scenario, ada, Credentials(PASSWORD, WRONG_CODE)).state == "locked"


def test_a_terminal_cannot_distinguish_locked_revoked_and_unknown_faces(
    scenario: Scenario, ada: Customer
) -> None:
    lock(scenario, ada)
    locked = refusal_of(lambda: scenario.open_payment(scenario.intent(), "ada"))
    scenario.revoke(ada)
    revoked = refusal_of(lambda: scenario.open_payment(scenario.intent(), "ada"))
    unknown = refusal_of(lambda: scenario.open_payment(scenario.intent(), "nobody"))
    assert locked == revoked == unknown == ("face_not_available", None, None, None)


@pytest.mark.parametrize("end", ["locked", "revoked"])
def test_a_payment_under_way_ends_the_same_way_by_a_lock_and_by_a_revocation(
    scenario: Scenario, ada: Customer, end: str
) -> None:
    waiting, capture = scenario.show_face(ada), scenario.open_payment(scenario.intent(), "ada")
    reserved = scenario.reserve(scenario.intent(), "ada")
    if end == "locked":
        lock(scenario, ada)
    else:
        scenario.revoke(ada)
    with pytest.raises(FaceNotAvailable):
        scenario.enter_code(waiting, scenario.code_of(ada))
    with pytest.raises(FaceNotAvailable):
        scenario.send(scenario.terminal, capture, "ada")
    assert read_intent(scenario.deps, scenario.terminal, waiting.id).state == IntentState.REVOKED
    with scenario.deps.unit_of_work() as uow:
        captures = {uow.captures.find(id=each.id) for each in (capture, reserved)}
    assert {each.state.value for each in captures if each} == {"cancelled"}
    paid = scenario.pay_by_password(waiting, "ada", Credentials(PASSWORD, scenario.code_of(ada)))
    assert paid.state == "approved"


def test_password_and_code_unlock_and_the_face_pays_again(
    scenario: Scenario, ada: Customer
) -> None:
    lock(scenario, ada)
    assert unlock(scenario, ada).state == "active"
    assert kinds(scenario)[-1] == "face.unlocked"
    assert pays(scenario, ada)


@pytest.mark.parametrize("credentials", ["password", "code", "nothing"])
def test_one_credential_alone_does_not_unlock(
    scenario: Scenario, ada: Customer, credentials: str
) -> None:
    lock(scenario, ada)
    code = scenario.code_of(ada)
    presented = {
        "password": Credentials(PASSWORD),
        "code": Credentials(code=code),
        "nothing": Credentials(),
    }
    with pytest.raises(CredentialsRejected):
        unlock(scenario, ada, presented[credentials])
    assert row(scenario, ada).state == "locked"


def test_a_code_that_was_used_meanwhile_does_not_unlock(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(scenario, ada)
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    intent = scenario.intent()
    fakes.journal.when(
        "vault.unseal_secret", lambda: scenario.pay_by_password(intent, "ada", credentials)
    )
    with pytest.raises(CredentialsRejected):
        unlock(scenario, ada, credentials)
    assert row(scenario, ada).state == "locked"


def test_an_unlock_does_not_resume_a_payment_under_way(scenario: Scenario, ada: Customer) -> None:
    waiting, capture = scenario.show_face(ada), scenario.open_payment(scenario.intent(), "ada")
    lock(scenario, ada)
    unlock(scenario, ada)
    with pytest.raises(FaceNotAvailable):
        scenario.enter_code(waiting, scenario.code_of(ada))
    with pytest.raises(FacepayError):
        scenario.send(scenario.terminal, capture, "ada")


def test_a_lock_and_an_unlock_in_the_middle_of_a_payment_end_it(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    waiting = scenario.show_face(ada)
    code = scenario.code_of(ada)

    def lock_and_unlock() -> None:
        lock(scenario, ada)
        unlock(scenario, ada)

    fakes.journal.when("signer.sign", lock_and_unlock)
    with pytest.raises(FaceNotAvailable):
        scenario.enter_code(waiting, code)
    assert read_intent(scenario.deps, scenario.terminal, waiting.id).authorization is None


def test_locking_twice_and_unlocking_twice_change_nothing_more(
    scenario: Scenario, ada: Customer
) -> None:
    lock(scenario, ada)
    after_first_call = row(scenario, ada)
    assert lock(scenario, ada).state == "locked"
    assert row(scenario, ada) == after_first_call
    unlock(scenario, ada)
    after_first_call = row(scenario, ada)
    assert unlock(scenario, ada).state == "active"
    assert row(scenario, ada) == after_first_call
    assert kinds(scenario).count("face.locked") == kinds(scenario).count("face.unlocked") == 1


def test_a_wrong_credential_locks_nothing(scenario: Scenario, ada: Customer) -> None:
    for credentials in (Credentials(), Credentials(WRONG_PASSWORD), Credentials(code=WRONG_CODE)):
        with pytest.raises(CredentialsRejected):
            lock(scenario, ada, credentials)
    assert row(scenario, ada).state == "active"


def test_a_strangers_device_neither_locks_nor_unlocks_with_the_owners_credentials(
    scenario: Scenario, ada: Customer
) -> None:
    bob = scenario.register("bob")
    for act in (lock_face, unlock_face):
        credentials = Credentials(PASSWORD, scenario.code_of(ada))
        with pytest.raises(NotFound):
            act(scenario.deps, scenario.command(bob.caller), ada.enrolment_id, credentials)
    assert row(scenario, ada).state == "active"


def test_a_locked_face_is_not_replaced_by_another_one(scenario: Scenario, ada: Customer) -> None:
    lock(scenario, ada)
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    with pytest.raises(WrongState):
        begin_enrolment(scenario.deps, scenario.command(ada.caller), credentials)
    with pytest.raises(WrongState):
        scenario.open_enrolment(ada)


def test_an_enrolment_begun_before_a_lock_is_not_finished_beside_it(scenario: Scenario) -> None:
    bob = scenario.register("bob")
    scenario.consent(bob)
    scenario.begin(bob)
    first, capture = bob.enrolment_id, scenario.open_enrolment(bob)
    scenario.begin(bob)
    scenario.send(bob.caller, scenario.open_enrolment(bob), "bob")
    lock(scenario, bob)
    with pytest.raises(WrongState):
        scenario.send(bob.caller, capture, "bob")
    bob.enrolment_id = first
    assert row(scenario, bob).state == "pending"


def test_a_locked_face_is_revoked_and_its_key_destroyed(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(scenario, ada)
    revoked = scenario.revoke(ada)
    assert (revoked.state, revoked.key_destroyed) == ("revoked", True)
    assert set(fakes.vault.keys) == {SECRETS_KEY}
    for act in (lock, unlock):
        with pytest.raises(WrongState):
            act(scenario, ada)


def test_a_locked_face_is_revoked_with_its_consent(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(scenario, ada)
    withdraw_consent(scenario.deps, scenario.command(ada.caller), ada.consent_id)
    assert row(scenario, ada).key_destroyed_at is not None
    assert set(fakes.vault.keys) == {SECRETS_KEY}


def test_an_unlock_after_the_consent_expired_permits_no_payment(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(scenario, ada)
    fakes.clock.advance(scenario.deps.policy.consent_lifetime.total_seconds())
    with pytest.raises(FaceNotAvailable):
        unlock(scenario, ada)
    assert row(scenario, ada).state == "revoked"
    with pytest.raises(FaceNotAvailable):
        scenario.open_payment(scenario.intent(), "ada")


def test_a_leaked_template_is_renewed_while_its_face_is_locked(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    lock(scenario, ada)
    before = row(scenario, ada)
    fakes.clock.advance(1)
    assert templates_made_before(scenario.deps, fakes.clock.now) == [ada.enrolment_id]
    renew_template(scenario.deps, ada.enrolment_id)
    after = row(scenario, ada)
    assert (after.state, after.epoch) == ("locked", before.epoch)
    assert set(fakes.vault.keys) == {SECRETS_KEY, after.key_name} != {SECRETS_KEY, before.key_name}
    unlock(scenario, ada)
    assert pays(scenario, ada)


@pytest.mark.parametrize("moment", ["vault.unseal", "engine.renewed", "vault.seal"])
def test_a_lock_during_a_renewal_holds_and_the_template_is_renewed(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    before = row(scenario, ada)
    fakes.journal.when(moment, lambda: lock(scenario, ada))
    renew_template(scenario.deps, ada.enrolment_id)
    after = row(scenario, ada)
    assert after.state == "locked"
    assert set(fakes.vault.keys) == {SECRETS_KEY, after.key_name} != {SECRETS_KEY, before.key_name}
