"""The receipt for a revoked face over HTTP, checked against the public log."""

import pytest

from facepay_client import (
    Credentials,
    Problem,
    VerificationFailed,
    fetch_log,
    verify_deletion_receipt,
    verify_log,
)
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario


def test_the_public_log_confirms_the_receipt_for_a_revoked_face(
    scenario: Scenario, pos: PointOfSale
) -> None:
    payer, other = scenario.payer(face="grace"), scenario.payer(face="grace")
    pos.capture(pos.intent().id, payer.alias)
    with pytest.raises(Problem) as early:
        payer.customer.get_deletion_receipt(payer.enrolment_id)
    payer.customer.revoke_face(payer.enrolment_id, Credentials(password=PASSWORD))

    token, jwks = payer.customer.get_deletion_receipt(payer.enrolment_id), scenario.published.jwks()

    log = fetch_log(scenario.published)
    verify_log(log.leaves, log.checkpoint, jwks, expected_issuer=scenario.service.url)
    receipt = verify_deletion_receipt(
        token,
        jwks,
        log.leaves,
        expected_enrolment=payer.enrolment_id,
        expected_issuer=scenario.service.url,
    )
    assert early.value.code == "wrong_state"
    assert (receipt.sealed_references_erased, receipt.keys_destroyed) == (1, 1)
    assert (receipt.captures_cancelled, receipt.payment_intents_stopped) == (1, 1)
    with pytest.raises(VerificationFailed):
        verify_deletion_receipt(token, jwks, log.leaves, expected_enrolment=other.enrolment_id)
    with pytest.raises(Problem) as stranger:
        other.customer.get_deletion_receipt(payer.enrolment_id)
    assert stranger.value.code == "not_found"


def test_an_app_finds_its_own_faces_and_no_others(scenario: Scenario, grace: Payer) -> None:
    listed = grace.customer.get_enrolments()
    assert [(each.id, each.state) for each in listed] == [(grace.enrolment_id, "active")]
    assert scenario.newcomer().customer.get_enrolments() == []
