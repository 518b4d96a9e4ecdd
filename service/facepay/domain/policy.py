"""The policy: limits and lifetimes as one versioned value, read from a file.

A change of law changes the file and not the code. The policy does not contain the face threshold.
It states how often a stranger may pass; the calibration report states at which distance that holds
for the model in use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from facepay.domain.calibration import MOST_FALSE_MATCHES
from facepay.domain.duress import DuressPolicy
from facepay.domain.face_use import Flag
from facepay.domain.webhook import EventRules


@dataclass(frozen=True, slots=True)
class Notice:
    """The text that a customer reads before consenting (PIPL art. 17, 30)."""

    version: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """The policy's table `early_warning`: what is unusual, and which flags hold a payment.

    A payment with a flag in `hold` is put on hold: it is not approved by face, and the payer can
    use the password (domain/unusual_use.py computes the flags).
    """

    many_failures: int
    failures_within: timedelta
    two_places_within: timedelta
    hold: frozenset[Flag]

    def __post_init__(self) -> None:
        if self.many_failures < 1:
            raise ValueError("many_failures must be 1 or more")

    def holds(self, flags: Sequence[str]) -> bool:
        return not self.hold.isdisjoint(flags)


@dataclass(frozen=True, slots=True)
class Policy:
    """All limits in force. Raises ValueError for values that a standard or law does not allow."""

    version: str
    false_match_rate_at_most: float
    captures_per_intent: int
    intent_lifetime: timedelta
    authorization_lifetime: timedelta
    consent_lifetime: timedelta
    failures_allowed: int
    first_delay: timedelta
    longest_delay: timedelta
    unknown_health_allowed: bool
    platform_attestation_required: bool
    duress: DuressPolicy
    notice: Notice
    events: EventRules
    early_warning: EarlyWarning
    checkpoint_interval: timedelta

    def __post_init__(self) -> None:
        if not 0 < self.false_match_rate_at_most <= MOST_FALSE_MATCHES:
            raise ValueError("false_match_rate_at_most may not exceed 1e-4 (NIST SP 800-63B-4)")
        if self.failures_allowed > 5:
            raise ValueError("failures_allowed may not exceed 5 (PSD2 RTS art. 4(3)(b))")
        if self.first_delay < timedelta(seconds=30):
            raise ValueError("first_delay must be at least 30 s")
        if self.checkpoint_interval < timedelta(seconds=1):
            raise ValueError("checkpoint_interval must be at least 1 s: strangers ask for it")
