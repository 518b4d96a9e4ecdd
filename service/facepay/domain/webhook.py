"""Webhook endpoints, and the state of each delivery (Standard Webhooks 1.0).

A delivery is one event for one endpoint. It is sent at least once. A sender claims it by moving its
next attempt to the end of a lease, so that no other sender takes it meanwhile. If the sender dies,
another takes over when the lease has expired. Later events of a payment wait for earlier ones.

    waiting ──▶ delivered          status 2xx
       │  ▲
       │  └── after a growing delay: no answer, or another status
       ▼
    given_up                       after some days, or when the endpoint was disabled
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

LEASE_DURATION = timedelta(seconds=60)
NO_ANSWER = "no_answer"
ADDRESS_NOT_ALLOWED = "address_not_allowed"
GONE = "http_410"  # Standard Webhooks: the receiver wants no more events, disable the endpoint
_GROWTH = 3


@dataclass(frozen=True, slots=True)
class EventRules:
    """The policy's table `events`: delays of repeated attempts, and how long events are kept."""

    first_delay: timedelta
    longest_delay: timedelta
    given_up_after: timedelta
    kept_for: timedelta

    def __post_init__(self) -> None:
        if not timedelta(seconds=1) <= self.first_delay <= self.longest_delay:
            raise ValueError("first_delay must be at least 1 s and at most longest_delay")
        if self.kept_for <= self.given_up_after:
            raise ValueError("kept_for must be longer than given_up_after")

    def delay(self, attempts: int) -> timedelta:
        """Return the delay after this many failed attempts, 1 or more."""
        growth: int = _GROWTH ** min(attempts - 1, 20)
        return min(self.first_delay * growth, self.longest_delay)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registered address.

    `audience` is the operator, or one merchant. `sealed_secret` is the vault's ciphertext.
    `failing_since` is when the current series of failed attempts began.
    """

    id: str
    audience: str
    url: str
    sealed_secret: str
    created_at: datetime
    disabled_at: datetime | None
    failing_since: datetime | None

    @property
    def binding(self) -> str:
        return f"webhook|{self.id}|{self.audience}"

    def answered(self, *, well: bool, now: datetime) -> "Endpoint":
        return replace(self, failing_since=None if well else self.failing_since or now)


class Lane(StrEnum):
    """A queue of deliveries: a delivery waits only for others in its own lane."""

    ALARMS = "alarms"
    OPERATOR = "operator"
    MERCHANTS = "merchants"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint; `seq` and `payment` are the event's.

    `last_outcome` is `http_` and the status, or NO_ANSWER or ADDRESS_NOT_ALLOWED.
    """

    id: str
    event_id: str
    seq: int
    endpoint_id: str
    lane: Lane
    payment: str | None
    state: DeliveryState
    attempts: int
    next_at: datetime
    last_outcome: str | None
    created_at: datetime

    def claimed(self, now: datetime) -> "Delivery":
        """Return the delivery as leased by one sender, its attempt counted."""
        return replace(self, attempts=self.attempts + 1, next_at=now + LEASE_DURATION)

    def attempted(self, outcome: str, rules: EventRules, now: datetime) -> "Delivery":
        """Return the delivery after an attempt: delivered, given up, or waiting for the next."""
        if is_success(outcome):
            return replace(self, state=DeliveryState.DELIVERED, last_outcome=outcome)
        over = now >= self.created_at + rules.given_up_after
        return replace(
            self,
            state=DeliveryState.GIVEN_UP if over else DeliveryState.WAITING,
            next_at=now + rules.delay(self.attempts),
            last_outcome=outcome,
        )


def is_success(outcome: str) -> bool:
    return outcome.startswith("http_2")
