"""kill -9 in the middle of a payment: the retry with the same key gives one authorization."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import FacepayError, Intent, RetryPolicy, Terminal
from tests.stand.gate import Gate, GatedBao, gate_before
from tests.stand.people import PASSWORD, Payer, Street, Till
from tests.stand.service import RunningService, running_service

# Until a dead worker's lease has run out (10 s) a retry is told to wait.
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
    url = f"sqlite:///{directory / 'facepay.db'}"
    if database_kind == "postgresql":
        url = request.getfixturevalue("postgres").new_database()
    with running_service(GatedBao(openbao, gate), url, directory) as running:
        yield running


@pytest.fixture(scope="module")
def street(gated: RunningService) -> Street:
    return Street(gated)


@pytest.fixture(scope="module")
def grace(street: Street) -> Payer:
    return street.payer(face="grace")


def kill_workers(service: RunningService) -> None:
    for pid in service.worker_pids():
        os.kill(pid, signal.SIGKILL)


def pay_and_kill(
    street: Street, till: Till, gate: Gate, intent: Intent, code: str, at: bytes
) -> None:
    """Send the code, wait until the walk asks the vault for `at`, kill -9, let go."""
    hasty = Terminal(street.transport(till.transport._key, ONCE))
    with ThreadPoolExecutor(1) as pool, gate.hold(at) as arrived:
        lost = pool.submit(hasty.send_code, intent.id, code, idempotency_key="once")
        assert arrived.wait(20), "the walk never came to the vault"
        kill_workers(street.service)
        with pytest.raises(FacepayError):
            lost.result(30)


@pytest.mark.parametrize("at", [b"/v1/transit/decrypt/second-factors", b"/v1/transit/sign/"])
def test_killed_while_checking_the_code_or_signing_and_retried(
    street: Street, gate: Gate, grace: Payer, at: bytes
) -> None:
    till = street.till()
    intent = till.intent()
    street.show_face(till, intent, grace, "grace")
    code = grace.code()
    pay_and_kill(street, till, gate, intent, code, at)

    patient = Terminal(street.transport(till.transport._key, PATIENT))
    street.service.clock.advance(31)  # the dead worker's lease is over, and so is the code's step
    paid = patient.send_code(intent.id, code, idempotency_key="once")

    assert paid.state == "approved"
    assert patient.send_code(intent.id, code, idempotency_key="once") == paid
    assert count_authorizations(street, intent.id) == 1


def test_killed_at_any_moment_and_retried(street: Street, grace: Payer) -> None:
    """Twelve payments by password, each with its workers killed a little later than the last."""
    till = street.till()
    for moment in range(12):
        intent = till.intent()
        code = grace.code()
        hasty = Terminal(street.transport(till.transport._key, ONCE))
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(
                hasty.use_password,
                intent.id,
                grace.alias,
                PASSWORD,
                code,
                idempotency_key=f"once {moment}",
            )
            time.sleep(moment * 0.012)
            kill_workers(street.service)
            sent.exception(30)
        street.service.clock.advance(11)  # a dead worker's lease is over, the code's step is not
        patient = Terminal(street.transport(till.transport._key, PATIENT))
        paid = patient.use_password(
            intent.id, grace.alias, PASSWORD, code, idempotency_key=f"once {moment}"
        )
        assert paid.state == "approved"
        assert count_authorizations(street, intent.id) == 1


def count_authorizations(street: Street, intent_id: str) -> int:
    with street.service.house.unit_of_work() as uow:
        return len(uow.authorizations.find_all(intent_id=intent_id))
