"""`facepay templates renew` as an operator runs it, beside the running service."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from facepay.domain.enrolment import Enrolment
from facepay_client import Credentials
from tests.support.people import PASSWORD, Payer, Scenario
from tests.support.service import RunningService


@pytest.fixture(scope="module")
def scenario(service: RunningService) -> Scenario:
    return Scenario(service)


def renew(service: RunningService, *arguments: str, **changed: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("facepay")), "templates", "renew", *arguments],
        env={"PATH": os.environ["PATH"], **service.settings.to_environment(), **changed},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def key_of(service: RunningService, payer: Payer) -> str:
    with service.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert isinstance(found, Enrolment)
    assert (found.next_key, found.retiring_key) == (None, None)
    return found.key_name


def test_one_or_all_templates_are_renewed_once(service: RunningService, scenario: Scenario) -> None:
    one, other, gone = (scenario.payer(face="grace") for _ in range(3))
    gone.customer.revoke_face(gone.enrolment_id, Credentials(password=PASSWORD))
    mine, theirs = key_of(service, one), key_of(service, other)

    status, said, _ = renew(service, "--enrolment", one.enrolment_id)
    assert (status, said) == (0, "Renewed: 1, changed meanwhile: 0, broken: 0\n")
    assert key_of(service, one) != mine
    assert key_of(service, other) == theirs

    status, said, errors = renew(service)
    moment = re.search(r"made before (\S+)", errors)
    assert moment is not None
    counts = re.fullmatch(r"Renewed: (\d+), changed meanwhile: 0, broken: (\d+)\n", said)
    assert counts is not None
    assert int(counts[1]) >= 2
    assert status == (counts[2] != "0"), "failures of other tests in this scenario are reported"
    assert key_of(service, other) != theirs

    service.clock.advance(2)
    kept = key_of(service, one)
    renew(service)
    assert key_of(service, one) != kept
    kept = key_of(service, one)
    assert renew(service, "--made-before", moment[1])[1].startswith("Renewed: 0")
    assert key_of(service, one) == kept


def test_a_missing_enrolment_is_an_error(service: RunningService) -> None:
    status, said, _ = renew(service, "--enrolment", "enr_nobody")
    assert (status, said) == (1, "Renewed: 0, changed meanwhile: 1, broken: 0\n")


def test_an_empty_id_renews_nothing(service: RunningService, scenario: Scenario) -> None:
    """A script whose variable is not set must not renew every template."""
    payer = scenario.payer(face="grace")
    before = key_of(service, payer)
    status, said, errors = renew(service, "--enrolment", "")
    assert (status, said) == (1, "Renewed: 0, changed meanwhile: 1, broken: 0\n")
    assert "1 templates" in errors
    assert key_of(service, payer) == before


def test_a_missing_database_is_reported_in_one_line(service: RunningService) -> None:
    status, said, errors = renew(service, FACEPAY_DATABASE_URL="sqlite:////nowhere/at/all.sqlite")
    assert (status, said) == (1, "")
    assert "storage_unavailable" in errors
    assert "Traceback" not in errors


def test_a_vault_outage_stops_the_renewal_with_advice(
    service: RunningService, scenario: Scenario
) -> None:
    payer = scenario.payer(face="grace")
    before = key_of(service, payer)
    status, said, errors = renew(service, FACEPAY_VAULT_URL="http://127.0.0.1:9")
    assert (status, said) == (1, "")
    assert "vault_unavailable" in errors
    assert "--made-before 20" in errors
    assert "Traceback" not in errors
    assert key_of(service, payer) == before
