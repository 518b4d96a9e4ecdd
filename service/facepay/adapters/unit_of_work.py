"""Run one transaction on SQLite or PostgreSQL, and open the database's engine.

SQLite runs in WAL mode, and every transaction begins IMMEDIATE. A transaction that reads first and
writes later can then never fail with "database is locked" in between. PostgreSQL runs READ
COMMITTED; use cases lock the rows that must not change. Every database error becomes
StorageUnavailable.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel

from facepay.adapters import event_tables as e
from facepay.adapters import tables as t
from facepay.adapters.delivery_repository import SqlDeliveries
from facepay.adapters.repositories import Entity, SqlRepository
from facepay.adapters.standings import read_standing
from facepay.domain.attempts import Attempts
from facepay.domain.audit import Head, Leaf, Opening
from facepay.domain.capture import Capture
from facepay.domain.checkpoint import Checkpoint
from facepay.domain.consent import Consent
from facepay.domain.customer import Client, Customer, Merchant, SecondFactor, Terminal
from facepay.domain.deletion import Deletion
from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import StorageUnavailable
from facepay.domain.event import Event
from facepay.domain.face_use import FaceUse
from facepay.domain.idempotency import IdempotencyRecord, UsedNonce
from facepay.domain.operator_action import OperatorAction
from facepay.domain.page_session import PageSession
from facepay.domain.payment import Authorization, Intent
from facepay.domain.published_key import PublishedKey
from facepay.domain.recovery import RecoveryCode
from facepay.domain.standing import Standing
from facepay.domain.webhook import Delivery, Endpoint
from facepay.ports import Deliveries, Repository, UnitOfWork

BUSY_TIMEOUT_S = 10


class SqlUnitOfWork:
    """Implementation of `ports.UnitOfWork` over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._checks: list[Callable[[], None]] = []

        def stored(entity: type[Entity], row: type[SQLModel]) -> Repository[Entity]:
            return SqlRepository(session, entity, row)

        self.operator_actions = stored(OperatorAction, t.OperatorActionRow)
        self.clients = stored(Client, t.ClientRow)
        self.merchants = stored(Merchant, t.MerchantRow)
        self.terminals = stored(Terminal, t.TerminalRow)
        self.customers = stored(Customer, t.CustomerRow)
        self.second_factors = stored(SecondFactor, t.SecondFactorRow)
        self.recovery_codes = stored(RecoveryCode, t.RecoveryCodeRow)
        self.attempts = stored(Attempts, t.AttemptsRow)
        self.consents = stored(Consent, t.ConsentRow)
        self.enrolments = stored(Enrolment, t.EnrolmentRow)
        self.deletions = stored(Deletion, t.DeletionRow)
        self.captures = stored(Capture, t.CaptureRow)
        self.intents = stored(Intent, t.IntentRow)
        self.authorizations = stored(Authorization, t.AuthorizationRow)
        self.leaves = stored(Leaf, t.LeafRow)
        self.openings = stored(Opening, t.OpeningRow)
        self.heads = stored(Head, t.HeadRow)
        self.checkpoints = stored(Checkpoint, t.CheckpointRow)
        self.published_keys = stored(PublishedKey, t.PublishedKeyRow)
        self.idempotency = stored(IdempotencyRecord, t.IdempotencyRow)
        self.nonces = stored(UsedNonce, t.NonceRow)
        self.page_sessions = stored(PageSession, t.PageSessionRow)
        self.events = stored(Event, e.EventRow)
        self.endpoints = stored(Endpoint, e.EndpointRow)
        self.face_uses = stored(FaceUse, e.FaceUseRow)
        self.deliveries: Deliveries[Delivery] = SqlDeliveries(session, Delivery, e.DeliveryRow)

    def standing(self, keyid: str) -> Standing | None:
        return read_standing(self._session, keyid)

    def before_commit(self, check: Callable[[], None]) -> None:
        self._checks.append(check)

    def commit(self) -> None:
        for check in self._checks:
            check()
        self._checks.clear()
        self._session.commit()


class Database:
    """A database; calling it opens a unit of work. Create one in each worker, after the fork."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)

    @contextmanager
    def __call__(self) -> Iterator[UnitOfWork]:
        try:
            with Session(self.engine, expire_on_commit=False) as session:
                yield SqlUnitOfWork(session)
        except SQLAlchemyError as error:
            # Keep the statement and its parameters out of the message and the exception chain.
            raise StorageUnavailable(type(error).__name__) from None


def open_engine(url: str) -> Engine:
    """Open an engine for `sqlite:///…` or `postgresql+psycopg://…`."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    return create_engine(parsed, pool_pre_ping=True, pool_size=8, hide_parameters=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not open transactions; `_begin_immediate` does.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
