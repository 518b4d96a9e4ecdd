"""A stranger with the whole database learns no password and can forge no row that pays."""

import hashlib
import json
from dataclasses import replace

import pytest

from facepay.domain.errors import SealBroken
from facepay_client import Credentials, Problem
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario


def test_no_row_allows_faster_password_guesses_than_argon2id(scenario: Scenario) -> None:
    """Requests carry passwords; the idempotency records keep keyed hashes of them."""
    payer = scenario.newcomer()
    body = json.dumps({"name": "phone", "password": PASSWORD}).encode()
    payer.customer.add_second_factor("phone", Credentials(PASSWORD))
    with scenario.service.deps.unit_of_work() as uow:
        records = uow.idempotency.find_all()
    digest = hashlib.sha256()
    for part in (b"POST", b"/v1/second_factors?", b"application/json", body):
        digest.update(len(part).to_bytes(8, "big") + part)
    guesses = {digest.hexdigest(), hashlib.sha256(digest.hexdigest().encode()).hexdigest()}
    assert records
    assert not guesses & {record.fingerprint for record in records}
    assert all(PASSWORD not in (record.answer or "") for record in records)


def test_a_template_moved_to_another_customers_row_does_not_open(
    scenario: Scenario, pos: PointOfSale
) -> None:
    """An attacker who writes to the database cannot make a stranger's face pay for the victim."""
    thief, victim = scenario.payer(face="eileen"), scenario.payer(face="grace")
    deps = scenario.service.deps
    with deps.unit_of_work() as uow:
        theirs = uow.enrolments.find(id=thief.enrolment_id)
        mine = uow.enrolments.lock(victim.enrolment_id)
        assert theirs is not None
        assert mine is not None
        uow.enrolments.update(replace(mine, sealed_reference=theirs.sealed_reference))
        uow.commit()
    with pytest.raises(Problem) as error:
        scenario.show_face(pos, pos.intent(), victim, "eileen")
    assert (error.value.status, error.value.code) == (409, "face_not_available")


def test_a_row_from_a_backup_does_not_bring_a_revoked_face_back(
    scenario: Scenario, pos: PointOfSale
) -> None:
    payer = scenario.payer(face="grace")
    deps = scenario.service.deps
    with deps.unit_of_work() as uow:
        backup = uow.enrolments.find(id=payer.enrolment_id)
    assert backup is not None
    assert backup.sealed_reference is not None
    payer.customer.revoke_face(payer.enrolment_id, Credentials(password=PASSWORD))
    with deps.unit_of_work() as uow:
        uow.enrolments.update(backup)
        uow.commit()
    with pytest.raises(SealBroken):
        deps.templates.unseal(backup.key_name, backup.sealed_reference, binding=backup.binding)
    with pytest.raises(Problem) as error:
        scenario.show_face(pos, pos.intent(), payer, "grace")
    assert error.value.code == "face_not_available"


def test_an_authenticators_secret_moved_to_another_row_is_useless(
    scenario: Scenario, pos: PointOfSale
) -> None:
    thief, victim = scenario.payer(), scenario.payer()
    with scenario.service.deps.unit_of_work() as uow:
        theirs = uow.second_factors.find(id=thief.factor_id)
        mine = uow.second_factors.lock(victim.factor_id)
        assert theirs is not None
        assert mine is not None
        uow.second_factors.update(replace(mine, sealed_secret=theirs.sealed_secret))
        uow.commit()
    code = thief.code()
    answer = pos.terminal.use_password(pos.intent().id, victim.alias, Credentials(PASSWORD, code))
    assert answer.state == "declined"


def test_rows_left_by_a_hostile_terminal_do_not_delay_a_revocation(
    scenario: Scenario, pos: PointOfSale
) -> None:
    payer: Payer = scenario.payer(face="grace")
    pos.capture(pos.intent().id, payer.alias)
    with scenario.service.deps.unit_of_work() as uow:
        capture = uow.captures.find(customer_id=payer_id(scenario, payer), purpose="payment")
        assert capture is not None
        intent = uow.intents.find(id=capture.intent_id)
        assert intent is not None
        for number in range(3000):
            copy = replace(intent, id=f"pi_{number:032x}")
            uow.intents.add(copy)
            uow.captures.add(replace(capture, id=f"cap_{number:032x}", intent_id=copy.id))
        uow.commit()
    revoked = payer.customer.revoke_face(payer.enrolment_id, Credentials(password=PASSWORD))
    assert revoked.state == "revoked"
    with scenario.service.deps.unit_of_work() as uow:
        assert not uow.captures.find_all(enrolment_id=payer.enrolment_id, state="open")
        assert not uow.intents.find_all(enrolment_id=payer.enrolment_id, state="capturing")


def payer_id(scenario: Scenario, payer: Payer) -> str:
    with scenario.service.deps.unit_of_work() as uow:
        customer = uow.customers.find(alias=payer.alias)
    assert customer is not None
    return customer.id
