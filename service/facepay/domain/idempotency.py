"""Idempotency records: one client, one key, one request, one answer.

draft-ietf-httpapi-idempotency-key-header-07: a repeated key with the same request gets the first
answer; with another request it is an error; while the first request is in progress, a conflict.
A worker that dies leaves a lease that expires. The next worker takes the lease over with a new
`fence`, and the old fence can no longer commit.
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
    """The state of one request.

    `id` is a hash of client and idempotency key. `fingerprint` is a keyed hash of the request.
    `answer` is JSON and holds neither secrets nor biometric data.
    """

    id: str
    fingerprint: str
    fence: str
    state: RecordState
    lease_until: datetime
    answer: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UsedNonce:
    """A nonce of a request that was received (RFC 9421 7.2.2: replay)."""

    id: str
    expires_at: datetime
