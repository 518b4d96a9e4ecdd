"""PAD by challenge and response: did the head turn as asked, when asked?

First version: five points a frame, nothing else. Measured on renders of two portraits only
(`facepay_rehearsal.bursts`), so the figures show what the signal does, not how often people pass
or attackers succeed.

Refused there: a photo held still (8 of 8), shaken, rotated in its plane and zoomed (8 of 8), a
print tilted by 35 degrees about an upright axis (16 of 16); recordings of another challenge.

NOT stopped: a flat print tilted far about a slanted axis. Seen obliquely it is sheared, and five
points cannot tell shear from a turn. Two turns to the same side, axis 12 to 30 degrees from
upright: accepted 0 of 48 at 46 degrees of tilt, 1 of 48 at 52, 5 of 48 at 57 (10 %, well above
the 2 % wanted). `EYES_FOLLOW` stopped none of these six; their values overlap those of genuine
turns, as does the face's apparent height, so no threshold here closes the gap: depth at the turn
from more points (homography residual, liveness.md) is needed. Nor does it stop a video of the
right turns, a mask, or a rendered head, which is what every genuine burst of the rehearsal is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np

from facepay.face.observe import Observation, SeenFrame

# Lengths in outer-eye widths (liveness.md).
TURN = 0.18
MOTION = 0.08
BACK_AT_REST = 0.10
HOLD_FRONTAL = 0.12
HOLD_STEADY = 0.06
# A head turned by TURN shows 0.028 here, with a standard deviation of 0.007 (`eye_shift`).
EYES_FOLLOW = 0.010
MIN_FRAMES_A_STEP = 3
MAX_REPEATED_FRAMES = 2
# Mean grey levels between neighbours: below it not even a sensor's noise is in the pictures.
MIN_CHANGE = 0.05


class Direction(IntEnum):
    """A turn as asked for; the value is the sign of `landmarks.yaw`."""

    LEFT = 1
    RIGHT = -1


class Outcome(StrEnum):
    """ISO/IEC 30107-3, and `retry` where a genuine payer may have been clumsy."""

    BONA_FIDE = "bona_fide"
    RETRY = "retry"
    ATTACK = "attack"


@dataclass(frozen=True, slots=True, repr=False)
class _Rest:
    """How this person looks into the camera: what every turn is measured from."""

    yaw: float
    eye_shift: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """`reason` names the signal; it is for the operator, never for the one being judged."""

    outcome: Outcome
    reason: str


def judge(observation: Observation, challenge: Sequence[Direction]) -> Judgement:
    """Hear every signal; an attack outweighs a retry, and a retry outweighs bona fide.

    Frames of step 0 are the hold, frames of step n belong to `challenge[n - 1]`.
    """
    judgements = _sanity(observation, len(challenge))
    if not judgements:
        hold = [frame for frame in observation.seen if frame.step == 0]
        rest = _Rest(
            yaw=float(np.median([frame.yaw for frame in hold])),
            eye_shift=float(np.median([frame.eye_shift for frame in hold])),
        )
        judgements = _hold(hold, rest)
        for step, asked in enumerate(challenge, start=1):
            judgements += _turn(_window(observation.seen, step), rest, asked)
    for outcome in (Outcome.ATTACK, Outcome.RETRY):
        for judgement in judgements:
            if judgement.outcome is outcome:
                return judgement
    return Judgement(Outcome.BONA_FIDE, "turned_as_asked")


def _sanity(observation: Observation, turns: int) -> list[Judgement]:
    """Frames in the order of the steps, enough of them, and each a picture of its own."""
    seen = observation.seen
    steps = [frame.step for frame in seen]
    if not turns or steps != sorted(steps) or not set(steps) <= set(range(turns + 1)):
        return [Judgement(Outcome.ATTACK, "wrong_order")]
    repeated = len(seen) - len({frame.fingerprint for frame in seen})
    if repeated > MAX_REPEATED_FRAMES:
        return [Judgement(Outcome.ATTACK, "identical_frames")]
    if repeated:
        return [Judgement(Outcome.RETRY, "repeated_frames")]
    # Not a number: there was nothing to compare with, as after a frame of another size. It must not
    # hide what the other frames show; and a burst in which nothing can be compared shows no life.
    changes = [frame.change for frame in seen[1:] if not np.isnan(frame.change)]
    if max(changes, default=0.0) < MIN_CHANGE:
        return [Judgement(Outcome.ATTACK, "frozen_picture")]
    if min(steps.count(step) for step in range(turns + 1)) < MIN_FRAMES_A_STEP:
        return [Judgement(Outcome.RETRY, "too_few_frames")]
    return []


def _hold(hold: Sequence[SeenFrame], rest: _Rest) -> list[Judgement]:
    if abs(rest.yaw) > HOLD_FRONTAL:
        return [Judgement(Outcome.RETRY, "hold_not_frontal")]
    if max(abs(frame.yaw - rest.yaw) for frame in hold) > HOLD_STEADY:
        return [Judgement(Outcome.RETRY, "hold_not_steady")]
    return []


def _window(seen: Sequence[SeenFrame], step: int) -> list[SeenFrame]:
    """The frames of a step, and the one before them: where the turn starts from."""
    first = next(index for index, frame in enumerate(seen) if frame.step == step)
    return [*seen[first - 1 : first], *(frame for frame in seen if frame.step == step)]


def _turn(window: Sequence[SeenFrame], rest: _Rest, asked: Direction) -> list[Judgement]:
    """One turn: from near rest to at least TURN in the direction asked, in two frames or more."""
    course = [(frame.yaw - rest.yaw) * asked for frame in window]
    # The second largest: one badly drawn frame is not a turn.
    reached, opposite = sorted(course)[-2], -sorted(course)[1]
    if reached < MOTION:
        wrong_way = opposite >= TURN
        return [Judgement(Outcome.ATTACK, "turned_the_other_way" if wrong_way else "no_turn")]
    if reached < TURN:
        return [Judgement(Outcome.RETRY, "turn_too_small")]
    if min(course[: course.index(max(course))], default=reached) > BACK_AT_REST:
        # Asked to turn left twice, somebody stayed on the left: not a second turn.
        return [Judgement(Outcome.RETRY, "turn_not_from_rest")]
    turned = [frame for frame, far in zip(window, course, strict=True) if far >= TURN]
    eyes = [(frame.eye_shift - rest.eye_shift) * asked for frame in turned]
    if float(np.mean(eyes)) < EYES_FOLLOW:
        return [Judgement(Outcome.RETRY, "eyes_do_not_follow")]
    return []
