"""Parties: clients with keys, merchants, terminals, customers and their second factors.

A client is a machine that signs its requests (RFC 9421) with a registered P-256 key. Its role
decides which requests are permitted. The face never gives access to a customer's password or
second factors.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    OPERATOR = "operator"
    MERCHANT = "merchant"
    TERMINAL = "terminal"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A P-256 key: its RFC 7638 thumbprint, which serves as `keyid`, and its SPKI PEM."""

    thumbprint: str
    pem: str


@dataclass(frozen=True, slots=True)
class Client:
    """A registered signing key. `id` is its RFC 7638 thumbprint, used as `keyid`.

    `revoked_at` is when it was withdrawn. `name` is what a customer calls the device that has it.
    """

    id: str
    role: Role
    subject_id: str
    public_key_pem: str
    created_at: datetime
    revoked_at: datetime | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant; `suspended_until` None means until it is resumed (domain/standing.py)."""

    id: str
    name: str
    created_at: datetime
    suspended_at: datetime | None
    suspended_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal; `suspended_until` None means until it is resumed (domain/standing.py)."""

    id: str
    merchant_id: str
    name: str
    created_at: datetime
    suspended_at: datetime | None
    city: str | None
    suspended_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer: `password_hash` is argon2id in PHC form, `duress_tag` from `domain.duress`."""

    id: str
    alias: str
    password_hash: str
    created_at: datetime
    duress_tag: str | None = None


class FactorKind(StrEnum):
    """A kind of second factor.

    `TOTP`: one-time codes (RFC 6238). `DEVICE_KEY`: a P-256 key that signs confirmations.
    `RECOVERY_CODES`: a set of codes that replaces the other kinds everywhere except at a payment.
    """

    TOTP = "totp"
    DEVICE_KEY = "device_key"
    RECOVERY_CODES = "recovery_codes"


PAYING = frozenset({FactorKind.TOTP, FactorKind.DEVICE_KEY})


class FactorState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A second factor, under a name that the customer chose.

    A TOTP factor has a `sealed_secret`; `last_time_step` is the newest 30 s step that was used. A
    device key has its public key and `keyid`, its RFC 7638 thumbprint.
    """

    id: str
    customer_id: str
    kind: FactorKind
    name: str
    sealed_secret: str | None
    keyid: str | None
    public_key_pem: str | None
    state: FactorState
    last_time_step: int
    created_at: datetime
