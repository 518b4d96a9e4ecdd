"""Store frozen domain values of every kind with one generic repository.

A row and its domain value have the same field names (a test checks this), so there is one mapping
for all. Statements use SQLAlchemy Core, because frozen values need no identity map. `lock` is
SELECT … FOR NO KEY UPDATE on PostgreSQL; on SQLite every unit of work already has the only write
lock (BEGIN IMMEDIATE).
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from sqlalchemy import CursorResult, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from facepay.domain.errors import AlreadyExists, StaleRow
from facepay.domain.span import Span

Entity = TypeVar("Entity")

SWEPT_AT_ONCE = 200
UNNUMBERED = 0


class SqlRepository(Generic[Entity]):
    """Implementation of `ports.Repository` for one entity class and its table."""

    def __init__(self, session: Session, entity: type[Entity], row: type[SQLModel]) -> None:
        self._session = session
        self._entity = entity
        self._table: Table = row.__table__  # type: ignore[attr-defined]  # SQLModel's, for tables
        hashable: Any = entity  # mypy does not know that every class is hashable
        self._converters = _converters(hashable)

    def add(self, entity: Entity) -> None:
        on_postgresql = self._session.get_bind().dialect.name == "postgresql"
        insert = postgresql.insert if on_postgresql else sqlite.insert
        columns = _columns_of(entity)
        if columns.get("seq") == UNNUMBERED:
            del columns["seq"]  # the database numbers it
        row = insert(self._table).values(**columns).on_conflict_do_nothing()
        if self._execute(row).rowcount != 1:
            raise AlreadyExists()

    def find(self, **equals: Any) -> Entity | None:
        found = self.find_all(limit=1, **equals)
        return found[0] if found else None

    def find_all(
        self,
        *,
        limit: int | None = None,
        after_seq: int | None = None,
        before_seq: int | None = None,
        after_id: str | None = None,
        having: str | None = None,
        newest_by: str | None = None,
        oldest_by: str | None = None,
        **equals: Any,
    ) -> list[Entity]:
        query = select(self._table).where(*self._matching(equals))
        if after_seq is not None:
            query = query.where(self._column("seq") > after_seq).order_by(self._column("seq"))
        if before_seq is not None:
            newest_first = self._column("seq").desc()
            query = query.where(self._column("seq") < before_seq).order_by(newest_first)
        if after_id is not None:
            query = query.where(self._column("id") > after_id).order_by(self._column("id"))
        if having is not None:
            query = query.where(self._column(having).is_not(None))
        if newest_by is not None:
            query = query.order_by(self._column(newest_by).desc())
        if oldest_by is not None:
            query = query.order_by(self._column(oldest_by))
        return [self._from_row(row) for row in self._execute(query.limit(limit)).mappings()]

    def count(self, **equals: Any) -> int:
        counted = select(func.count()).select_from(self._table).where(*self._matching(equals))
        return int(self._execute(counted).scalar_one())

    def lock(self, entity_id: str) -> Entity | None:
        query = select(self._table).where(self._column("id") == entity_id)
        # FOR NO KEY UPDATE: keys never change, so inserting a row that refers to this one need
        # not wait.
        row = self._execute(query.with_for_update(key_share=True)).mappings().first()
        return None if row is None else self._from_row(row)

    def update(self, entity: Entity, **expecting: Any) -> None:
        columns = _columns_of(entity)
        same = self._matching({"id": columns.pop("id"), **expecting})
        if self._execute(update(self._table).where(*same).values(**columns)).rowcount != 1:
            raise StaleRow()

    def update_all(self, changes: Mapping[str, Any], **equals: Any) -> int:
        change = update(self._table).where(*self._matching(equals)).values(**changes)
        return int(self._execute(change).rowcount)

    def delete_before(self, field: str, moment: datetime) -> None:
        # Skip rows that another sweep has locked, so that two sweeps never wait for each other.
        key = self._column("id")
        old = select(key).where(self._column(field) < moment).limit(SWEPT_AT_ONCE)
        if found := list(self._execute(old.with_for_update(skip_locked=True)).scalars()):
            self._execute(delete(self._table).where(key.in_(found)))

    def read_labelled(self, row: Mapping[Any, Any], prefix: str) -> Entity | None:
        """Return the entity whose columns a join labelled `prefix` and name; None for no match."""
        if row[f"{prefix}id"] is None:
            return None
        return self._from_row({name: row[f"{prefix}{name}"] for name in self._converters})

    def _execute(self, statement: Any) -> CursorResult[Any]:
        done: Any = self._session.connection().execute(
            statement, execution_options={"preserve_rowcount": True}
        )
        return done  # type: ignore[no-any-return]

    def _column(self, name: str) -> Any:
        return self._table.c[name]

    def _matching(self, equals: Mapping[str, Any]) -> list[Any]:
        return [
            condition
            for name, value in equals.items()
            for condition in _conditions(self._column(name), value)
        ]

    def _from_row(self, row: Mapping[Any, Any]) -> Entity:
        values = {name: convert(row[name]) for name, convert in self._converters.items()}
        return self._entity(**values)


def _conditions(column: Any, value: Any) -> list[Any]:
    if isinstance(value, frozenset):
        return [column.in_([_column_value(each) for each in value])]
    if isinstance(value, Span):
        first = [] if value.first is None else [column >= value.first]
        return first if value.end is None else [*first, column < value.end]
    return [column == _column_value(value)]


def _columns_of(entity: Any) -> dict[str, Any]:
    columns = {field.name: getattr(entity, field.name) for field in fields(entity)}
    return {name: _column_value(value) for name, value in columns.items()}


def _column_value(value: Any) -> Any:
    """Convert a field's value to the type that its column stores."""
    if isinstance(value, StrEnum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


@cache
def _converters(entity: type) -> dict[str, Any]:
    """Return, by field, the function that converts a column's value to the field's type."""
    hints = get_type_hints(entity)
    return {field.name: _converter(hints[field.name]) for field in fields(entity)}


def _converter(hint: Any) -> Any:
    for kind in (hint, *get_args(hint)):
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return lambda value: None if value is None else kind(value)
    if getattr(hint, "__origin__", None) is tuple:
        return tuple
    return lambda value: value
