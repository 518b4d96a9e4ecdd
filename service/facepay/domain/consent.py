"""Consent to pay by face: separate, scoped to a purpose, bound to a notice, always expiring.

PIPL art. 14, 15, 29: given for itself, withdrawn as easily as given. It is checked at every
comparison, not only recorded.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConsentPurpose(StrEnum):
    """A closed list: no analytics, no emotion, no sharing exists to consent to."""

    FACE_PAYMENT = "face_payment"


@dataclass(frozen=True, slots=True)
class Consent:
    id: str
    customer_id: str
    purpose: ConsentPurpose
    notice_version: str
    notice_sha256: str
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None

    def active(self, now: datetime) -> bool:
        return self.withdrawn_at is None and now < self.expires_at
