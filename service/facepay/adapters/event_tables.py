"""Define the tables of events, webhook endpoints, deliveries and uses of a face.

As in tables.py, there are only columns, keys and indexes here.
"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index, Integer
from sqlmodel import Field, SQLModel

from facepay.adapters.tables import UtcDateTime

# SQLite numbers rows by itself only in an INTEGER primary key.
NUMBERED = BigInteger().with_variant(Integer(), "sqlite")


class EventRow(SQLModel, table=True):
    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_kind", "kind", "fanned_out_at"),
        {"sqlite_autoincrement": True},  # SQLite must not reuse the numbers of deleted rows
    )
    seq: int = Field(primary_key=True, sa_type=NUMBERED)
    id: str = Field(unique=True)
    kind: str
    at: datetime = Field(sa_type=UtcDateTime)
    payment: str | None
    merchant_audience: str | None
    shared: str | None
    for_operator: str
    fanned_out_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)


class EndpointRow(SQLModel, table=True):
    __tablename__ = "webhook_endpoints"
    id: str = Field(primary_key=True)
    audience: str = Field(index=True)
    url: str
    sealed_secret: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeliveryRow(SQLModel, table=True):
    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_due", "lane", "state", "next_at", "endpoint_id"),
        # The next deliveries are found without reading all that wait.
        Index("ix_deliveries_endpoint", "endpoint_id", "state", "lane", "seq"),
        Index("ix_deliveries_payment", "payment", "endpoint_id", "state", "seq"),
    )
    id: str = Field(primary_key=True)
    event_id: str
    seq: int = Field(sa_type=BigInteger)
    endpoint_id: str = Field(foreign_key="webhook_endpoints.id")
    lane: str
    payment: str | None
    state: str
    attempts: int
    next_at: datetime = Field(sa_type=UtcDateTime)
    last_outcome: str | None
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class FaceUseRow(SQLModel, table=True):
    __tablename__ = "face_uses"
    __table_args__ = (
        Index("ix_face_uses_owner", "customer_id", "seq"),
        {"sqlite_autoincrement": True},
    )
    seq: int = Field(primary_key=True, sa_type=NUMBERED)
    id: str = Field(unique=True)
    customer_id: str = Field(foreign_key="customers.id")
    at: datetime = Field(sa_type=UtcDateTime)
    payment: str
    capture_id: str = Field(unique=True)
    merchant_id: str
    terminal_id: str
    city: str | None
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    outcome: str
    flags: list[str] = Field(sa_type=JSON)
    on_hold: bool
