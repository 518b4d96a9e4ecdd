"""The memory of a change: one client, one key, one request, one answer.

draft-ietf-httpapi-idempotency-key-header-07: a key that comes again with the same request gets
the first answer; with another request it is an error; while the first is under way, a conflict.
A worker that dies leaves a lease that runs out; `fence` changes hands with the lease, so that a
worker thought dead can no longer commit.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEASE_DURATION = timedelta(seconds=10)
KEPT_FOR = timedelta(hours=24)


class RecordState(StrEnum):
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """`id` is client and key together; `answer` is JSON and holds neither secret nor biometric."""

    id: str
    fingerprint: str
    fence: str
    state: RecordState
    lease_until: datetime
    answer: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UsedNonce:
    """A request nonce that was seen (RFC 9421 7.2.2: replay)."""

    id: str
    expires_at: datetime
