"""Whoever can write to the database decides neither which keys die nor what a receipt says.

The keys are in a real OpenBao, and the receipts are verified as a customer verifies them.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from facepay.domain.deletion import Cause, Deletion
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import SealBroken
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.renew_template import renew_template
from facepay_client import Credentials, Problem
from tests.support.people import PASSWORD, Payer, Scenario


@pytest.fixture
def deps(scenario: Scenario) -> Dependencies:
    return scenario.service.deps


@pytest.fixture
def payer(scenario: Scenario) -> Iterator[Payer]:
    return scenario.payer(face="grace")


def row(deps: Dependencies, payer: Payer) -> Enrolment:
    with deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert found is not None
    return found


def write(deps: Dependencies, payer: Payer, **changed: Any) -> None:
    """Change the enrolment's row, as only a writer of the database can."""
    with deps.unit_of_work() as uow:
        uow.enrolments.update(replace(row(deps, payer), **changed))
        uow.commit()


def revoke(payer: Payer) -> bool:
    answer = payer.customer.revoke_face(payer.enrolment_id, Credentials(password=PASSWORD))
    return answer.key_destroyed


def opens(deps: Dependencies, enrolment: Enrolment) -> bool:
    assert enrolment.sealed_reference is not None
    try:
        deps.templates.unseal(
            enrolment.key_name, enrolment.sealed_reference, binding=enrolment.binding
        )
    except SealBroken:
        return False
    return True


def test_a_row_that_names_another_key_saves_no_key_from_a_revocation(
    deps: Dependencies, payer: Payer
) -> None:
    renew_template(deps, payer.enrolment_id)
    before = row(deps, payer)
    assert opens(deps, before)
    write(deps, payer, key_number=7, keys_made=1)
    assert revoke(payer)
    write(
        deps,
        payer,
        state=EnrolmentState.ACTIVE,
        key_number=before.key_number,
        sealed_reference=before.sealed_reference,
    )
    assert not opens(deps, row(deps, payer)), "the old face came back with one UPDATE"


def test_a_row_that_calls_its_keys_destroyed_saves_none(deps: Dependencies, payer: Payer) -> None:
    before = row(deps, payer)
    write(deps, payer, key_destroyed_at=deps.clock())
    assert revoke(payer)
    assert not opens(deps, before)
    assert payer.customer.get_deletion_receipt(payer.enrolment_id)


def test_a_withdrawn_consent_destroys_keys_that_a_row_calls_destroyed(
    deps: Dependencies, payer: Payer
) -> None:
    before = row(deps, payer)
    write(deps, payer, key_destroyed_at=deps.clock())
    payer.customer.withdraw_consent(payer.consent_id)
    assert not opens(deps, before)


def test_a_planted_record_of_a_deletion_holds_up_no_revocation(
    deps: Dependencies, payer: Payer
) -> None:
    with deps.unit_of_work() as uow:
        uow.deletions.add(Deletion(payer.enrolment_id, Cause.CUSTOMER, 0, 0, 0))
        uow.commit()
    assert revoke(payer)
    assert payer.customer.get_deletion_receipt(payer.enrolment_id)


def test_a_face_without_any_key_in_the_vault_gets_no_receipt(
    deps: Dependencies, payer: Payer
) -> None:
    """Its key may live under a name that nobody asked for: that is no destruction."""
    deps.templates.destroy_key(payer.enrolment_id)
    assert not revoke(payer)
    assert refused_receipt(payer) == (409, "deletion_pending")


@pytest.mark.parametrize("count", ["references_erased", "captures_cancelled", "intents_stopped"])
def test_a_receipt_says_what_the_log_says_and_not_what_a_row_says(
    deps: Dependencies, payer: Payer, count: str
) -> None:
    assert revoke(payer)
    with deps.unit_of_work() as uow:
        deletion = uow.deletions.find(id=payer.enrolment_id)
        assert deletion is not None
        uow.deletions.update(replace(deletion, **{count: 9}))
        uow.commit()
    assert refused_receipt(payer) == (409, "deletion_pending")


def test_a_receipt_that_names_other_leaves_is_not_signed(
    scenario: Scenario, deps: Dependencies, payer: Payer
) -> None:
    other = scenario.payer(face="grace")
    assert revoke(other)
    assert revoke(payer)
    with deps.unit_of_work() as uow:
        mine = uow.deletions.find(id=payer.enrolment_id)
        theirs = uow.deletions.find(id=other.enrolment_id)
        assert mine is not None
        assert theirs is not None
        uow.deletions.update(replace(mine, destroyed_leaf=theirs.destroyed_leaf))
        uow.commit()
    assert refused_receipt(payer) == (409, "deletion_pending")


def refused_receipt(payer: Payer) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        payer.customer.get_deletion_receipt(payer.enrolment_id)
    return refused.value.status, refused.value.code
