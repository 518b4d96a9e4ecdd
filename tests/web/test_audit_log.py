"""The public log is complete and signed, and names no people."""

from collections import Counter
from dataclasses import replace

import pytest

from facepay_client import Credentials, VerificationFailed, fetch_log, verify_log
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario

PAST_THE_INTERVAL = 60  # seconds


def test_every_approval_withdrawal_and_revocation_is_in_the_log(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    leaver = scenario.payer(face="eileen")
    approved = pos.terminal.use_password(
        pos.intent().id, grace.alias, Credentials(PASSWORD, grace.code())
    )
    assert approved.state == "approved"
    leaver.customer.withdraw_consent(leaver.consent_id)
    log = fetch_log(scenario.published)
    kinds = Counter(leaf.kind for leaf in log.leaves)
    with scenario.service.deps.unit_of_work() as uow:
        authorizations = uow.authorizations.find_all()
        withdrawn = [each for each in uow.consents.find_all() if each.withdrawn_at is not None]
    assert kinds["payment.approved"] == len(authorizations)
    assert kinds["consent.withdrawn"] == len(withdrawn)
    assert kinds["face.revoked"] >= 1
    assert kinds["face.key_destroyed"] >= 1


def test_one_changed_leaf_of_the_log_is_found(scenario: Scenario, pos: PointOfSale) -> None:
    pos.intent()
    scenario.service.clock.advance(PAST_THE_INTERVAL)  # so that the last leaf is signed too
    log = fetch_log(scenario.published)
    jwks = scenario.published.jwks()
    verify_log(log.leaves, log.checkpoint, jwks, expected_issuer=scenario.service.url)
    forged = [*log.leaves[:-1], replace(log.leaves[-1], kind="payment.approved")]
    with pytest.raises(VerificationFailed):
        verify_log(forged, log.checkpoint, jwks, expected_issuer=scenario.service.url)
    with pytest.raises(VerificationFailed):
        verify_log(log.leaves[:-1], log.checkpoint, jwks, expected_issuer=scenario.service.url)


def test_the_log_names_nobody(scenario: Scenario, grace: Payer) -> None:
    text = str(list(fetch_log(scenario.published).leaves))
    for name in (grace.alias, grace.enrolment_id, grace.consent_id, grace.factor_id):
        assert name not in text
