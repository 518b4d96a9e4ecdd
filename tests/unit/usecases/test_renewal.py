"""Templates get new keys without their owners, also when other changes come in between."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from facepay.domain.enrolment import key_name_of
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
from tests.fakes.scenario import Customer, Scenario
from tests.support.renewals import keys_left, pays, row

STEPS = [
    "vault.create_key",
    "vault.unseal",
    "vault.derive_secret",
    "engine.renewed",
    "vault.seal",
    "vault.destroy_key",
]


def kinds(scenario: Scenario) -> list[str]:
    with scenario.deps.unit_of_work() as uow:
        return [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]


def test_a_renewed_face_pays_as_before_and_its_app_notices_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    before = row(scenario, ada)
    renew_template(scenario.deps, ada.enrolment_id)
    after = row(scenario, ada)
    assert (after.id, after.state, after.epoch) == (before.id, before.state, before.epoch)
    assert after.sealed_reference != before.sealed_reference
    assert keys_left(fakes) == {after.key_name} != {before.key_name}
    assert (after.next_key, after.retiring_key) == (None, None)
    assert kinds(scenario)[-1] == "template.renewed"
    assert pays(scenario, ada)


def test_a_renewal_overwrites_both_templates_and_both_secrets(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    renew_template(scenario.deps, ada.enrolment_id)
    buffers = [*fakes.engine.references, *fakes.vault.opened]
    assert len(buffers) >= 5
    assert not any(map(any, buffers))


def test_a_renewal_during_a_payment_does_not_stop_it(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    for moment in ("engine.observe", "pad.judge", "vault.unseal", "vault.derive_secret"):
        fakes.journal.when(moment, lambda: renew_template(scenario.deps, ada.enrolment_id))
        assert pays(scenario, ada), moment


def test_a_renewal_between_frames_and_code_does_not_stop_a_payment(
    scenario: Scenario, ada: Customer
) -> None:
    intent = scenario.show_face(ada)
    renew_template(scenario.deps, ada.enrolment_id)
    assert scenario.enter_code(intent, scenario.code_of(ada)).state == "approved"


@pytest.mark.parametrize("moment", STEPS)
def test_a_revocation_during_a_renewal_leaves_no_key_and_no_template(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    fakes.journal.when(moment, lambda: scenario.revoke(ada))
    with_whatever_comes(scenario, ada)
    ended = row(scenario, ada)
    assert (ended.state, ended.sealed_reference) == ("revoked", None)
    assert ended.key_destroyed_at is not None
    assert keys_left(fakes) == set()


@pytest.mark.parametrize("moment", STEPS)
def test_a_revocation_during_a_vault_outage_and_a_renewal_leaves_no_key(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    def revoke_and_lose_the_vault() -> None:
        fakes.vault.away = True
        scenario.revoke(ada)

    fakes.journal.when(moment, revoke_and_lose_the_vault)
    with_whatever_comes(scenario, ada)
    fakes.vault.away = False
    destroy_pending_keys(scenario.deps)
    assert row(scenario, ada).sealed_reference is None
    assert keys_left(fakes) == set()


@pytest.mark.parametrize("moment", STEPS)
def test_a_killed_renewal_leaves_a_face_that_pays_and_no_second_key(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    """The renewal is killed and cannot clean up; the sweep does."""

    class Killed(BaseException):
        pass

    def die() -> None:
        fakes.vault.away = True
        raise Killed

    fakes.journal.when(moment, die)
    with pytest.raises(Killed):
        renew_template(scenario.deps, ada.enrolment_id)
    fakes.vault.away = False
    assert pays(scenario, ada), "also before the sweep"
    destroy_retiring_keys(scenario.deps)
    assert keys_left(fakes) == {row(scenario, ada).key_name}
    assert pays(scenario, ada)
    renew_template(scenario.deps, ada.enrolment_id)
    assert pays(scenario, ada)


@pytest.mark.parametrize("moment", STEPS[1:5])
def test_a_sweep_during_a_renewal_does_not_lose_the_face(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, moment: str
) -> None:
    fakes.journal.when(moment, lambda: destroy_retiring_keys(scenario.deps))
    done = renew_templates(scenario.deps, [ada.enrolment_id])
    assert done == Renewals(changed=1)
    assert keys_left(fakes) == {row(scenario, ada).key_name}
    assert pays(scenario, ada)


def test_two_renewals_at_once_leave_one_template_and_one_key(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.journal.when("engine.renewed", lambda: renew_template(scenario.deps, ada.enrolment_id))
    with pytest.raises(StaleRow):
        renew_template(scenario.deps, ada.enrolment_id)
    assert keys_left(fakes) == {row(scenario, ada).key_name}
    assert pays(scenario, ada)


def test_a_renewal_does_not_forget_the_key_of_another_one_in_progress(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    """The other worker takes its number after this renewal looked for one, and then is killed."""

    def begin_another() -> None:
        with scenario.deps.unit_of_work() as uow:
            now = uow.enrolments.lock(ada.enrolment_id)
            assert now is not None
            uow.enrolments.update(replace(now, next_key=5, keys_made=6))
            uow.commit()
        fakes.vault.create_key(key_name_of(ada.enrolment_id, 5))

    fakes.journal.fail("vault.destroy_key", VaultUnavailable())
    renew_template(scenario.deps, ada.enrolment_id)  # its old key is left, and goes first next time
    before = row(scenario, ada)
    fakes.journal.when("vault.destroy_key", begin_another)
    with pytest.raises(StaleRow):
        renew_template(scenario.deps, ada.enrolment_id)
    assert row(scenario, ada).next_key == 5
    assert keys_left(fakes) == {before.key_name, key_name_of(ada.enrolment_id, 5)}
    assert destroy_retiring_keys(scenario.deps) == 1
    assert keys_left(fakes) == {before.key_name}


def test_an_old_key_that_could_not_be_destroyed_goes_with_the_next_sweep(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.journal.fail("vault.destroy_key", VaultUnavailable())
    renew_template(scenario.deps, ada.enrolment_id)
    assert len(keys_left(fakes)) == 2
    assert destroy_retiring_keys(scenario.deps) == 1
    assert keys_left(fakes) == {row(scenario, ada).key_name}
    assert destroy_retiring_keys(scenario.deps) == 0


def test_missing_and_revoked_enrolments_are_not_renewed(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    with pytest.raises(NotFound):
        renew_template(scenario.deps, "enr_nobody")
    bob = scenario.register("bob")
    scenario.consent(bob)
    scenario.begin(bob)
    with pytest.raises(FaceNotAvailable):
        renew_template(scenario.deps, bob.enrolment_id)
    scenario.revoke(ada)
    with pytest.raises(FaceNotAvailable):
        renew_template(scenario.deps, ada.enrolment_id)
    assert keys_left(fakes) == {bob.enrolment_id}


def test_a_template_of_another_model_is_not_renewed(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.engine.model_name = "fake-2"
    before = row(scenario, ada)
    assert renew_templates(scenario.deps, [ada.enrolment_id]) == Renewals(changed=1)
    assert row(scenario, ada) == before
    assert keys_left(fakes) == {before.key_name}


def test_a_template_that_does_not_open_is_counted_and_the_others_are_renewed(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    bob = scenario.enrol("bob")
    del fakes.vault.keys[row(scenario, ada).key_name]
    every = templates_made_before(scenario.deps, fakes.clock.now + timedelta(seconds=1))
    assert renew_templates(scenario.deps, every) == Renewals(renewed=1, broken=1)
    assert pays(scenario, bob)
    with pytest.raises(SealBroken):
        renew_template(scenario.deps, ada.enrolment_id)


def test_an_interrupted_mass_renewal_resumes(scenario: Scenario, fakes: FakeDependencies) -> None:
    payers = [scenario.enrol(name) for name in ("bob", "cleo", "dan")]
    fakes.clock.advance(60)
    begun = fakes.clock.now
    every = templates_made_before(scenario.deps, begun)
    assert len(every) == 4
    fakes.clock.advance(1)
    assert renew_templates(scenario.deps, every[:2]) == Renewals(renewed=2)
    left = templates_made_before(scenario.deps, begun)
    assert left == every[2:]
    fakes.vault.away = True
    with pytest.raises(VaultUnavailable):
        renew_templates(scenario.deps, left)
    fakes.vault.away = False
    assert templates_made_before(scenario.deps, begun) == left
    assert renew_templates(scenario.deps, left) == Renewals(renewed=2)
    assert templates_made_before(scenario.deps, begun) == []
    assert all(pays(scenario, payer) for payer in payers)


def with_whatever_comes(scenario: Scenario, payer: Customer) -> None:
    with suppress(Conflict, SealBroken, VaultUnavailable):
        renew_template(scenario.deps, payer.enrolment_id)
