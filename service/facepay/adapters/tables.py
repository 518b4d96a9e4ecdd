"""Define the tables, one for each stored domain value; columns have the names of its fields.

There are only columns, keys and indexes here. No row holds a frame, an embedding or a plain secret:
templates and TOTP secrets are OpenBao's ciphertext, passwords and recovery codes are argon2id
hashes.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Index, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """Column type for aware datetimes in UTC on every database; SQLite itself drops the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone must not reach the database")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_NUMBERED_BY_THE_SERVICE = {"autoincrement": False}
_NOT_ENDED = text("ended_at IS NULL")
_WHERE_NOT_ENDED: dict[str, Any] = {"sqlite_where": _NOT_ENDED, "postgresql_where": _NOT_ENDED}


def _time(*, index: bool = False) -> Any:
    return Field(sa_type=UtcDateTime, index=index)


def _maybe_time() -> Any:
    return Field(default=None, sa_type=UtcDateTime)


class ClientRow(SQLModel, table=True):
    __tablename__ = "clients"
    id: str = Field(primary_key=True)
    role: str
    subject_id: str = Field(index=True)
    public_key_pem: str
    created_at: datetime = _time()
    revoked_at: datetime | None = _maybe_time()
    name: str | None


class MerchantRow(SQLModel, table=True):
    __tablename__ = "merchants"
    id: str = Field(primary_key=True)
    name: str
    created_at: datetime = _time()
    suspended_at: datetime | None = _maybe_time()
    suspended_until: datetime | None = _maybe_time()


class TerminalRow(SQLModel, table=True):
    __tablename__ = "terminals"
    id: str = Field(primary_key=True)
    merchant_id: str = Field(foreign_key="merchants.id", index=True)
    name: str
    created_at: datetime = _time()
    suspended_at: datetime | None = _maybe_time()
    city: str | None
    suspended_until: datetime | None = _maybe_time()


class CustomerRow(SQLModel, table=True):
    __tablename__ = "customers"
    id: str = Field(primary_key=True)
    alias: str = Field(unique=True)
    password_hash: str
    created_at: datetime = _time()
    duress_tag: str | None


class SecondFactorRow(SQLModel, table=True):
    __tablename__ = "second_factors"
    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customers.id", index=True)
    kind: str
    name: str
    sealed_secret: str | None
    keyid: str | None
    public_key_pem: str | None
    state: str
    last_time_step: int
    created_at: datetime = _time()


class RecoveryCodeRow(SQLModel, table=True):
    __tablename__ = "recovery_codes"
    id: str = Field(primary_key=True)
    factor_id: str = Field(foreign_key="second_factors.id", index=True)
    secret_hash: str
    used_at: datetime | None = _maybe_time()
    expires_at: datetime | None = _maybe_time()


class AttemptsRow(SQLModel, table=True):
    __tablename__ = "attempts"
    id: str = Field(primary_key=True)
    failures: int
    blocked_until: datetime | None = _maybe_time()


class ConsentRow(SQLModel, table=True):
    __tablename__ = "consents"
    # The next consents to end are found without reading those that have ended.
    __table_args__ = (Index("ix_consents_not_ended", "expires_at", **_WHERE_NOT_ENDED),)
    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customers.id", index=True)
    purpose: str
    notice_version: str
    notice_sha256: str
    granted_at: datetime = _time()
    expires_at: datetime = _time()
    withdrawn_at: datetime | None = _maybe_time()
    ended_at: datetime | None = _maybe_time()


class EnrolmentRow(SQLModel, table=True):
    __tablename__ = "enrolments"
    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customers.id", index=True)
    consent_id: str = Field(foreign_key="consents.id")
    state: str
    epoch: int
    model: str
    sealed_reference: str | None
    created_at: datetime = _time()
    revoked_at: datetime | None = _maybe_time()
    key_destroyed_at: datetime | None = _maybe_time()
    renewed_at: datetime | None = _maybe_time()
    duress_since: datetime | None = _maybe_time()
    key_number: int
    next_key: int | None = Field(index=True)
    retiring_key: int | None = Field(index=True)
    keys_made: int


class DeletionRow(SQLModel, table=True):
    __tablename__ = "deletions"
    id: str = Field(primary_key=True)
    cause: str
    references_erased: int
    captures_cancelled: int
    intents_stopped: int
    keys_destroyed: int
    keys_found: int | None
    revoked_leaf: int | None = Field(default=None, sa_type=BigInteger)
    destroyed_leaf: int | None = Field(default=None, sa_type=BigInteger)


class OperatorActionRow(SQLModel, table=True):
    __tablename__ = "operator_actions"
    id: str = Field(primary_key=True)
    kind: str
    state: str
    target: str
    requested_by: str
    requested_key: str
    requested_at: datetime = _time()
    expires_at: datetime = _time()
    approved_by: str | None
    approved_key: str | None
    approved_at: datetime | None = _maybe_time()
    done_at: datetime | None = _maybe_time()
    total: int


class CaptureRow(SQLModel, table=True):
    __tablename__ = "captures"
    id: str = Field(primary_key=True)
    purpose: str
    customer_id: str = Field(foreign_key="customers.id")
    enrolment_id: str = Field(foreign_key="enrolments.id", index=True)
    intent_id: str | None = Field(default=None, index=True)
    opened_by: str
    profile: str
    nonce: str | None
    steps: list[str] = Field(sa_type=JSON)
    light: list[str] = Field(sa_type=JSON)
    state: str
    used_by: str | None
    opened_at: datetime = _time()
    begun_at: datetime | None = _maybe_time()
    deadline: datetime = _time()


class IntentRow(SQLModel, table=True):
    __tablename__ = "payment_intents"
    id: str = Field(primary_key=True)
    merchant_id: str = Field(foreign_key="merchants.id", index=True)
    terminal_id: str = Field(foreign_key="terminals.id")
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    order_ref: str
    nonce: str
    state: str
    method: str | None
    customer_id: str | None = Field(foreign_key="customers.id", index=True)
    enrolment_id: str | None = Field(foreign_key="enrolments.id", index=True)
    enrolment_epoch: int | None
    capture_id: str | None
    captures_used: int
    pad_passed: bool | None
    face_matched: bool | None
    decision_reason: str | None
    created_at: datetime = _time()
    expires_at: datetime = _time()
    opened_by: str


class AuthorizationRow(SQLModel, table=True):
    __tablename__ = "authorizations"
    id: str = Field(primary_key=True)
    intent_id: str = Field(foreign_key="payment_intents.id", unique=True)
    jws: str
    issued_at: datetime = _time()
    expires_at: datetime = _time()


class LeafRow(SQLModel, table=True):
    __tablename__ = "log_leaves"
    seq: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs=_NUMBERED_BY_THE_SERVICE
    )
    at: datetime = _time()
    kind: str
    commitment: str
    previous: str
    hash: str = Field(unique=True)


class OpeningRow(SQLModel, table=True):
    __tablename__ = "log_openings"
    seq: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs=_NUMBERED_BY_THE_SERVICE
    )
    salt: str
    details: str


class HeadRow(SQLModel, table=True):
    __tablename__ = "log_heads"
    id: str = Field(primary_key=True)
    size: int = Field(sa_type=BigInteger)
    hash: str


class CheckpointRow(SQLModel, table=True):
    __tablename__ = "log_checkpoints"
    id: str = Field(primary_key=True)
    token: str
    renewed_at: datetime = _time()


class PublishedKeyRow(SQLModel, table=True):
    __tablename__ = "published_keys"
    id: str = Field(primary_key=True)
    jwk: dict[str, str] = Field(sa_type=JSON)
    certificate: str | None
    published_until: datetime | None = _maybe_time()


class IdempotencyRow(SQLModel, table=True):
    __tablename__ = "idempotency_records"
    id: str = Field(primary_key=True)
    fingerprint: str
    fence: str
    state: str
    lease_until: datetime = _time()
    answer: str | None
    created_at: datetime = _time(index=True)


class NonceRow(SQLModel, table=True):
    __tablename__ = "used_nonces"
    id: str = Field(primary_key=True)
    expires_at: datetime = _time(index=True)


class PageSessionRow(SQLModel, table=True):
    __tablename__ = "page_sessions"
    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customers.id", index=True)
    started_at: datetime = _time()
    seen_at: datetime = _time()
    ends_at: datetime = _time(index=True)
