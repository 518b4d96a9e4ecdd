"""Who takes part: clients with keys, merchants, terminals, customers and what customers know.

A client is a machine that signs its requests (RFC 9421) with a registered P-256 key; its role
says which doors open. A customer's password and second factors are never reachable by face.
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
class Client:
    """A registered signing key. `id` is its RFC 7638 thumbprint, used as `keyid`."""

    id: str
    role: Role
    subject_id: str
    public_key_pem: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Merchant:
    id: str
    name: str
    created_at: datetime
    suspended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Terminal:
    id: str
    merchant_id: str
    name: str
    created_at: datetime
    suspended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Customer:
    """`password_hash` is argon2id in PHC form."""

    id: str
    alias: str
    password_hash: str
    created_at: datetime


class FactorState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A TOTP secret (RFC 6238), sealed. `last_step` is the newest 30 s step already used."""

    id: str
    customer_id: str
    kind: str
    name: str
    sealed_secret: str
    state: FactorState
    last_step: int
    created_at: datetime
