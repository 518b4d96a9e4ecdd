"""Two operators over HTTP revoke one face, and a cohort in batches with its progress."""

import pytest

from facepay.domain.customer import PublicKey
from facepay.usecases.operators.register import register_operator
from facepay_client import (
    Credentials,
    KeyPair,
    Operator,
    Problem,
    fetch_log,
    verify_deletion_receipt,
    verify_log,
)
from tests.support.cohort import copies
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario


@pytest.fixture
def second(scenario: Scenario) -> Operator:
    pair = KeyPair.generate()
    register_operator(scenario.service.deps, PublicKey(pair.keyid, pair.public_pem))
    return Operator(scenario.transport(pair))


def test_two_operators_revoke_a_face_for_the_call_centre(
    scenario: Scenario, pos: PointOfSale, second: Operator
) -> None:
    payer = scenario.payer(face="grace")
    waiting = pos.intent()
    scenario.show_face(pos, waiting, payer, "grace")

    action = scenario.operator.request_action("revoke_face", {"customer": payer.alias})
    done = second.approve_action(action.id)

    assert (done.state, done.done, done.total, done.keys_left) == ("done", 1, 1, 0)
    with pytest.raises(Problem) as refused:
        pos.terminal.send_code(waiting.id, payer.code())
    assert refused.value.code == "face_not_available"
    paid = pos.terminal.use_password(waiting.id, payer.alias, Credentials(PASSWORD, payer.code()))
    assert paid.state == "approved"
    log, jwks = fetch_log(scenario.published), scenario.published.jwks()
    verify_log(log.leaves, log.checkpoint, jwks)
    receipt = verify_deletion_receipt(
        payer.customer.get_deletion_receipt(payer.enrolment_id),
        jwks,
        log.leaves,
        expected_enrolment=payer.enrolment_id,
    )
    assert receipt.cause == "operator"


def test_a_breached_cohort_is_revoked_in_batches_that_report_progress(
    scenario: Scenario, second: Operator, grace: Payer
) -> None:
    faces = copies(scenario.service, grace, 5, "breached over HTTP")
    action = scenario.operator.request_action("revoke_cohort", {"model": "breached over HTTP"})
    action = second.approve_action(action.id)
    assert (action.state, action.done, action.total) == ("approved", 0, 5)
    progress = []
    while action.state != "done":
        action = second.continue_action(action.id, at_most=2)
        progress.append(action.done)
    assert progress == [2, 4, 5]
    assert scenario.operator.get_action(action.id) == action
    deps = scenario.service.deps
    with deps.unit_of_work() as uow:
        gone = [uow.enrolments.find(id=face.id) for face in faces]
    assert all(each is not None and each.key_destroyed_at for each in gone)
    listed = {each.id: each.state for each in grace.customer.get_enrolments()}
    assert listed[grace.enrolment_id] == "active", "she is not of the cohort"
