"""A capture: one short, challenged burst of frames, for one purpose, used once.

The challenge is a random sequence of head turns. A capture dies at its deadline, 60 s after
it was opened (TC260 face-payment guide: collect only after a manual act, stop at 60 s), and
whatever comes of it, it can never be used again: a retry is a new capture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_FRAMES = 24
LIFETIME = timedelta(seconds=60)


class Turn(StrEnum):
    """One step of a challenge, in the payer's own left and right."""

    LEFT = "turn_left"
    RIGHT = "turn_right"


class Purpose(StrEnum):
    ENROLMENT = "enrolment"
    PAYMENT = "payment"


class CaptureState(StrEnum):
    OPEN = "open"
    USED = "used"
    CANCELLED = "cancelled"


class PadOutcome(StrEnum):
    """ISO/IEC 30107-3: what the liveness check concluded."""

    BONA_FIDE = "bona_fide"
    RETRY = "retry"
    ATTACK = "attack"


@dataclass(frozen=True, slots=True)
class PadVerdict:
    """`reason` names the signal, for the operator; it never reaches a terminal."""

    outcome: PadOutcome
    reason: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a capture as the SDK declares it; `step` 0 is "hold still", n is turn n."""

    image: bytes
    step: int
    monotonic_ms: int


@dataclass(frozen=True, slots=True)
class Burst:
    """All frames of one capture, in order; `mirrored` is true for a selfie camera that flips."""

    frames: tuple[Frame, ...]
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Capture:
    """`used_by` is the idempotent request that used it: only that very request may come again."""

    id: str
    purpose: Purpose
    customer_id: str
    enrolment_id: str
    intent_id: str | None
    opened_by: str
    nonce: str
    steps: tuple[str, ...]
    state: CaptureState
    used_by: str | None
    opened_at: datetime
    deadline: datetime

    def turns(self) -> Sequence[Turn]:
        return tuple(Turn(step) for step in self.steps)
