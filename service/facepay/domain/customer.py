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
class PublicKey:
    """A P-256 key: its RFC 7638 thumbprint, which serves as `keyid`, and its SPKI PEM."""

    thumbprint: str
    pem: str


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
    city: str | None


@dataclass(frozen=True, slots=True)
class Customer:
    """`password_hash` is argon2id in PHC form; `duress_tag` is of `domain.duress`."""

    id: str
    alias: str
    password_hash: str
    created_at: datetime
    duress_tag: str | None = None


class FactorKind(StrEnum):
    """`TOTP`: RFC 6238. `DEVICE_KEY`: a P-256 key that signs what it confirms. `RECOVERY_CODES`: a
    set on paper, which stands in for the others everywhere but at a payment."""

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
    """What a customer has, under a name of the customer's own.

    A TOTP factor has a `sealed_secret`, and `last_time_step` is the newest 30 s step used; a
    device key has its public part, and `keyid`, its RFC 7638 thumbprint.
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
