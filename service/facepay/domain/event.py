"""An event: a notice to others of a change, written in the transaction that makes the change.

The operator receives every event. A merchant receives the outcome of its own payments and nothing
else. This module lists the kinds and members for merchants, so that no caller can send more. No
event holds a score, a threshold, a secret or face data.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from facepay.domain.audit import canonical

OPERATOR = "operator"


class EventKind(StrEnum):
    PAYMENT_APPROVED = "payment.approved"
    PAYMENT_DECLINED = "payment.declined"
    PAYMENT_REVERSED = "payment.reversed"
    FACE_USED = "face.used"
    FACE_ENROLLED = "face.enrolled"
    FACE_LOCKED = "face.locked"
    FACE_UNLOCKED = "face.unlocked"
    FACE_REVOKED = "face.revoked"
    FACE_KEY_DESTROYED = "face.key_destroyed"
    CONSENT_GRANTED = "consent.granted"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONSENT_EXPIRED = "consent.expired"
    SECOND_FACTOR_ADDED = "second_factor.added"
    SECOND_FACTOR_REVOKED = "second_factor.revoked"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the name of a kind
    CREDENTIALS_REJECTED = "credentials.rejected"
    DURESS_ALARM = "duress.alarm"
    DURESS_CLEARED = "duress.cleared"
    CLIENT_KEY_ADDED = "client_key.added"
    CLIENT_KEY_WITHDRAWN = "client_key.withdrawn"
    CLIENT_SUSPENDED = "client.suspended"
    CLIENT_RESUMED = "client.resumed"
    LOG_INCONSISTENT = "log.inconsistent"
    LOG_ACCEPTED = "log.accepted"


# An alarm that belongs to no payment waits for no other event.
ALARMS = frozenset({EventKind.DURESS_ALARM, EventKind.LOG_INCONSISTENT})
FOR_MERCHANTS = frozenset(
    {EventKind.PAYMENT_APPROVED, EventKind.PAYMENT_DECLINED, EventKind.PAYMENT_REVERSED}
)
MERCHANT_MEMBERS = frozenset(
    {"payment_intent", "merchant", "terminal", "amount_minor", "currency", "order_ref"}
)


def merchant_audience(merchant_id: str) -> str:
    return f"merchant:{merchant_id}"


@dataclass(frozen=True, slots=True)
class Event:
    """One event for all of its receivers.

    `seq` is 0 until the database assigns a number; it gives the order within a payment.
    `merchant_audience` is the merchant that receives `shared`. The operator receives
    `for_operator`, which has more members. Both are canonical JSON. `payment` is the intent's id.
    `fanned_out_at` is when the deliveries to all receivers were created.
    """

    seq: int
    id: str
    kind: EventKind
    at: datetime
    payment: str | None
    merchant_audience: str | None
    shared: str | None
    for_operator: str
    fanned_out_at: datetime | None

    def body_for(self, audience: str) -> str:
        """Return the body that is signed and sent, the same for every attempt.

        Raises ValueError for an audience that does not receive this event.
        """
        data = {OPERATOR: self.for_operator, self.merchant_audience: self.shared}.get(audience)
        if data is None:
            raise ValueError("this event is not for this audience")
        at = self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f'{{"type":"{self.kind}","timestamp":"{at}","data":{data}}}'


Member = str | int | bool | None | list[str]


def new_event(
    event_id: str,
    kind: EventKind,
    at: datetime,
    *,
    audience: str,
    payment: str | None,
    shared: dict[str, Member],
    operator_only: dict[str, Member],
) -> Event:
    """Create an event for the operator, and for one merchant where `audience` names one.

    Raises ValueError for a kind or a member that is not for merchants.
    """
    for_merchant = None
    if audience != OPERATOR:
        if kind not in FOR_MERCHANTS or not shared.keys() <= MERCHANT_MEMBERS:
            raise ValueError(f"{kind}, or one of its members, is not for merchants")
        for_merchant = canonical(shared)
    return Event(
        seq=0,
        id=event_id,
        kind=kind,
        at=at,
        payment=payment,
        merchant_audience=None if audience == OPERATOR else audience,
        shared=for_merchant,
        for_operator=canonical(shared | operator_only),
        fanned_out_at=None,
    )
