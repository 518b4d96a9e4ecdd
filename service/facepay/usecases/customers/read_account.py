"""Read a customer's own account: face and its uses, factors, consents, payments."""

from dataclasses import dataclass
from datetime import datetime

from facepay.domain.customer import FactorState
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import NotFound
from facepay.domain.payment import Intent
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.activity import read_activity
from facepay.usecases.responses import FaceUseAnswer

PAYMENTS = 20
USES = 10


@dataclass(frozen=True, slots=True)
class FaceSeen:
    """An enrolment, as its owner sees it."""

    id: str
    state: str
    created_at: datetime
    revoked_at: datetime | None
    key_destroyed: bool


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
    """

    alias: str
    face: FaceSeen | None
    uses: list[FaceUseAnswer]
    factors: list[FactorSeen]
    consents: list[ConsentSeen]
    payments: list[PaymentSeen]


def read_account(deps: Dependencies, customer_id: str) -> Account:
    """Return the account with the newest 10 uses, the newest 20 payments and active consents.

    Raises NotFound.
    """
    now = deps.clock()
    uses = read_activity(deps, customer_id, before=None)
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(id=customer_id)
        if customer is None:
            raise NotFound()
        factors = uow.second_factors.find_all(
            customer_id=customer_id, state=FactorState.ACTIVE.value
        )
        consents = uow.consents.find_all(customer_id=customer_id, withdrawn_at=None)
        intents = uow.intents.find_all(
            customer_id=customer_id, newest_by="created_at", limit=PAYMENTS
        )
        return Account(
            alias=customer.alias,
            face=_face(uow, customer_id),
            uses=uses[:USES],
            factors=[FactorSeen(f.id, f.kind, f.name, f.created_at) for f in factors],
            consents=[
                ConsentSeen(c.id, c.purpose, c.granted_at, c.expires_at)
                for c in consents
                if c.active(now)
            ],
            payments=_payments(uow, intents, now),
        )


def read_face(deps: Dependencies, customer_id: str, enrolment_id: str) -> FaceSeen:
    """Return one enrolment. Raises NotFound unless it is this customer's."""
    with deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=enrolment_id, customer_id=customer_id)
    if found is None:
        raise NotFound()
    return _seen(found)


def read_consent(deps: Dependencies, customer_id: str, consent_id: str) -> ConsentSeen:
    """Return one consent, also an ended one. Raises NotFound unless it is this customer's."""
    with deps.unit_of_work() as uow:
        found = uow.consents.find(id=consent_id, customer_id=customer_id)
    if found is None:
        raise NotFound()
    return ConsentSeen(found.id, found.purpose, found.granted_at, found.expires_at)


def _face(uow: UnitOfWork, customer_id: str) -> FaceSeen | None:
    faces = uow.enrolments.find_all(customer_id=customer_id, newest_by="created_at")
    living = [face for face in faces if face.enrolled]
    gone = [face for face in faces if face.state is EnrolmentState.REVOKED]
    return next((_seen(face) for face in living or gone), None)


def _seen(face: Enrolment) -> FaceSeen:
    destroyed = face.key_destroyed_at is not None
    return FaceSeen(face.id, face.state, face.created_at, face.revoked_at, destroyed)


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
