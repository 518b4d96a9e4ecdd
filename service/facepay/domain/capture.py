"""A capture: one short, challenged burst of frames, for one purpose, used once.

Opening reserves it; beginning it, when the payer is ready, draws its challenge. From then it lives
60 s (TC260 face-payment guide: collect only after a manual act, stop at 60 s), and whatever comes
of it, it can never be used again: a retry is a new capture.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from facepay.domain.challenge import Challenge, Colour, Profile, Step

MAX_FRAMES = 24
BEGUN_WITHIN = timedelta(minutes=5)
LIFETIME = timedelta(seconds=60)


class Purpose(StrEnum):
    ENROLMENT = "enrolment"
    PAYMENT = "payment"


class CaptureState(StrEnum):
    """`reserved` was opened and has no challenge yet; `open` was begun and waits for its burst."""

    RESERVED = "reserved"
    OPEN = "open"
    USED = "used"
    CANCELLED = "cancelled"


class Guidance(StrEnum):
    """What a payer may do better at the next try: all that a terminal hears of a retry."""

    HOLD_STILL = "hold_still"
    TURN_FURTHER = "turn_further"
    SLOWER = "slower"
    COME_CLOSER = "come_closer"
    LOOK_STRAIGHT = "look_straight"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    NOBODY_ELSE = "nobody_else"


class PadOutcome(StrEnum):
    """ISO/IEC 30107-3: what the liveness check concluded."""

    BONA_FIDE = "bona_fide"
    RETRY = "retry"
    ATTACK = "attack"


@dataclass(frozen=True, slots=True)
class PadSignal:
    """What one signal said: verdict "pass", "fail" or "not_measurable"; score in its own unit."""

    name: str
    score: float | None
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class PadVerdict:
    """`reason` names the signal, for the operator; it never reaches a terminal.

    `guidance` is for a retry, where there is any. `risk` (0 to 1) is of what is no gate, None where
    nothing of it was measured. `signals` are all that were heard; their scores stay inside.
    """

    outcome: PadOutcome
    reason: str
    guidance: Guidance | None = None
    risk: float | None = None
    signals: tuple[PadSignal, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a capture as the SDK declares it; `step` 0 is "hold still", n is step n.

    `colour` is what the screen showed then; None without light.
    """

    image: bytes
    step: int
    monotonic_ms: int
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """All frames of one capture, in order; `mirrored` is true for a selfie camera that flips."""

    frames: tuple[Frame, ...]
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Capture:
    """`used_by` is the idempotent request that used it: only that very request may come again.

    Before it is begun there is no nonce, no challenge and no `begun_at`, and it dies at `deadline`
    unless it is begun; afterwards it dies at `deadline` unless its burst has come.
    """

    id: str
    purpose: Purpose
    customer_id: str
    enrolment_id: str
    intent_id: str | None
    opened_by: str
    profile: Profile
    nonce: str | None
    steps: tuple[str, ...]
    light: tuple[str, ...]
    state: CaptureState
    used_by: str | None
    opened_at: datetime
    begun_at: datetime | None
    deadline: datetime

    @property
    def challenge(self) -> Challenge:
        steps = tuple(Step(step) for step in self.steps)
        return Challenge(self.profile, steps, tuple(Colour(each) for each in self.light))
