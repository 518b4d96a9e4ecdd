"""A page session: a customer's sign-in, whose token the browser holds and whose hash we store.

A session ends after 5 idle minutes, after one hour, at sign-out, and when the password changes.
Sign-out and a new password set `ends_at` to the present, so that nothing can revive a session.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

IDLE = timedelta(minutes=5)  # PSD2 RTS art. 4(3)(d): at most 5 minutes without activity
LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PageSession:
    """One session; `id` is the SHA-256 of its token, in hex."""

    id: str
    customer_id: str
    started_at: datetime
    seen_at: datetime
    ends_at: datetime

    def alive(self, now: datetime) -> bool:
        return now < self.ends_at and now < self.seen_at + IDLE
