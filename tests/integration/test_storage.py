"""Storage on both databases returns what was written and overwrites nothing unseen."""

import json
import types
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from facepay.adapters import event_tables, tables
from facepay.adapters.migrate import migrate
from facepay.adapters.unit_of_work import Database
from facepay.domain.attempts import Attempts
from facepay.domain.errors import AlreadyExists, StaleRow
from facepay.ports import UnitOfWork
from tests.support.databases import empty_database

MOMENT = datetime(2026, 11, 23, 23, 59, 59, 999999, tzinfo=UTC)
# The repositories of a unit of work with their entities, parents before children.
REPOSITORIES: dict[str, type] = {
    name: get_args(hint)[0] for name, hint in get_type_hints(UnitOfWork).items()
}
ROWS = {"IdempotencyRecord": "IdempotencyRow", "UsedNonce": "NonceRow"}
PARENTS = {
    "merchant_id": "Merchant",
    "terminal_id": "Terminal",
    "customer_id": "Customer",
    "consent_id": "Consent",
    "enrolment_id": "Enrolment",
    "factor_id": "SecondFactor",
    "intent_id": "Intent",
    "endpoint_id": "Endpoint",
}


def row_of(entity: type) -> type[SQLModel]:
    name = ROWS.get(entity.__name__, f"{entity.__name__}Row")
    row: type[SQLModel] = getattr(tables, name, None) or getattr(event_tables, name)
    return row


def sample(entity: type, kind: str) -> Any:
    """Make one value of `entity`: "full" has every optional field, "bare" has none of them."""
    hints = get_type_hints(entity)
    return entity(
        **{
            field.name: _value(entity, field.name, hints[field.name], kind)
            for field in fields(entity)
        }
    )


def _value(entity: type, name: str, hint: Any, kind: str) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        if kind == "bare":
            return None
        hint = next(each for each in get_args(hint) if each is not type(None))
    if name == "id":
        return f"{entity.__name__}-{kind}"
    if name in PARENTS:
        return f"{PARENTS[name]}-{kind}"
    return _plain_value(name, hint, kind)


def _plain_value(name: str, hint: Any, kind: str) -> Any:
    if get_origin(hint) is tuple:
        return ("turn_left", "turn_right") if kind == "full" else ()
    if get_origin(hint) is Mapping:
        return {name: kind, "ü": "顔"} if kind == "full" else {}
    if issubclass(hint, StrEnum):
        return list(hint)[-1 if kind == "full" else 0]
    plain: dict[type, Any] = {
        str: f"{name} «ü» 顔 {kind}",
        bool: kind == "full",
        int: 10**12 if name == "amount_minor" else 2 if kind == "full" else 1,
        datetime: MOMENT,
    }
    return plain[hint]


def test_every_table_belongs_to_a_domain_value_and_has_its_fields() -> None:
    assert {row_of(entity).__tablename__ for entity in REPOSITORIES.values()} == set(
        SQLModel.metadata.tables
    )
    for entity in REPOSITORIES.values():
        columns = SQLModel.metadata.tables[str(row_of(entity).__tablename__)].columns
        assert [column.name for column in columns] == [field.name for field in fields(entity)]


def test_the_migrations_make_exactly_the_tables_the_code_uses(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_again_changes_no_row(database: Database, database_url: str) -> None:
    with database() as uow:
        uow.attempts.add(Attempts("x", 3, MOMENT))
        uow.commit()
    migrate(database_url)
    with database() as uow:
        assert uow.attempts.find(id="x") == Attempts("x", 3, MOMENT)


def test_a_face_enrolled_before_keys_had_names_keeps_its_key(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> None:
    url = empty_database(request, database_kind, tmp_path)
    migrate(url, revision="0001")
    database = Database(url)
    at = MOMENT.isoformat(sep=" ")
    rows = {
        "customers": f"'c', 'ada', 'x', '{at}'",
        "consents": f"'k', 'c', 'face_payment', 'v', 'h', '{at}', '{at}', NULL",
        "enrolments": f"'enr_1', 'c', 'k', 'active', 1, 'm', 'sealed', '{at}', NULL, NULL",
    }
    with database.engine.begin() as connection:
        for table, values in rows.items():
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({values})")  # noqa: S608
    migrate(url)
    with database() as uow:
        found = uow.enrolments.find(id="enr_1")
    database.engine.dispose()
    assert found is not None
    assert (found.key_name, found.sealed_reference) == ("enr_1", "sealed")


def test_a_capture_open_during_the_challenge_migration_needs_a_new_one(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> None:
    url = empty_database(request, database_kind, tmp_path)
    migrate(url, revision="0002")
    database = Database(url)
    at = MOMENT.isoformat(sep=" ")
    kept = "'c', 'enr_1', NULL, 'key', 'nonce', '[\"turn_left\"]'"
    rows = [
        ("customers", f"'c', 'ada', 'x', '{at}'"),
        ("consents", f"'k', 'c', 'face_payment', 'v', 'h', '{at}', '{at}', NULL"),
        (
            "enrolments",
            "'enr_1', 'c', 'k', 'active', 1, 'm', 's', "
            f"'{at}', NULL, NULL, 'enr_1', NULL, NULL, NULL",
        ),
        ("captures", f"'open', 'payment', {kept}, 'open', NULL, '{at}', '{at}'"),
        ("captures", f"'used', 'payment', {kept}, 'used', 'r', '{at}', '{at}'"),
    ]
    with database.engine.begin() as connection:
        for table, values in rows:
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({values})")  # noqa: S608
    migrate(url)
    with database() as uow:
        was_open, used = (uow.captures.find(id=name) for name in ("open", "used"))
    database.engine.dispose()
    assert was_open is not None
    assert used is not None
    assert (was_open.state, used.state) == ("cancelled", "used")
    assert (used.profile, used.light, used.begun_at) == ("no_light", (), MOMENT)


def test_old_counters_and_stored_answers_are_read_under_their_new_names(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> None:
    url = empty_database(request, database_kind, tmp_path)
    migrate(url, revision="0015")
    database = Database(url)
    at = MOMENT.isoformat(sep=" ")
    answer = '{"state": "asked", "asked_by": "op_1", "asked_at": "2026-11-23T12:00:00Z"}'
    refusal = '{"code": "proof_rejected", "detail": null}'
    with database.engine.begin() as connection:
        for key, kept in (("answered", answer), ("refused", refusal)):
            row = f"'{key}', 'f', 'n', '{key}', '{at}', '{kept}', '{at}'"
            change = f"INSERT INTO idempotency_records VALUES ({row})"  # noqa: S608
            connection.exec_driver_sql(change)
        connection.exec_driver_sql("INSERT INTO attempts VALUES ('cus_1:till', 3, NULL)")
    migrate(url)
    with database() as uow:
        counter = uow.attempts.find(id="cus_1:terminal")
        answered, refused = (uow.idempotency.find(id=key) for key in ("answered", "refused"))
    database.engine.dispose()
    assert counter is not None
    assert counter.failures == 3
    assert answered is not None
    assert json.loads(answered.answer or "") == {
        "state": "requested",
        "requested_by": "op_1",
        "requested_at": "2026-11-23T12:00:00Z",
    }
    assert refused is not None
    assert json.loads(refused.answer or "")["code"] == "credentials_rejected"


def test_rows_are_found_page_by_page_and_by_a_field_that_is_set(database: Database) -> None:
    numbers = [f"{number:02}" for number in range(7)]
    with database() as uow:
        for number in reversed(numbers):
            blocked = MOMENT if number in {"03", "05"} else None
            uow.attempts.add(Attempts(number, 1, blocked))
        uow.commit()
    with database() as uow:
        pages = [uow.attempts.find_all(limit=3, after_id=after) for after in ("", "02", "05")]
        having = uow.attempts.find_all(having="blocked_until")
    assert [each.id for page in pages for each in page] == numbers
    assert {each.id for each in having} == {"03", "05"}


@pytest.mark.parametrize("kind", ["full", "bare"])
def test_every_value_is_read_as_it_was_written(database: Database, kind: str) -> None:
    written = {name: sample(entity, kind) for name, entity in REPOSITORIES.items()}
    with database() as uow:
        for name in REPOSITORIES:
            getattr(uow, name).add(written[name])
        uow.commit()
    with database() as uow:
        for name, value in written.items():
            key = fields(value)[0].name
            repository = getattr(uow, name)
            found = repository.find(**{key: getattr(value, key)})
            assert found == value
            assert [type(getattr(found, field.name)) for field in fields(value)] == [
                type(getattr(value, field.name)) for field in fields(value)
            ]
            if key == "id":
                assert repository.lock(value.id) == value


def test_uncommitted_changes_leave_no_row(database: Database) -> None:
    with database() as uow:
        uow.attempts.add(Attempts("x", 1, None))
    with database() as uow:
        assert uow.attempts.find(id="x") is None


def test_a_row_changed_meanwhile_is_not_overwritten(database: Database) -> None:
    before = Attempts("x", 1, None)
    with database() as uow:
        uow.attempts.add(before)
        uow.commit()
    with database() as uow:
        uow.attempts.update(replace(before, failures=2), failures=1)
        uow.commit()
    with database() as uow:
        with pytest.raises(StaleRow):
            uow.attempts.update(replace(before, failures=9), failures=1)
        with pytest.raises(StaleRow):
            uow.attempts.update(Attempts("never there", 0, None))
        uow.commit()
    with database() as uow:
        assert uow.attempts.find_all() == [Attempts("x", 2, None)]


def test_a_duplicate_name_leaves_the_rest_of_the_transaction_intact(
    database: Database,
) -> None:
    with database() as uow:
        uow.attempts.add(Attempts("x", 1, None))
        with pytest.raises(AlreadyExists):
            uow.attempts.add(Attempts("x", 2, None))
        uow.attempts.add(Attempts("y", 3, None))
        uow.commit()
    with database() as uow:
        assert {each.id: each.failures for each in uow.attempts.find_all()} == {"x": 1, "y": 3}


def test_only_older_rows_are_deleted(database: Database) -> None:
    nonce = sample(REPOSITORIES["nonces"], "full")
    with database() as uow:
        uow.nonces.add(nonce)
        uow.nonces.delete_before("expires_at", nonce.expires_at)
        assert uow.nonces.find(id=nonce.id) == nonce
        uow.nonces.delete_before("expires_at", nonce.expires_at.replace(year=2027))
        assert uow.nonces.find(id=nonce.id) is None
