"""Types that all signals share: a verdict, a score for the operator, and a named reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

TURNS = {"turn_left": 1.0, "turn_right": -1.0}  # the sign of `landmarks.yaw`
NODS = {"look_up": 1.0, "look_down": -1.0}  # the sign of `landmarks.pitch`
CLOSER = "closer"


class Verdict(StrEnum):
    """Verdict of one signal.

    A clumsy payer or bad light gives NOT_MEASURABLE, which never counts as a pass.
    """

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    NOT_MEASURABLE = "not_measurable"


@dataclass(frozen=True, slots=True)
class Signal:
    """Result of one signal.

    `score` is in the signal's own unit, and None where nothing was measured. `reason` is a word of
    this signal, for the operator only.
    """

    name: str
    score: float | None
    verdict: Verdict
    reason: str


class Challenge(Protocol):
    """Motions and light that the payer was asked for.

    Step n of a capture is `steps[n - 1]`, and step 0 is "hold still". Steps are turn_left,
    turn_right, look_up, look_down and closer. `light` holds names of colours, each shown for
    `light_code.SLOT_MS` and repeated from the first; it is empty where the screen gives no light.
    """

    @property
    def steps(self) -> Sequence[str]: ...

    @property
    def light(self) -> Sequence[str]: ...
