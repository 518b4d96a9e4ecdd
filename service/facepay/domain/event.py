"""An event: what others are told of a change, written in the transaction that makes the change.

The bank, which runs the service, hears every event. A merchant hears what became of its own
payments and nothing else: which kinds, and which members, stands here, so that no caller can tell
a merchant more. No event holds a score, a threshold, a secret or anything of a face.
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
    SECOND_FACTOR_ADDED = "second_factor.added"
    SECOND_FACTOR_REVOKED = "second_factor.revoked"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the name of a kind
    CREDENTIALS_REJECTED = "credentials.rejected"
    DURESS_ALARM = "duress.alarm"
    DURESS_CLEARED = "duress.cleared"


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
    """One row for all who hear it. `seq`, 0 until the database has numbered it, is the order within
    a payment.

    `merchant_audience` is the merchant that hears it beside the bank; it is sent `shared`. The bank
    is sent `for_bank`, which has more. Both are canonical JSON. `payment` is the intent's id;
    `fanned_out_at` is when a delivery was made for everybody who hears it.
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
        """What is signed, the same for every attempt. Raises ValueError for a stranger."""
        data = {OPERATOR: self.for_operator, self.merchant_audience: self.shared}.get(audience)
        if data is None:
            raise ValueError("this event is not for them")
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
    """Raises ValueError where a merchant would be told what is not for merchants."""
    for_merchant = None
    if audience != OPERATOR:
        if kind not in FOR_MERCHANTS or not shared.keys() <= MERCHANT_MEMBERS:
            raise ValueError(f"{kind} is not for merchants, or not with all of its members")
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
