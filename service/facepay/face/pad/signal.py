"""What one signal says: a verdict, a score for whoever operates this, and a named reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

TURNS = {"turn_left": 1.0, "turn_right": -1.0}  # the sign of `landmarks.yaw`
NODS = {"look_up": 1.0, "look_down": -1.0}  # the sign of `landmarks.pitch`
CLOSER = "closer"


class Verdict(StrEnum):
    """NOT_MEASURABLE is what a clumsy payer or a bad light gives: never a pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    NOT_MEASURABLE = "not_measurable"


@dataclass(frozen=True, slots=True)
class Signal:
    """`score` is in the signal's own unit, None where nothing was measured.

    `reason` is a word of this signal's own, and for the operator alone.
    """

    name: str
    score: float | None
    verdict: Verdict
    reason: str


class Challenge(Protocol):
    """What the payer was asked to do: step n of a burst is `steps[n - 1]`, step 0 is "hold still".

    Steps are turn_left, turn_right, look_up, look_down, closer. `light` are names of colours, each
    shown for `light.SLOT_MS` and over again from the first; empty where the screen gives no light.
    """

    @property
    def steps(self) -> Sequence[str]: ...

    @property
    def light(self) -> Sequence[str]: ...
