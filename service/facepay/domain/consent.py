"""Consent to pay by face: separate, for one purpose, bound to a notice, always expiring.

PIPL art. 14, 15, 29: consent is given separately and withdrawn as easily as given. The service
checks it at every comparison; it is not only recorded.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConsentPurpose(StrEnum):
    """A closed list: there is no analytics, emotion recognition or sharing to consent to."""

    FACE_PAYMENT = "face_payment"


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent; `notice_sha256` is the hash of the notice text the customer read.

    `ended_at` is when the service ended the faces under it: at the withdrawal, or soon after
    `expires_at`. An ended consent never becomes active again, whatever a clock says.
    """

    id: str
    customer_id: str
    purpose: ConsentPurpose
    notice_version: str
    notice_sha256: str
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    ended_at: datetime | None = None

    def active(self, now: datetime) -> bool:
        ended = self.ended_at is not None or self.withdrawn_at is not None
        return not ended and now < self.expires_at

    def due(self, now: datetime) -> bool:
        """Return whether its date has come, and the faces under it are still to be ended."""
        return self.ended_at is None and now >= self.expires_at
