"""One transaction on SQLite or PostgreSQL, and the engine behind it.

SQLite runs in WAL mode and every transaction begins IMMEDIATE: a reader that later writes can
then never fail half-way with "database is locked". PostgreSQL runs READ COMMITTED; what must not
move is locked row by row. Anything the database itself refuses becomes StorageUnavailable.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from facepay.adapters import event_tables as e
from facepay.adapters import tables as t
from facepay.adapters.delivery_repository import SqlDeliveries
from facepay.adapters.repositories import SqlRepository
from facepay.domain.attempts import Attempts
from facepay.domain.audit import Head, Leaf, Opening
from facepay.domain.capture import Capture
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
from facepay.domain.webhook import Delivery, Endpoint
from facepay.ports import Deliveries, Repository, UnitOfWork

BUSY_TIMEOUT_S = 10


class SqlUnitOfWork:
    """Implements `ports.UnitOfWork` over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.operator_actions: Repository[OperatorAction] = SqlRepository(
            session, OperatorAction, t.OperatorActionRow
        )
        self.clients: Repository[Client] = SqlRepository(session, Client, t.ClientRow)
        self.merchants: Repository[Merchant] = SqlRepository(session, Merchant, t.MerchantRow)
        self.terminals: Repository[Terminal] = SqlRepository(session, Terminal, t.TerminalRow)
        self.customers: Repository[Customer] = SqlRepository(session, Customer, t.CustomerRow)
        self.second_factors: Repository[SecondFactor] = SqlRepository(
            session, SecondFactor, t.SecondFactorRow
        )
        self.recovery_codes: Repository[RecoveryCode] = SqlRepository(
            session, RecoveryCode, t.RecoveryCodeRow
        )
        self.attempts: Repository[Attempts] = SqlRepository(session, Attempts, t.AttemptsRow)
        self.consents: Repository[Consent] = SqlRepository(session, Consent, t.ConsentRow)
        self.enrolments: Repository[Enrolment] = SqlRepository(session, Enrolment, t.EnrolmentRow)
        self.deletions: Repository[Deletion] = SqlRepository(session, Deletion, t.DeletionRow)
        self.captures: Repository[Capture] = SqlRepository(session, Capture, t.CaptureRow)
        self.intents: Repository[Intent] = SqlRepository(session, Intent, t.IntentRow)
        self.authorizations: Repository[Authorization] = SqlRepository(
            session, Authorization, t.AuthorizationRow
        )
        self.leaves: Repository[Leaf] = SqlRepository(session, Leaf, t.LeafRow)
        self.openings: Repository[Opening] = SqlRepository(session, Opening, t.OpeningRow)
        self.heads: Repository[Head] = SqlRepository(session, Head, t.HeadRow)
        self.published_keys: Repository[PublishedKey] = SqlRepository(
            session, PublishedKey, t.PublishedKeyRow
        )
        self.idempotency: Repository[IdempotencyRecord] = SqlRepository(
            session, IdempotencyRecord, t.IdempotencyRow
        )
        self.nonces: Repository[UsedNonce] = SqlRepository(session, UsedNonce, t.NonceRow)
        self.events: Repository[Event] = SqlRepository(session, Event, e.EventRow)
        self.page_sessions: Repository[PageSession] = SqlRepository(
            session, PageSession, t.PageSessionRow
        )
        self.endpoints: Repository[Endpoint] = SqlRepository(session, Endpoint, e.EndpointRow)
        self.face_uses: Repository[FaceUse] = SqlRepository(session, FaceUse, e.FaceUseRow)
        self.deliveries: Deliveries[Delivery] = SqlDeliveries(session, Delivery, e.DeliveryRow)

    def commit(self) -> None:
        self._session.commit()


class Database:
    """Calling it opens a unit of work. Build one in each worker, after the fork."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)

    @contextmanager
    def __call__(self) -> Iterator[UnitOfWork]:
        try:
            with Session(self.engine, expire_on_commit=False) as session:
                yield SqlUnitOfWork(session)
        except SQLAlchemyError as error:
            # The statement and its parameters stay out of the message and of the chain.
            raise StorageUnavailable(type(error).__name__) from None


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`."""
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
    # The driver must not open transactions by itself; `_begin_immediate` does.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
