"""One repository for every kind of row: frozen domain values in, frozen domain values out.

A row and its domain value have the same field names (a test holds them to it), so the mapping is
written once. `lock` is SELECT … FOR NO KEY UPDATE on PostgreSQL; on SQLite every unit of work
already holds the one write lock (BEGIN IMMEDIATE).
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

from facepay.domain.errors import AlreadyExists, StaleRow

Entity = TypeVar("Entity")

SWEPT_AT_ONCE = 200


class SqlRepository(Generic[Entity]):
    """Implements `ports.Repository` for one entity class and its table."""

    def __init__(self, session: Session, entity: type[Entity], row: type[SQLModel]) -> None:
        self._session = session
        self._entity = entity
        self._row = row
        self._columns: Any = row
        kind: Any = entity  # mypy does not see that every class can be hashed
        self._makers = _makers(kind)

    def add(self, entity: Entity) -> None:
        try:
            with self._session.begin_nested():
                self._session.add(self._row(**_columns_of(entity)))
        except IntegrityError as error:
            raise AlreadyExists() from error

    def find(self, **equals: Any) -> Entity | None:
        found = self.find_all(limit=1, **equals)
        return found[0] if found else None

    def find_all(
        self,
        *,
        limit: int | None = None,
        after_seq: int | None = None,
        after_id: str | None = None,
        having: str | None = None,
        **equals: Any,
    ) -> list[Entity]:
        query = select(self._row).filter_by(**equals)
        if after_seq is not None:
            query = query.where(self._columns.seq > after_seq).order_by(self._columns.seq)
        if after_id is not None:
            query = query.where(self._columns.id > after_id).order_by(self._columns.id)
        if having is not None:
            query = query.where(getattr(self._columns, having).is_not(None))
        return [self._from_row(row) for row in self._session.scalars(query.limit(limit))]

    def lock(self, entity_id: str) -> Entity | None:
        query = select(self._row).where(self._columns.id == entity_id)
        # FOR NO KEY UPDATE: keys never change, and rows that refer to this one need not wait.
        query = query.with_for_update(key_share=True)
        row = self._session.scalars(query.execution_options(populate_existing=True)).first()
        return None if row is None else self._from_row(row)

    def update(self, entity: Entity, **expecting: Any) -> None:
        columns = _columns_of(entity)
        change = update(self._row).where(self._columns.id == columns.pop("id"))
        change = change.filter_by(**expecting).values(**columns)
        done: Any = self._session.execute(change, execution_options={"synchronize_session": False})
        if done.rowcount != 1:
            raise StaleRow()
        self._session.expire_all()

    def update_all(self, changes: Mapping[str, Any], **equals: Any) -> int:
        change = update(self._row).filter_by(**equals).values(**changes)
        done: Any = self._session.execute(change, execution_options={"synchronize_session": False})
        self._session.expire_all()
        return int(done.rowcount)

    def delete_before(self, field: str, moment: datetime) -> None:
        # Rows that another sweep holds are left to it: two sweeps must never wait for each other.
        old = select(self._columns.id).where(getattr(self._columns, field) < moment)
        ids = self._session.scalars(old.limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True))
        if found := list(ids):
            self._session.execute(delete(self._row).where(self._columns.id.in_(found)))

    def _from_row(self, row: SQLModel) -> Entity:
        values = {name: make(getattr(row, name)) for name, make in self._makers.items()}
        return self._entity(**values)


def _columns_of(entity: Any) -> dict[str, Any]:
    columns = {field.name: getattr(entity, field.name) for field in fields(entity)}
    for name, value in columns.items():
        if isinstance(value, StrEnum):
            columns[name] = value.value
        elif isinstance(value, tuple):
            columns[name] = list(value)
    return columns


@cache
def _makers(entity: type) -> dict[str, Any]:
    """For each field the function that turns a column's value into the field's."""
    hints = get_type_hints(entity)
    return {field.name: _maker(hints[field.name]) for field in fields(entity)}


def _maker(hint: Any) -> Any:
    for kind in (hint, *get_args(hint)):
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return lambda value: None if value is None else kind(value)
    if getattr(hint, "__origin__", None) is tuple:
        return tuple
    return lambda value: value
