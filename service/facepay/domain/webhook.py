"""Where events are sent, and how far each one has come (Standard Webhooks 1.0).

A delivery is one event for one endpoint. It is sent at least once: a sender claims it by moving
its next attempt behind a lease, so that nobody else sends it meanwhile, and a sender that died is
taken over when the lease has run out. A later event of a payment waits for the earlier ones.

    waiting ──▶ delivered          any 2xx
       │  ▲
       │  └── after a growing delay: no answer, or any other one
       ▼
    given_up                       after some days, or when the endpoint was disabled
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

LEASE_DURATION = timedelta(seconds=60)
NO_ANSWER = "no_answer"
ADDRESS_NOT_ALLOWED = "address_not_allowed"
GONE = "http_410"  # the receiver wants no more: "you should disable the endpoint"
_GROWTH = 3


@dataclass(frozen=True, slots=True)
class EventRules:
    """The policy's numbers for events: read from its table `events`."""

    first_delay: timedelta
    longest_delay: timedelta
    given_up_after: timedelta
    kept_for: timedelta

    def __post_init__(self) -> None:
        if not timedelta(seconds=1) <= self.first_delay <= self.longest_delay:
            raise ValueError("events are tried again after 1 s or more, and the longest delay")
        if self.kept_for <= self.given_up_after:
            raise ValueError("events are kept for longer than they are tried")

    def delay(self, attempts: int) -> timedelta:
        """How long to wait after this many attempts failed."""
        growth: int = _GROWTH ** min(attempts - 1, 20)
        return min(self.first_delay * growth, self.longest_delay)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`audience` is whose it is: the bank's, or one merchant's. The secret is the vault's
    ciphertext; `failing_since` is when the last attempts began to fail."""

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
    """What waits for each other on its way out. Nothing waits for what goes in another lane."""

    ALARMS = "alarms"
    OPERATOR = "operator"
    MERCHANTS = "merchants"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`seq` and `payment` are the event's; `last_outcome` is `http_` and a status, or a word."""

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
        return replace(self, attempts=self.attempts + 1, next_at=now + LEASE_DURATION)

    def attempted(self, outcome: str, rules: EventRules, now: datetime) -> "Delivery":
        """After an attempt: delivered, given up, or waiting for the next."""
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
