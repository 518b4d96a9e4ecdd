"""Templates put under new keys without their owners, and whatever may come in between."""

from contextlib import suppress
from datetime import timedelta

import pytest

from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import (
    Conflict,
    FaceNotAvailable,
    NotFound,
    SealBroken,
    StaleRow,
    VaultUnavailable,
)
from facepay.usecases.faces.destroy_keys import destroy_pending_keys
from facepay.usecases.faces.renew_template import (
    Renewals,
    destroy_retiring_keys,
    renew_template,
    renew_templates,
    templates_made_before,
)
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import Customer, Street
from tests.fakes.vault import SECRETS_KEY

STEPS = [
    "vault.create_key",
    "vault.unseal",
    "vault.derive_secret",
    "engine.renewed",
    "vault.seal",
    "vault.destroy_key",
]


def row(street: Street, payer: Customer) -> Enrolment:
    with street.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert found is not None
    return found


def keys_left(fakes: FakeDependencies) -> set[str]:
    return set(fakes.vault.keys) - {SECRETS_KEY}


def pays(street: Street, payer: Customer) -> bool:
    intent = street.show_face(payer)
    return street.enter(intent, street.code_of(payer)).state == "approved"


def kinds(street: Street) -> list[str]:
    with street.deps.unit_of_work() as uow:
        return [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]


def test_a_renewed_face_pays_as_before_and_its_app_notices_nothing(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    before = row(street, ada)
    renew_template(street.deps, ada.enrolment_id)
    after = row(street, ada)
    assert (after.id, after.state, after.epoch) == (before.id, before.state, before.epoch)
    assert after.sealed_reference != before.sealed_reference
    assert keys_left(fakes) == {after.key_name} != {before.key_name}
    assert (after.next_key, after.retiring_key) == (None, None)
    assert kinds(street)[-1] == "template.renewed"
    assert pays(street, ada)


def test_a_renewal_overwrites_both_templates_and_both_secrets(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    renew_template(street.deps, ada.enrolment_id)
    buffers = [*fakes.engine.references, *fakes.vault.opened]
    assert len(buffers) >= 5
    assert not any(map(any, buffers))


def test_a_payment_whose_template_was_renewed_under_it_goes_on(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    for moment in ("engine.observe", "pad.judge", "vault.unseal", "vault.derive_secret"):
        fakes.journal.when(moment, lambda: renew_template(street.deps, ada.enrolment_id))
        assert pays(street, ada), moment


def test_a_payment_between_frames_and_code_goes_on_after_a_renewal(
    street: Street, ada: Customer
) -> None:
    intent = street.show_face(ada)
    renew_template(street.deps, ada.enrolment_id)
    assert street.enter(intent, street.code_of(ada)).state == "approved"


@pytest.mark.parametrize("moment", STEPS)
def test_a_revocation_during_a_renewal_leaves_no_key_and_no_template(
    street: Street, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    fakes.journal.when(moment, lambda: street.revoke(ada))
    with_whatever_comes(street, ada)
    ended = row(street, ada)
    assert (ended.state, ended.sealed_reference) == ("revoked", None)
    assert ended.key_destroyed_at is not None
    assert keys_left(fakes) == set()


@pytest.mark.parametrize("moment", STEPS)
def test_a_revocation_while_the_vault_is_away_during_a_renewal_leaves_no_key_later(
    street: Street, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    def revoke_and_lose_the_vault() -> None:
        fakes.vault.away = True
        street.revoke(ada)

    fakes.journal.when(moment, revoke_and_lose_the_vault)
    with_whatever_comes(street, ada)
    fakes.vault.away = False
    destroy_pending_keys(street.deps)
    assert row(street, ada).sealed_reference is None
    assert keys_left(fakes) == set()


@pytest.mark.parametrize("moment", STEPS)
def test_a_renewal_that_dies_half_way_leaves_a_face_that_pays_and_no_second_key(
    street: Street, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    """Killed, and nothing of it is left to tidy up after itself: the sweep does."""

    class Killed(BaseException):
        pass

    def die() -> None:
        fakes.vault.away = True
        raise Killed

    fakes.journal.when(moment, die)
    with pytest.raises(Killed):
        renew_template(street.deps, ada.enrolment_id)
    fakes.vault.away = False
    assert pays(street, ada), "also before the sweep"
    destroy_retiring_keys(street.deps)
    assert keys_left(fakes) == {row(street, ada).key_name}
    assert pays(street, ada)
    renew_template(street.deps, ada.enrolment_id)
    assert pays(street, ada)


@pytest.mark.parametrize("moment", STEPS[1:5])
def test_a_sweep_during_a_renewal_does_not_cost_anybody_the_face(
    street: Street, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    fakes.journal.when(moment, lambda: destroy_retiring_keys(street.deps))
    done = renew_templates(street.deps, [ada.enrolment_id])
    assert done == Renewals(changed=1)
    assert keys_left(fakes) == {row(street, ada).key_name}
    assert pays(street, ada)


def test_two_renewals_at_once_leave_one_template_and_one_key(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.journal.when("engine.renewed", lambda: renew_template(street.deps, ada.enrolment_id))
    with pytest.raises(StaleRow):
        renew_template(street.deps, ada.enrolment_id)
    assert keys_left(fakes) == {row(street, ada).key_name}
    assert pays(street, ada)


def test_an_old_key_that_could_not_be_destroyed_goes_with_the_next_sweep(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.journal.fail("vault.destroy_key", VaultUnavailable())
    renew_template(street.deps, ada.enrolment_id)
    assert len(keys_left(fakes)) == 2
    assert destroy_retiring_keys(street.deps) == 1
    assert keys_left(fakes) == {row(street, ada).key_name}
    assert destroy_retiring_keys(street.deps) == 0


def test_what_is_not_there_or_no_longer_is_not_renewed(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    with pytest.raises(NotFound):
        renew_template(street.deps, "enr_nobody")
    bob = street.settle_in("bob")
    street.consent(bob)
    street.begin(bob)
    with pytest.raises(FaceNotAvailable):
        renew_template(street.deps, bob.enrolment_id)
    street.revoke(ada)
    with pytest.raises(FaceNotAvailable):
        renew_template(street.deps, ada.enrolment_id)
    assert keys_left(fakes) == {bob.enrolment_id}


def test_a_template_of_another_model_is_left_as_it_is(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.engine.model_name = "fake-2"
    before = row(street, ada)
    assert renew_templates(street.deps, [ada.enrolment_id]) == Renewals(changed=1)
    assert row(street, ada) == before
    assert keys_left(fakes) == {before.key_name}


def test_a_template_that_does_not_open_is_counted_and_the_others_are_renewed(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    bob = street.enrol("bob")
    del fakes.vault.keys[row(street, ada).key_name]
    every = templates_made_before(street.deps, fakes.clock.now + timedelta(seconds=1))
    assert renew_templates(street.deps, every) == Renewals(renewed=1, broken=1)
    assert pays(street, bob)
    with pytest.raises(SealBroken):
        renew_template(street.deps, ada.enrolment_id)


def test_a_mass_renewal_that_was_interrupted_goes_on_where_it_stopped(
    street: Street, fakes: FakeDependencies
) -> None:
    payers = [street.enrol(name) for name in ("bob", "cleo", "dan")]
    fakes.clock.advance(60)
    begun = fakes.clock.now
    every = templates_made_before(street.deps, begun)
    assert len(every) == 4
    fakes.clock.advance(1)
    assert renew_templates(street.deps, every[:2]) == Renewals(renewed=2)
    left = templates_made_before(street.deps, begun)
    assert left == every[2:]
    fakes.vault.away = True
    with pytest.raises(VaultUnavailable):
        renew_templates(street.deps, left)
    fakes.vault.away = False
    assert templates_made_before(street.deps, begun) == left
    assert renew_templates(street.deps, left) == Renewals(renewed=2)
    assert templates_made_before(street.deps, begun) == []
    assert all(pays(street, payer) for payer in payers)


def with_whatever_comes(street: Street, payer: Customer) -> None:
    with suppress(Conflict, SealBroken, VaultUnavailable):
        renew_template(street.deps, payer.enrolment_id)
