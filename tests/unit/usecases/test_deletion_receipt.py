"""The receipt for a deleted face is correct, signed, and issued only after the deletion."""

import base64
import json
from typing import Any

import pytest

from facepay.domain.audit import commit
from facepay.domain.errors import DeletionPending, NotFound, VaultUnavailable, WrongState
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.faces.deletion_receipt import read_deletion_receipt
from facepay.usecases.faces.destroy_keys import destroy_key
from facepay.usecases.faces.enrol import end_lapsed_enrolments
from facepay.usecases.faces.list_enrolments import list_enrolments
from facepay.usecases.faces.lock import lock_face
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, Customer, Scenario


def receipt(scenario: Scenario, payer: Customer) -> Any:
    token = read_deletion_receipt(scenario.deps, payer.caller, payer.enrolment_id)
    header, claims, _ = token.split(".")
    assert json.loads(base64.urlsafe_b64decode(header))["typ"] == "facepay-deletion-receipt+jwt"
    return json.loads(base64.urlsafe_b64decode(claims))


def test_a_receipt_counts_deletions_in_each_store_and_cancelled_captures(
    scenario: Scenario, ada: Customer
) -> None:
    scenario.show_face(ada)  # an intent that waits for a code; its capture is used
    scenario.open_payment(scenario.intent(), "ada")
    scenario.reserve(scenario.intent(), "ada")
    scenario.revoke(ada)
    claims = receipt(scenario, ada)
    assert claims["enrolment"] == ada.enrolment_id
    assert claims["cause"] == "customer"
    assert claims["destroyed"] == {"database": {"sealed_references": 1}, "vault": {"keys": 1}}
    assert claims["stopped"] == {"captures": 2, "payment_intents": 3}


def test_a_receipts_leaves_are_in_the_log_and_open_to_this_enrolment(
    scenario: Scenario, ada: Customer
) -> None:
    scenario.revoke(ada)
    claims = receipt(scenario, ada)
    assert [leaf["kind"] for leaf in claims["leaves"]] == ["face.revoked", "face.key_destroyed"]
    with scenario.deps.unit_of_work() as uow:
        for named in claims["leaves"]:
            leaf = uow.leaves.find(seq=named["seq"])
            assert leaf is not None
            assert (leaf.kind, leaf.hash) == (named["kind"], named["hash"])
            opening = named["opening"]
            assert commit(opening["salt"], opening["details"]) == leaf.commitment
            details = json.loads(opening["details"])
            assert details.pop("enrolment") == ada.enrolment_id
            assert details in (
                {"cause": "customer", "sealed_references": 1, "captures": 0, "payment_intents": 0},
                {"keys": 1},
            )


def test_revoking_again_or_reading_twice_gives_the_same_receipt(
    scenario: Scenario, ada: Customer
) -> None:
    scenario.revoke(ada)
    first = receipt(scenario, ada)
    scenario.revoke(ada)
    assert receipt(scenario, ada) | {"iat": 0} == first | {"iat": 0}


def test_a_receipt_is_pending_during_a_vault_outage_and_issued_afterwards(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.vault.away = True
    scenario.revoke(ada)
    with pytest.raises(DeletionPending):
        receipt(scenario, ada)
    fakes.vault.away = False
    claims = receipt(scenario, ada)
    assert claims["destroyed"]["vault"] == {"keys": 1}
    assert ada.enrolment_id not in fakes.vault.keys, "a receipt comes only after the deletion"


def test_a_key_counts_as_destroyed_only_after_the_vault_destroyed_it(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    def counted() -> tuple[int, bool]:
        with scenario.deps.unit_of_work() as uow:
            deletion = uow.deletions.find(id=ada.enrolment_id)
        assert deletion is not None
        return deletion.keys_destroyed, deletion.destroyed_leaf is not None

    fakes.vault.away = True
    scenario.revoke(ada)
    assert counted() == (0, False)
    fakes.vault.away = False
    assert destroy_key(scenario.deps, ada.enrolment_id)
    assert counted() == (1, True)


def test_an_unsigned_receipt_is_never_returned(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    scenario.revoke(ada)
    fakes.root.away = True
    with pytest.raises(VaultUnavailable):
        receipt(scenario, ada)


@pytest.mark.parametrize("state", ["active", "locked"])
def test_an_active_face_has_no_receipt(scenario: Scenario, ada: Customer, state: str) -> None:
    if state == "locked":
        credentials = Credentials(password=PASSWORD)
        lock_face(scenario.deps, scenario.command(ada.caller), ada.enrolment_id, credentials)
    with pytest.raises(WrongState):
        receipt(scenario, ada)


def test_a_receipt_is_for_its_owner_alone(scenario: Scenario, ada: Customer) -> None:
    scenario.revoke(ada)
    bob = scenario.register("bob")
    for caller in (bob.caller, scenario.operator, scenario.terminal):
        with pytest.raises(NotFound):
            read_deletion_receipt(scenario.deps, caller, ada.enrolment_id)


def test_a_withdrawn_consent_is_named_as_the_cause(scenario: Scenario, ada: Customer) -> None:
    withdraw_consent(scenario.deps, scenario.command(ada.caller), ada.consent_id)
    claims = receipt(scenario, ada)
    assert claims["cause"] == "consent_withdrawn"
    assert claims["destroyed"]["database"] == {"sealed_references": 1}


def test_the_receipt_of_an_unfinished_enrolment_counts_a_key_and_no_template(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    bob = scenario.register("bob")
    scenario.consent(bob)
    scenario.begin(bob)
    fakes.clock.advance(601)
    assert end_lapsed_enrolments(scenario.deps) == 1
    claims = receipt(scenario, bob)
    assert claims["cause"] == "lapsed"
    assert claims["destroyed"] == {"database": {"sealed_references": 0}, "vault": {"keys": 1}}
    assert claims["leaves"][0]["kind"] == "enrolment.lapsed"


def test_an_old_receipt_is_available_without_its_erased_opening(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    scenario.revoke(ada)
    fakes.clock.advance(1)
    with fakes.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM log_openings")
    assert all("opening" not in leaf for leaf in receipt(scenario, ada)["leaves"])


def test_a_reinstalled_app_finds_its_face(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    scenario.revoke(ada)
    fakes.clock.advance(60)
    old = ada.enrolment_id
    scenario.begin(ada)
    scenario.send(ada.caller, scenario.open_enrolment(ada), "ada")
    listed = list_enrolments(scenario.deps, ada.caller)
    assert [(each.id, each.state) for each in listed] == [
        (ada.enrolment_id, "active"),
        (old, "revoked"),
    ]
    assert list_enrolments(scenario.deps, scenario.register("bob").caller) == []
