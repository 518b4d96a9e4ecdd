"""Read a customer's own account: face and its uses, factors, consents, payments."""

from dataclasses import dataclass
from datetime import datetime

from facepay.domain.consent import Consent
from facepay.domain.customer import FactorState
from facepay.domain.deletion import Cause
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import NotFound
from facepay.domain.payment import Intent
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.end_expired_consents import end_expired_consents_of
from facepay.usecases.records.activity import read_activity
from facepay.usecases.responses import FaceUseAnswer

PAYMENTS = 20
USES = 10


@dataclass(frozen=True, slots=True)
class FaceSeen:
    """An enrolment, as its owner sees it; `consent_ended_at` is set if its consent expired."""

    id: str
    state: str
    created_at: datetime
    revoked_at: datetime | None
    key_destroyed: bool
    consent_ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class FactorSeen:
    """An active second factor."""

    id: str
    kind: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ConsentSeen:
    """A consent, as its owner sees it."""

    id: str
    purpose: str
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    active: bool


@dataclass(frozen=True, slots=True)
class PaymentSeen:
    """A payment; `at` is when its intent was created."""

    merchant: str
    amount_minor: int
    currency: str
    method: str | None
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's account.

    `face` is the enrolled face, or else the last revoked one; None if there never was one.
    `consents` are the active ones, or else the last one.
    """

    alias: str
    face: FaceSeen | None
    uses: list[FaceUseAnswer]
    factors: list[FactorSeen]
    consents: list[ConsentSeen]
    payments: list[PaymentSeen]


def read_account(deps: Dependencies, customer_id: str) -> Account:
    """Return the account with the newest 10 uses, the newest 20 payments and its consents.

    A face under a consent whose date has come ends first.

    Raises NotFound.
    """
    end_expired_consents_of(deps, customer_id)
    now = deps.clock()
    uses = read_activity(deps, customer_id, before=None)
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=customer_id)
        if customer is None:
            raise NotFound()
        factors = uow.second_factors.find_all(
            customer_id=customer_id, state=FactorState.ACTIVE.value
        )
        consents = uow.consents.find_all(customer_id=customer_id, newest_by="granted_at")
        intents = uow.intents.find_all(
            customer_id=customer_id, newest_by="created_at", limit=PAYMENTS
        )
        return Account(
            alias=customer.alias,
            face=_face(uow, customer_id),
            uses=uses[:USES],
            factors=[FactorSeen(f.id, f.kind, f.name, f.created_at) for f in factors],
            consents=_active_or_last(consents, now),
            payments=_payments(uow, intents, now),
        )


def read_face(deps: Dependencies, customer_id: str, enrolment_id: str) -> FaceSeen:
    """Return one enrolment. Raises NotFound unless it is this customer's."""
    with deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=enrolment_id, customer_id=customer_id)
        if found is None:
            raise NotFound()
        return _seen(uow, found)


def read_consent(deps: Dependencies, customer_id: str, consent_id: str) -> ConsentSeen:
    """Return one consent, also an ended one. Raises NotFound unless it is this customer's."""
    with deps.unit_of_work() as uow:
        found = uow.consents.find(id=consent_id, customer_id=customer_id)
    if found is None:
        raise NotFound()
    return _consent(found, deps.clock())


def _active_or_last(consents: list[Consent], now: datetime) -> list[ConsentSeen]:
    active = [each for each in consents if each.active(now)]
    return [_consent(each, now) for each in active or consents[:1]]


def _consent(found: Consent, now: datetime) -> ConsentSeen:
    return ConsentSeen(
        id=found.id,
        purpose=found.purpose,
        granted_at=found.granted_at,
        expires_at=found.expires_at,
        withdrawn_at=found.withdrawn_at,
        active=found.active(now),
    )


def _face(uow: UnitOfWork, customer_id: str) -> FaceSeen | None:
    faces = uow.enrolments.find_all(customer_id=customer_id, newest_by="created_at")
    living = [face for face in faces if face.enrolled]
    gone = [face for face in faces if face.state is EnrolmentState.REVOKED]
    return next((_seen(uow, face) for face in living or gone), None)


def _seen(uow: UnitOfWork, face: Enrolment) -> FaceSeen:
    deletion = uow.deletions.find(id=face.id)
    expired = deletion is not None and deletion.cause is Cause.CONSENT_EXPIRED
    consent = uow.consents.find(id=face.consent_id) if expired else None
    return FaceSeen(
        id=face.id,
        state=face.state,
        created_at=face.created_at,
        revoked_at=face.revoked_at,
        key_destroyed=face.key_destroyed_at is not None,
        consent_ended_at=consent.expires_at if consent else None,
    )


def _payments(uow: UnitOfWork, intents: list[Intent], now: datetime) -> list[PaymentSeen]:
    names: dict[str, str] = {}
    for merchant_id in {intent.merchant_id for intent in intents}:
        merchant = uow.merchants.find(id=merchant_id)
        names[merchant_id] = merchant.name if merchant else ""
    return [
        PaymentSeen(
            names[intent.merchant_id],
            intent.amount_minor,
            intent.currency,
            intent.method,
            intent.state_at(now),
            intent.created_at,
        )
        for intent in intents
    ]
