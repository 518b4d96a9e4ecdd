"""Consents whose date has come are found by an index, also those from before the migration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from facepay.adapters.migrate import migrate
from facepay.adapters.unit_of_work import Database
from facepay.domain.consent import Consent, ConsentPurpose
from facepay.domain.customer import Customer
from facepay.domain.span import Span
from tests.support.databases import empty_database

MOMENT = datetime(2026, 11, 23, 23, 59, 59, 999999, tzinfo=UTC)
TICK = timedelta(microseconds=1)
KEPT = 2000


def consent(number: int, ended_at: datetime | None) -> Consent:
    until = MOMENT + number * TICK
    purpose = ConsentPurpose.FACE_PAYMENT
    return Consent(f"con_{number}", "cus", purpose, "v", "h", MOMENT, until, None, ended_at)


@pytest.fixture
def kept(database: Database) -> Database:
    """Keep many consents; one in a hundred has not ended."""
    with database() as uow:
        uow.customers.add(Customer("cus", "ada", "x", MOMENT))
        for number in range(KEPT):
            uow.consents.add(consent(number, MOMENT if number % 100 else None))
        uow.commit()
    return database


def test_the_oldest_due_consents_are_found_and_those_of_a_tick_later_are_not(
    kept: Database,
) -> None:
    for until, numbers in ((MOMENT + 100 * TICK, [0, 100]), (MOMENT + 99 * TICK, [0])):
        with kept() as uow:
            due = uow.consents.find_all(
                limit=200,
                oldest_by="expires_at",
                ended_at=None,
                expires_at=Span(end=until + TICK),
            )
        assert [each.id for each in due] == [f"con_{number}" for number in numbers]


def test_due_consents_are_found_without_reading_the_ended_ones(kept: Database) -> None:
    statements: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        statements.append((statement, parameters))

    event.listen(kept.engine, "before_cursor_execute", note)
    until = Span(end=MOMENT + timedelta(days=1))
    with kept() as uow:
        due = uow.consents.find_all(
            limit=5, oldest_by="expires_at", ended_at=None, expires_at=until
        )
    event.remove(kept.engine, "before_cursor_execute", note)
    assert len(due) == 5
    statement, parameters = next(each for each in statements if "FROM consents" in each[0])
    explain = "EXPLAIN QUERY PLAN" if kept.engine.name == "sqlite" else "EXPLAIN"
    with kept.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        plan = str(connection.exec_driver_sql(f"{explain} {statement}", parameters).fetchall())
    assert "ix_consents_not_ended" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_consents_that_expired_before_the_migration_wait_for_the_next_sweep(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> None:
    url = empty_database(request, database_kind, tmp_path)
    migrate(url, revision="0016")
    database = Database(url)
    at = MOMENT.isoformat(sep=" ")
    kept = f"'c', 'face_payment', 'v', 'h', '{at}', '{at}'"
    rows = [
        ("customers", f"'c', 'ada', 'x', '{at}', NULL"),
        ("consents", f"'expired', {kept}, NULL"),
        ("consents", f"'withdrawn', {kept}, '{at}'"),
    ]
    with database.engine.begin() as connection:
        for table, values in rows:
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({values})")  # noqa: S608
    migrate(url)
    with database() as uow:
        ended = {each.id: each.ended_at for each in uow.consents.find_all()}
    database.engine.dispose()
    assert ended == {"expired": None, "withdrawn": MOMENT}
