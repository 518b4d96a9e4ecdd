"""An enrolment's keys are numbered: none is used twice, and no row names one to destroy."""

from dataclasses import replace

import pytest

from facepay.domain.enrolment import MOST_KEYS
from facepay.domain.errors import FaceNotAvailable, VaultUnavailable
from facepay.usecases.faces.renew_template import destroy_retiring_keys, renew_template
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Customer, Scenario
from tests.support.renewals import keys_left, pays, row


@pytest.mark.parametrize("planted", ["the key in use", 99])
def test_a_row_that_names_the_key_in_use_as_retiring_destroys_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, planted: object
) -> None:
    before = row(scenario, ada)
    number = planted if isinstance(planted, int) else before.key_number
    with scenario.deps.unit_of_work() as uow:
        uow.enrolments.update(replace(before, retiring_key=number))
        uow.commit()
    assert destroy_retiring_keys(scenario.deps) == 0
    assert keys_left(fakes) == {before.key_name}
    assert pays(scenario, ada)


def test_a_face_that_has_used_all_its_keys_enrols_again(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    for _ in range(MOST_KEYS - 1):
        renew_template(scenario.deps, ada.enrolment_id)
    with pytest.raises(FaceNotAvailable, match="enrols again"):
        renew_template(scenario.deps, ada.enrolment_id)
    assert pays(scenario, ada)
    scenario.revoke(ada)
    assert keys_left(fakes) == set()


def test_no_number_of_a_key_is_used_twice(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    """A late write of a renewal that failed could bring back a key of that name."""
    fakes.journal.fail("engine.renewed", VaultUnavailable())
    with pytest.raises(VaultUnavailable):
        renew_template(scenario.deps, ada.enrolment_id)
    renew_template(scenario.deps, ada.enrolment_id)
    assert keys_left(fakes) == {f"{ada.enrolment_id}-2"}
