"""Many workers read the checkpoint while the log grows: one history is signed, without an alarm."""

from dataclasses import replace

from sqlalchemy import event

from facepay.adapters.unit_of_work import Database
from facepay.domain.checkpoint import HEAD, LogMemory, anchor
from facepay.domain.event import EventKind
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.checkpoints import (
    check_whole_log,
    parse_checkpoint,
    read_checkpoint,
)
from tests.fakes.dependencies import fake_dependencies
from tests.support.race import together

WORKERS = 8
ROUNDS = 25


def test_workers_that_sign_at_once_sign_one_history(database: Database) -> None:
    fakes = fake_dependencies(database)
    workers = [replace(fakes.deps, log_memory=LogMemory()) for _ in range(WORKERS)]

    def grow() -> None:
        with database() as uow:
            append_leaf(fakes.deps, uow, "payment.approved")
            uow.commit()

    for number in range(ROUNDS):
        grow()
        fakes.clock.advance(60)
        new = replace(fakes.deps, log_memory=LogMemory())
        workers[number % WORKERS] = new  # a worker that was restarted
        readers = [lambda deps=deps: read_checkpoint(deps) for deps in workers]
        outcomes = together([grow, *readers])
        assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert check_whole_log(replace(fakes.deps, log_memory=LogMemory())).size == 2 * ROUNDS
    with database() as uow:
        row = uow.checkpoints.find(id=HEAD)
        assert row is not None
        end = parse_checkpoint(fakes.deps, row.token).end
        assert end.size == 2 * ROUNDS
        assert [name for name in fakes.checkpoint_keys.keys if name[0].isdigit()] == [anchor(end)]
        assert uow.events.count(kind=EventKind.LOG_INCONSISTENT) == 0


def test_appending_a_leaf_takes_the_four_statements_that_it_took(database: Database) -> None:
    """Checkpoints cost their readers, and no payment."""
    deps = fake_dependencies(database).deps
    seen: list[str] = []
    with database() as uow:
        append_leaf(deps, uow, "payment.approved")
        uow.commit()
    read_checkpoint(deps)
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: seen.append(statement.split(" ", 1)[0]),
    )
    with database() as uow:
        append_leaf(deps, uow, "payment.approved")
        uow.commit()
    assert [each for each in seen if each != "BEGIN"] == ["SELECT", "INSERT", "INSERT", "UPDATE"]
