"""A checkpoint is signed only over a log that extends the last one, whoever writes to its rows."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from facepay.domain.audit import Head
from facepay.domain.checkpoint import LogMemory
from facepay.domain.errors import LogInconsistent
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.accept_log import accept_log
from facepay.usecases.records.checkpoints import check_whole_log, read_checkpoint
from facepay.web.app import create_app
from tests.fakes.dependencies import fake_dependencies, memory_database
from tests.support.log_writer import PAST_THE_INTERVAL, Log


@pytest.fixture
def log() -> Iterator[Log]:
    with memory_database() as database:
        fakes = fake_dependencies(database)
        yield Log(fakes, create_app(fakes.deps, fakes.deps.issuer).test_client())


def started_anew(log: Log) -> Dependencies:
    return replace(log.fakes.deps, log_memory=LogMemory())


def due(log: Log, worker: Dependencies | None = None) -> str:
    """Read the checkpoint when a new one is due."""
    log.fakes.clock.advance(PAST_THE_INTERVAL)
    return read_checkpoint(worker or log.fakes.deps)


def test_a_grown_log_gets_one_checkpoint_an_interval_however_often_it_is_read(log: Log) -> None:
    log.grow(3)
    first = due(log)
    assert [read_checkpoint(log.fakes.deps) for _ in range(5)] == [first] * 5
    assert due(log) == first, "a log that has not grown is not signed again"
    log.grow(2)
    assert read_checkpoint(log.fakes.deps) == first, "not before the interval is over"
    assert due(log) != first
    assert log.signed() == [3, 5]


def test_a_long_backlog_is_signed_over_its_whole_length(log: Log) -> None:
    log.grow(2)
    due(log)
    log.grow(1_100)
    due(log)
    assert log.signed() == [2, 1_102]


ATTACKS: dict[str, Callable[[Log], None]] = {
    "the tail is cut": lambda log: log.cut_to(5),
    "everything is cut": lambda log: log.cut_to(0),
    "another chain": lambda log: log.replace_by(30),
    "a signed leaf is edited": lambda log: log.sql(
        "UPDATE log_leaves SET kind = 'payment.declined' WHERE seq = 3"
    ),
    "a new leaf is deleted": lambda log: log.sql("DELETE FROM log_leaves WHERE seq = 9"),
    "the head is deleted": lambda log: log.sql("DELETE FROM log_heads"),
    "the checkpoint is deleted": lambda log: log.sql("DELETE FROM log_checkpoints"),
    "the checkpoint is forged": lambda log: log.sql(
        "UPDATE log_checkpoints SET token = 'e30.e30.e30'"
    ),
}


@pytest.mark.parametrize("remembers", [True, False], ids=["same worker", "new worker"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_log_that_a_writer_changed_is_not_signed(
    log: Log, attack: Callable[[Log], None], remembers: bool
) -> None:
    log.grow(8)
    due(log)
    log.grow(4)
    before = log.signed()
    attack(log)
    worker = log.fakes.deps if remembers else started_anew(log)
    for _ in range(2):
        with pytest.raises(LogInconsistent):
            due(log, worker)
    assert log.signed() == before


def test_an_older_checkpoint_with_the_log_cut_to_it_is_refused_by_a_new_worker(log: Log) -> None:
    log.grow(4)
    due(log)
    older = log.token()
    log.grow(4)
    due(log)
    log.cut_to(4)
    log.sql("UPDATE log_checkpoints SET token = :older", older=older)
    with pytest.raises(LogInconsistent):
        due(log, started_anew(log))


def test_a_restored_log_is_signed_again_once_it_was_accepted(log: Log) -> None:
    log.grow(8)
    due(log)
    log.cut_to(5)
    with pytest.raises(LogInconsistent):
        due(log, started_anew(log))
    end = accept_log(started_anew(log))
    assert end.size == 6, "the acceptance is a leaf too"
    worker = started_anew(log)
    assert due(log, worker)
    log.grow(1)
    assert due(log, worker)


def test_a_log_that_is_broken_in_itself_cannot_be_accepted(log: Log) -> None:
    log.grow(4)
    log.sql("DELETE FROM log_leaves WHERE seq = 2")
    with pytest.raises(LogInconsistent):
        accept_log(log.fakes.deps)


def test_a_first_log_can_be_accepted_before_anything_was_signed(log: Log) -> None:
    log.grow(2)
    assert isinstance(accept_log(log.fakes.deps), Head)
    assert due(log)


def test_the_nightly_check_finds_a_signed_leaf_that_was_edited(log: Log) -> None:
    log.grow(8)
    due(log)
    assert check_whole_log(log.fakes.deps).size == 8
    log.sql("UPDATE log_leaves SET kind = 'payment.declined' WHERE seq = 3")
    with pytest.raises(LogInconsistent):
        check_whole_log(log.fakes.deps)
