"""A consent that ended by its date leaves no face behind: not in the database, not in the vault.

Nobody withdrew, nobody came back, and the notice promised that the key is destroyed. The races are
with a payment and with a renewal of the template.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from facepay.domain.enrolment import Enrolment
from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import Problem, fetch_log, verify_deletion_receipt, verify_log
from tests.support.people import Payer, Scenario
from tests.support.service import running_service

LATER = timedelta(days=365 + 434)
GONE = 404


@pytest.fixture(scope="module")
def years(
    request: pytest.FixtureRequest,
    openbao: EmbeddedOpenBao,
    database_kind: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scenario]:
    """Start a service whose clock may jump by years: no other test's consents end with it."""
    directory = tmp_path_factory.mktemp(f"years-{database_kind}")
    url = f"sqlite:///{directory / 'facepay.db'}"
    if database_kind == "postgresql":
        url = request.getfixturevalue("postgres").new_database()
    with running_service(openbao, url, directory) as service:
        yield Scenario(service)


def sweep(scenario: Scenario, _payer: Payer) -> None:
    """Run `facepay sweep` as an operator's timer does."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("facepay")), "sweep"],
        env={"PATH": os.environ["PATH"], **scenario.service.settings.to_environment()},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def claim_at_a_terminal(scenario: Scenario, payer: Payer) -> None:
    pos = scenario.pos()
    with pytest.raises(Problem) as refusal:
        pos.terminal.open_capture(pos.intent().id, payer.alias)
    assert refusal.value.code == "face_not_available"


def open_the_app(_scenario: Scenario, payer: Payer) -> None:
    listed = payer.customer.get_enrolments()
    assert [(each.state, each.key_destroyed) for each in listed] == [("revoked", True)]


@pytest.mark.parametrize("touch", [sweep, claim_at_a_terminal, open_the_app])
def test_434_days_after_an_expiry_no_key_lives_and_the_receipt_verifies(
    years: Scenario, openbao: EmbeddedOpenBao, touch: Callable[[Scenario, Payer], None]
) -> None:
    payer = years.payer(face="grace")
    assert has_key(openbao, row(years, payer))
    years.service.clock.advance(int(LATER.total_seconds()))

    touch(years, payer)

    ended = row(years, payer)
    assert (ended.state, ended.sealed_reference) == ("revoked", None)
    assert not has_key(openbao, ended)
    token, jwks = payer.customer.get_deletion_receipt(payer.enrolment_id), years.published.jwks()
    log, issuer = fetch_log(years.published), years.service.url
    verify_log(log.leaves, log.checkpoint, jwks, expected_issuer=issuer)
    receipt = verify_deletion_receipt(
        token,
        jwks,
        log.leaves,
        expected_enrolment=payer.enrolment_id,
        expected_issuer=issuer,
    )
    assert receipt.cause == "consent_expired"
    assert (receipt.sealed_references_erased, receipt.keys_destroyed) == (1, 1)


def row(scenario: Scenario, payer: Payer) -> Enrolment:
    with scenario.service.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert found is not None
    return found


def has_key(bao: EmbeddedOpenBao, enrolment: Enrolment) -> bool:
    """Ask OpenBao itself, as its administrator."""
    address = f"{bao.url}/v1/transit/keys/enrolment-{enrolment.key_name}"
    answer = requests.get(address, headers={"X-Vault-Token": bao.root_token}, timeout=10)
    assert answer.status_code in (200, GONE), answer.status_code
    return answer.status_code != GONE
