"""The numbers that decide, as one versioned value. Read from a file; law changes, code stays.

The face threshold is a distance in the engine's own metric and comes from a calibration, never
from a library's default (engine.md: 0.6 lets one stranger in 160 through).
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Notice:
    """What a customer reads before consenting (PIPL art. 17, 30)."""

    version: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Policy:
    version: str
    face_distance_at_most: float
    captures_per_intent: int
    intent_lifetime: timedelta
    authorization_lifetime: timedelta
    consent_lifetime: timedelta
    failures_allowed: int
    first_delay: timedelta
    longest_delay: timedelta
    notice: Notice

    def __post_init__(self) -> None:
        if not 0 < self.face_distance_at_most < 0.6:
            raise ValueError("face_distance_at_most must lie below the library's default of 0.6")
        if self.failures_allowed > 5:
            raise ValueError("failures_allowed may not exceed 5 (PSD2 RTS art. 4(3)(b))")
        if self.first_delay < timedelta(seconds=30):
            raise ValueError("first_delay must be at least 30 s")
