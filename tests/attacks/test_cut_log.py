"""A database writer edits, cuts or replaces the audit log; no checkpoint is signed over the result.

The writer has every right in the database and none in the vault. Each attack is tried against the
worker that signed last and against a worker that has just started and remembers nothing.
"""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from facepay.adapters.unit_of_work import Database
from facepay.domain.audit import Head
from facepay.domain.errors import VaultUnavailable
from facepay.domain.event import EventKind
from facepay.domain.webhook import Lane
from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay.usecases.operators.register import register_operator
from facepay.usecases.records.accept_log import accept_log
from facepay.usecases.webhooks.deliver import deliver
from facepay.web.app import create_app
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import key
from tests.support.log_writer import PAST_THE_INTERVAL, Log, refusal_in
from tests.support.people import PointOfSale, Scenario

LOOP = 200
HANDFUL = 6


@pytest.fixture
def log(database: Database) -> Log:
    fakes = FakeDependencies(database)
    return Log(fakes, create_app(fakes.deps, fakes.deps.issuer).test_client())


def edit_a_signed_leaf(log: Log) -> None:
    log.sql("UPDATE log_leaves SET kind = 'payment.declined' WHERE seq = 3")


def edit_a_new_leaf(log: Log) -> None:
    log.sql("UPDATE log_leaves SET commitment = :zeros WHERE seq = 9", zeros="0" * 64)


def delete_a_signed_leaf(log: Log) -> None:
    log.sql("DELETE FROM log_leaves WHERE seq = 3")


def delete_a_new_leaf(log: Log) -> None:
    log.sql("DELETE FROM log_leaves WHERE seq = 9")


def cut_the_tail(log: Log) -> None:
    log.cut_to(5)


def cut_everything(log: Log) -> None:
    log.cut_to(0)


def delete_the_head(log: Log) -> None:
    log.sql("DELETE FROM log_heads")


def cut_only_the_head(log: Log) -> None:
    with log.fakes.database() as uow:
        leaf = uow.leaves.find(seq=9)
        assert leaf is not None
        uow.heads.update(Head("log", 10, leaf.hash))
        uow.commit()


def replace_by_a_longer_log(log: Log) -> None:
    log.replace_by(30)


def replace_by_a_log_of_the_signed_length(log: Log) -> None:
    log.replace_by(8)


def delete_the_checkpoint(log: Log) -> None:
    log.sql("DELETE FROM log_checkpoints")


def delete_the_checkpoint_and_replace_the_log(log: Log) -> None:
    log.sql("DELETE FROM log_checkpoints")
    log.replace_by(30)


def forge_the_checkpoint(log: Log) -> None:
    log.cut_to(5)
    log.sql("UPDATE log_checkpoints SET token = :token", token="e30.e30.e30")


def edit_the_checkpoint(log: Log) -> None:
    """Give the signed header and signature another payload: the log as it was cut."""
    log.cut_to(5)
    token = log.token()
    header, _, signature = token.split(".")
    log.sql("UPDATE log_checkpoints SET token = :token", token=f"{header}.e30.{signature}")


ATTACKS: list[Callable[[Log], None]] = [
    edit_a_signed_leaf,
    edit_a_new_leaf,
    delete_a_signed_leaf,
    delete_a_new_leaf,
    cut_the_tail,
    cut_everything,
    delete_the_head,
    cut_only_the_head,
    replace_by_a_longer_log,
    replace_by_a_log_of_the_signed_length,
    delete_the_checkpoint,
    delete_the_checkpoint_and_replace_the_log,
    forge_the_checkpoint,
    edit_the_checkpoint,
]


@pytest.mark.parametrize("remembers", [True, False], ids=["same worker", "new worker"])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_changed_log_gets_no_checkpoint(
    log: Log, attack: Callable[[Log], None], remembers: bool
) -> None:
    log.grow(8)
    assert log.checkpoint().status_code == 200
    log.grow(4)
    before = log.signed()
    attack(log)
    worker = log.worker if remembers else log.new_worker()
    answer = log.checkpoint(worker)
    assert refusal_in(answer) == (503, "log_inconsistent")
    assert log.signed() == before
    assert worker.get("/v1/health").json == {"status": "ok", "log": "inconsistent"}


@pytest.mark.parametrize("remembers", [True, False], ids=["same worker", "new worker"])
def test_an_older_signed_checkpoint_and_the_log_cut_to_it_are_refused(
    log: Log, remembers: bool
) -> None:
    """Everything that the writer puts back was true once, and the root key signed it."""
    log.grow(8)
    assert log.checkpoint().status_code == 200
    older = log.token()
    log.grow(4)
    assert log.checkpoint().status_code == 200
    log.sql("UPDATE log_checkpoints SET token = :token", token=older)
    log.cut_to(8)
    answer = log.checkpoint(log.worker if remembers else log.new_worker())
    assert refusal_in(answer) == (503, "log_inconsistent")
    assert log.signed() == [8, 12]


def test_a_checkpoint_that_was_signed_and_not_stored_opens_no_way_back(log: Log) -> None:
    """The writer stops the service from storing, and puts back later what it signed."""
    log.grow(8)
    assert log.checkpoint().status_code == 200
    log.grow(4)
    trap: list[str] = []
    sign = log.fakes.root.sign

    def trapped(claims: Any, *, typ: str) -> str:
        trap.append(sign(claims, typ=typ))
        log.sql("UPDATE log_checkpoints SET token = token || 'x'")  # the update finds another row
        return trap[-1]

    log.fakes.root.sign = trapped  # type: ignore[method-assign]
    assert log.checkpoint().status_code == 503
    log.fakes.root.sign = sign  # type: ignore[method-assign]
    log.sql("UPDATE log_checkpoints SET token = substr(token, 1, length(token) - 1)")
    log.grow(4)
    assert log.checkpoint().status_code == 200, "what the writer repaired is as it was"
    assert log.signed() == [8, 12, 16]
    log.sql("UPDATE log_checkpoints SET token = :token", token=trap[0])
    log.cut_to(12)
    assert log.checkpoint(log.new_worker()).status_code == 503


def test_a_contradiction_alarms_the_operator_once_and_stays_refused(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    operator = register_operator(log.fakes.deps, key())
    assert operator.id
    log.grow(8)
    assert log.checkpoint().status_code == 200
    log.cut_to(5)
    with caplog.at_level(logging.ERROR, logger="facepay"):
        for _ in range(3):
            assert log.checkpoint().status_code == 503
    assert "audit log" in caplog.text
    with log.fakes.database() as uow:
        alarms = uow.events.find_all(kind=EventKind.LOG_INCONSISTENT)
    assert len(alarms) == 1
    assert '"signed_size":9' in alarms[0].for_operator


def test_the_operator_hears_of_it_before_other_events(log: Log) -> None:
    log.grow(8)
    assert log.checkpoint().status_code == 200
    log.cut_to(5)
    assert log.checkpoint().status_code == 503
    with log.fakes.database() as uow:
        assert uow.events.count(fanned_out_at=None) == 1
    deliver(log.fakes.deps, [Lane.ALARMS])
    with log.fakes.database() as uow:
        assert uow.events.count(fanned_out_at=None) == 0


def test_a_log_that_only_grows_is_signed_and_quiet_in_between(log: Log) -> None:
    log.grow(3)
    for _ in range(3):
        first = log.worker.get("/v1/log/checkpoint").json
        assert first == log.worker.get("/v1/log/checkpoint").json
        log.grow(2)
        assert first == log.worker.get("/v1/log/checkpoint").json, "not due yet"
        log.fakes.clock.advance(PAST_THE_INTERVAL)
        assert first != log.worker.get("/v1/log/checkpoint").json
    assert log.signed() == [3, 5, 7, 9]
    assert log.checkpoint(log.new_worker()).status_code == 200
    assert log.signed() == [3, 5, 7, 9], "an unchanged log is not signed again"
    with log.fakes.database() as uow:
        assert uow.events.count(kind=EventKind.LOG_INCONSISTENT) == 0


def test_the_vault_away_serves_what_was_signed_and_signs_nothing(log: Log) -> None:
    log.grow(3)
    first = log.checkpoint().json
    log.grow(3)
    log.fakes.root.away = log.fakes.checkpoint_keys.away = True
    assert log.checkpoint().json == first
    assert log.checkpoint(log.new_worker()).status_code == 503, "a new worker cannot judge it"
    log.cut_to(2)
    assert refusal_in(log.checkpoint()) == (503, "log_inconsistent")
    log.fakes.root.away = log.fakes.checkpoint_keys.away = False
    assert log.checkpoint().status_code == 503


@pytest.mark.parametrize("method", ["create_key", "destroy_key"])
def test_a_worker_that_dies_while_it_moves_the_mark_leaves_a_log_that_goes_on(
    log: Log, method: str
) -> None:
    log.grow(3)
    assert log.checkpoint().status_code == 200
    log.grow(3)
    log.fakes.journal.fail(f"vault.{method}", VaultUnavailable())
    assert log.checkpoint(log.new_worker()).status_code == 200
    log.grow(3)
    assert log.checkpoint(log.new_worker()).status_code == 200
    assert log.signed() == [3, 6, 9]
    assert len(log.fakes.checkpoint_keys.keys) == 3, "the shared key, the begun log, and its end"


def test_a_restored_backup_is_signed_only_after_an_administrator_accepted_it(log: Log) -> None:
    log.grow(8)
    assert log.checkpoint().status_code == 200
    log.cut_to(5)
    assert log.checkpoint().status_code == 503
    accepted = accept_log(log.fakes.deps)
    assert accepted.size == 6, "the acceptance is a leaf too"
    with log.fakes.database() as uow:
        assert uow.leaves.count(kind="log.accepted") == 1
    assert log.checkpoint(log.new_worker()).status_code == 200
    log.grow(2)
    assert log.checkpoint(log.new_worker()).status_code == 200
    assert log.signed() == [8, 6, 8]


def test_a_strangers_loop_makes_a_handful_of_signatures(
    scenario: Scenario, pos: PointOfSale, openbao: EmbeddedOpenBao
) -> None:
    """Payments go on meanwhile, so that there is something new to sign each time."""
    before = signatures(openbao)
    for number in range(LOOP):
        assert scenario.published.checkpoint()
        if number % 20 == 0:
            pos.intent()
    assert signatures(openbao) - before <= HANDFUL


def signatures(openbao: EmbeddedOpenBao) -> int:
    """Count the signatures in OpenBao's own audit log; it has a request and a response for each."""
    lines = openbao.audit_log.read_bytes().splitlines()
    return sum(b"transit/sign/authorizations" in line and b'"response"' in line for line in lines)
