"""Workers are killed by kill -9 during a payment; the retry gives one authorization."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import Credentials, FacepayError, Intent, RetryPolicy, Terminal
from tests.support.databases import empty_database
from tests.support.gate import Gate, GatedBao, gate_before
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario
from tests.support.service import RunningService, running_service

# Until a dead worker's lease has expired (10 s) a retry must wait.
PATIENT = RetryPolicy(attempts=30, first_wait=0.5, longest_wait=1.0)
ONCE = RetryPolicy(attempts=1)


@pytest.fixture(scope="module")
def gate(openbao: EmbeddedOpenBao) -> Iterator[Gate]:
    with gate_before(openbao) as gate:
        yield gate


@pytest.fixture(scope="module")
def gated(
    openbao: EmbeddedOpenBao,
    gate: Gate,
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningService]:
    directory: Path = tmp_path_factory.mktemp(f"gated-{database_kind}")
    url = empty_database(request, database_kind, directory)
    with running_service(GatedBao(openbao, gate), url, directory) as running:
        yield running


@pytest.fixture(scope="module")
def scenario(gated: RunningService) -> Scenario:
    return Scenario(gated)


@pytest.fixture(scope="module")
def grace(scenario: Scenario) -> Payer:
    return scenario.payer(face="grace")


def kill_workers(service: RunningService) -> None:
    for pid in service.worker_pids():
        os.kill(pid, signal.SIGKILL)


CHECKING_THE_CODE = b"/v1/transit/decrypt/second-factors"


@contextmanager
def stopped_at_the_code(
    scenario: Scenario, pos: PointOfSale, gate: Gate, intent: Intent, code: str
) -> Iterator[None]:
    """Send the code and stop the worker at its request to the vault; the answer must get lost."""
    hasty = Terminal(scenario.transport(pos.transport._key, ONCE))
    with ThreadPoolExecutor(1) as pool, gate.hold(CHECKING_THE_CODE) as arrived:
        lost = pool.submit(hasty.send_code, intent.id, code, idempotency_key="once")
        assert arrived.wait(20), "the request never reached the vault"
        yield
        with pytest.raises(FacepayError):
            lost.result(30)


def retried_once_more_it_gives_one_authorization(
    scenario: Scenario, pos: PointOfSale, intent: Intent, code: str
) -> None:
    patient = Terminal(scenario.transport(pos.transport._key, PATIENT))
    scenario.service.clock.advance(31)  # the dead worker's lease is over, and so is the code's step
    paid = patient.send_code(intent.id, code, idempotency_key="once")

    assert paid.state == "approved"
    assert patient.send_code(intent.id, code, idempotency_key="once") == paid
    assert count_authorizations(scenario, intent.id) == 1


def test_a_worker_killed_while_checking_the_code_costs_no_second_payment(
    scenario: Scenario, gate: Gate, grace: Payer
) -> None:
    pos = scenario.pos()
    intent = pos.intent()
    scenario.show_face(pos, intent, grace, "grace")
    code = grace.code()
    with stopped_at_the_code(scenario, pos, gate, intent, code):
        kill_workers(scenario.service)
    retried_once_more_it_gives_one_authorization(scenario, pos, intent, code)


def test_a_worker_killed_before_the_commit_costs_no_second_payment(
    scenario: Scenario, gate: Gate, grace: Payer
) -> None:
    """The signature is made in memory, and the commit waits for a row: on SQLite for the file."""
    pos = scenario.pos()
    intent = pos.intent()
    scenario.show_face(pos, intent, grace, "grace")
    code = grace.code()
    with (
        stopped_at_the_code(scenario, pos, gate, intent, code),
        scenario.service.deps.unit_of_work() as uow,
    ):
        assert uow.enrolments.lock(grace.enrolment_id)
        gate.release()
        time.sleep(1)  # the request gets as far as it can
        kill_workers(scenario.service)
    retried_once_more_it_gives_one_authorization(scenario, pos, intent, code)


def test_a_worker_killed_at_any_moment_costs_no_second_payment(
    scenario: Scenario, grace: Payer
) -> None:
    """Pay twelve times by password, with workers killed a little later each time."""
    pos = scenario.pos()
    for moment in range(12):
        intent = pos.intent()
        code = grace.code()
        hasty = Terminal(scenario.transport(pos.transport._key, ONCE))
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(
                hasty.use_password,
                intent.id,
                grace.alias,
                Credentials(PASSWORD, code),
                idempotency_key=f"once {moment}",
            )
            time.sleep(moment * 0.012)
            kill_workers(scenario.service)
            sent.exception(30)
        scenario.service.clock.advance(11)  # a dead worker's lease is over, the code's step is not
        patient = Terminal(scenario.transport(pos.transport._key, PATIENT))
        paid = patient.use_password(
            intent.id, grace.alias, Credentials(PASSWORD, code), idempotency_key=f"once {moment}"
        )
        assert paid.state == "approved"
        assert count_authorizations(scenario, intent.id) == 1


def count_authorizations(scenario: Scenario, intent_id: str) -> int:
    with scenario.service.deps.unit_of_work() as uow:
        return len(uow.authorizations.find_all(intent_id=intent_id))
