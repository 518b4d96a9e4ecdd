"""A payment intent with its closed state machine, and the authorization of an approval.

    created ──▶ capturing ──▶ awaiting_second_factor ──▶ approved ──▶ reversed
       │            │                  │
       │            ▼                  ▼
       │         revoked           declined            (the password remains; a declined intent
       │            │                  │                can also have a new capture, if one is left)
       └────────────┴──────────────────┴─▶ payer_chose_alternative ──▶ approved / declined
    Every state that is not an end can become `expired`. MOVES has the complete table.

Each move is one conditional UPDATE on the state it started from. The password path is open from
every state that is not an end: a face failure never blocks the fallback.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from facepay.domain.errors import IntentExpired, WrongState


class IntentState(StrEnum):
    CREATED = "created"
    CAPTURING = "capturing"
    AWAITING_SECOND_FACTOR = "awaiting_second_factor"
    APPROVED = "approved"
    DECLINED = "declined"
    PAYER_CHOSE_ALTERNATIVE = "payer_chose_alternative"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REVERSED = "reversed"


class Method(StrEnum):
    """Ways to pay. Face is never offered alone (PIPL art. 24; Measures 2025 art. 10)."""

    FACE = "face"
    PASSWORD = "password"  # noqa: S105 - the name of a method


_S = IntentState
_FROM_ANY_OPEN = {_S.PAYER_CHOSE_ALTERNATIVE, _S.APPROVED, _S.DECLINED, _S.EXPIRED}
MOVES: dict[IntentState, frozenset[IntentState]] = {
    _S.CREATED: frozenset({_S.CAPTURING, *_FROM_ANY_OPEN}),
    _S.CAPTURING: frozenset({_S.CAPTURING, _S.AWAITING_SECOND_FACTOR, _S.REVOKED, *_FROM_ANY_OPEN}),
    _S.AWAITING_SECOND_FACTOR: frozenset({_S.CAPTURING, _S.REVOKED, *_FROM_ANY_OPEN}),
    _S.DECLINED: frozenset({_S.CAPTURING, _S.REVOKED, *_FROM_ANY_OPEN}),
    _S.REVOKED: frozenset(_FROM_ANY_OPEN),
    _S.PAYER_CHOSE_ALTERNATIVE: frozenset(_FROM_ANY_OPEN),
    _S.APPROVED: frozenset({_S.REVERSED}),
    _S.EXPIRED: frozenset(),
    _S.REVERSED: frozenset(),
}
ENDED = frozenset({_S.APPROVED, _S.EXPIRED, _S.REVERSED})


@dataclass(frozen=True, slots=True)
class Intent:
    """One payment; `pad_passed` and `face_matched` are the verdicts of the last judged capture.

    `opened_by` is the keyid of the terminal's key that opened it: without standing, no approval.
    """

    id: str
    merchant_id: str
    terminal_id: str
    amount_minor: int
    currency: str
    order_ref: str
    nonce: str
    state: IntentState
    method: Method | None
    customer_id: str | None
    enrolment_id: str | None
    enrolment_epoch: int | None
    capture_id: str | None
    captures_used: int
    pad_passed: bool | None
    face_matched: bool | None
    decision_reason: str | None
    created_at: datetime
    expires_at: datetime
    opened_by: str

    def moved_to(self, state: IntentState, **changes: Any) -> Self:
        """Return the intent in its next state. Raises WrongState for a move not in MOVES."""
        if state not in MOVES[self.state]:
            raise WrongState(f"the payment intent is {self.state} and cannot become {state}")
        return replace(self, state=state, **changes)

    def require_open(self, now: datetime) -> None:
        """Refuse an intent that payers can no longer act on. Raises WrongState, IntentExpired."""
        if self.state in ENDED - {IntentState.EXPIRED}:
            raise WrongState(f"the payment intent is already {self.state}")
        if self.state is IntentState.EXPIRED or now >= self.expires_at:
            raise IntentExpired()

    def state_at(self, now: datetime) -> IntentState:
        """Return the state, `expired` included, which is computed and not stored."""
        if self.state not in ENDED and now >= self.expires_at:
            return IntentState.EXPIRED
        return self.state


@dataclass(frozen=True, slots=True)
class Authorization:
    """A signed approval: a compact JWS (ES256) that an acquirer verifies offline."""

    id: str
    intent_id: str
    jws: str
    issued_at: datetime
    expires_at: datetime
