"""A capture: one short burst of frames that answers one challenge, for one purpose, used once.

Opening a capture reserves it. Beginning it, when the payer is ready, draws its challenge. From
then on it lives 60 s (TC260 face-payment guide: collect only after a manual act, stop at 60 s).
A capture can never be used twice; a retry is a new capture.
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
    """A capture's state.

    A `reserved` capture was opened and has no challenge yet; an `open` one was begun and waits for
    its burst.
    """

    RESERVED = "reserved"
    OPEN = "open"
    USED = "used"
    CANCELLED = "cancelled"


class Guidance(StrEnum):
    """Advice for the payer's next try: all that a terminal learns about a retry."""

    HOLD_STILL = "hold_still"
    TURN_FURTHER = "turn_further"
    SLOWER = "slower"
    COME_CLOSER = "come_closer"
    LOOK_STRAIGHT = "look_straight"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    NOBODY_ELSE = "nobody_else"


class PadOutcome(StrEnum):
    """The conclusion of the liveness check (ISO/IEC 30107-3)."""

    BONA_FIDE = "bona_fide"
    RETRY = "retry"
    ATTACK = "attack"


@dataclass(frozen=True, slots=True)
class PadSignal:
    """One signal's verdict, "pass", "fail" or "not_measurable", and its score in its own unit."""

    name: str
    score: float | None
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class PadVerdict:
    """The outcome of the liveness check, and its reasons.

    `reason` names the deciding signal for the operator and never reaches a terminal. `guidance`
    comes with some retries. `risk` (0 to 1) comes from the signals that cannot refuse a capture;
    None when none of them was measured. `signals` has every evaluated signal; scores stay inside.
    """

    outcome: PadOutcome
    reason: str
    guidance: Guidance | None = None
    risk: float | None = None
    signals: tuple[PadSignal, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded picture of a capture, with the SDK's statements about it.

    `step` 0 is "hold still", n is step n of the challenge. `monotonic_ms` is the device's clock.
    `colour` is the screen's colour at that time; None without light.
    """

    image: bytes
    step: int
    monotonic_ms: int
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """All frames of one capture, in order; `mirrored` means that the camera flips its pictures."""

    frames: tuple[Frame, ...]
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Capture:
    """One capture and its challenge.

    `used_by` is the idempotent request that used the capture; only its repetition is permitted.
    `opened_by` is the keyid of the client that opened it.

    A reserved capture has no nonce, no challenge and no `begun_at`, and must be begun before
    `deadline`. Afterwards its burst must arrive before a new `deadline`.
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
