"""A customer who is signed in on the page: a browser holds the token, the database its hash.

A session dies of idleness, at its end, at sign-out, and when the password changes: all but the
first are one thing, `ends_at` in the past, so that nothing can bring a session back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

IDLE = timedelta(minutes=5)  # rights.md "Limits"
LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PageSession:
    """`id` is the SHA-256 of the token, in hexadecimal."""

    id: str
    customer_id: str
    started_at: datetime
    seen_at: datetime
    ends_at: datetime

    def alive(self, now: datetime) -> bool:
        return now < self.ends_at and now < self.seen_at + IDLE
