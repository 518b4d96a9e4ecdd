"""Judge whether the head did what the challenge asked for, when it asked.

The measures come from five points per frame: yaw, pitch and scale, each relative to the payer's own
rest (the median of the frames that hold still). A nod that the points do not show is measured on
the nose (`nods`). Lengths are in outer-eye widths; scale is the natural logarithm.

A challenge step is done when all of these hold:

- Its own motion reaches the threshold within the step's own frames, in at least two of them.
- The motion begins there, near rest, and not before the prompt.
- The head did not go as far in the opposite direction.
- The motion is nowhere larger, except in other steps that ask for the same.

Stops: still pictures, and recordings of another challenge. Cannot stop: live puppeteering, a print
moved in time with the prompts (`depth` stops that), a head rendered to order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad import nods
from facepay.face.pad.motion import Displacement, displacement
from facepay.face.pad.signal import NODS, TURNS, Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Compliance

NAME = "compliance"


@dataclass(frozen=True, slots=True, repr=False)
class _Motion:
    """Motion that a step asks for, frame by frame, as a share of the required amount.

    `measurable` marks the frames in which it can be measured: a turned head hardly shows how far it
    nods or how near it is. `too_small` is the reason for a motion that does not reach 1.
    """

    displacement: Displacement
    measurable: NDArray[np.bool_]
    too_small: str


def judge(
    observation: Observation,
    challenge: Challenge,
    limits: Compliance,
    *,
    nose_motion: nods.NoseMotion = nods.nose_displacement,
) -> Signal:
    """Judge every step; the score is the smallest share of the required motion over all steps.

    `nose_motion` measures the displacement of the nose where the points show no nod.

    Raises any exception that `nose_motion` raises.
    """
    seen = observation.seen
    hold = [frame for frame in seen if frame.step == 0]
    rest = float(np.median([frame.yaw for frame in hold]))
    if abs(rest) > limits.hold_frontal:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "hold_not_frontal")
    if max(abs(frame.yaw - rest) for frame in hold) > limits.hold_steady:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "hold_not_steady")
    reached, worst = float("inf"), ("", Verdict.PASS)
    for number, step in enumerate(challenge.steps, start=1):
        alike = {n for n, other in enumerate(challenge.steps, start=1) if other == step}
        far, finding = _judge_step(seen, _motion(seen, step, limits), number, alike, limits)
        if finding is not None and step in NODS and far < 1:
            other = _judge_step(
                seen, _nod_of_nose(seen, number, step, limits, nose_motion), number, alike, limits
            )
            far, finding = max((far, finding), other, key=lambda found: found[0])
        reached = min(reached, far)
        if finding is not None and (worst[1] is Verdict.PASS or finding[1] is Verdict.FAIL):
            worst = finding
    if worst[1] is Verdict.PASS:
        return Signal(NAME, reached, Verdict.PASS, "as_asked")
    return Signal(NAME, reached, worst[1], worst[0])


def _nod_of_nose(
    seen: Sequence[SeenFrame],
    number: int,
    step: str,
    limits: Compliance,
    nose_motion: nods.NoseMotion,
) -> _Motion:
    """Return the nod that the nose shows, measurable in its own step only."""
    steps = np.array([frame.step for frame in seen])
    return _Motion(nose_motion(seen, number, step) / limits.nose, steps == number, "nod_too_small")


def _motion(seen: Sequence[SeenFrame], step: str, limits: Compliance) -> _Motion:
    turned = np.abs(displacement(seen, next(iter(TURNS)))) > limits.begun * limits.turn
    measurable = ~turned
    if step in TURNS:
        enough, too_small, measurable = limits.turn, "turn_too_small", np.ones_like(turned)
    elif step in NODS:
        enough, too_small = limits.pitch, "nod_too_small"
    else:
        enough, too_small = limits.closer, "not_close_enough"
    return _Motion(displacement(seen, step) / enough, measurable, too_small)


def _judge_step(
    seen: Sequence[SeenFrame], motion: _Motion, number: int, alike: set[int], limits: Compliance
) -> tuple[float, tuple[str, Verdict] | None]:
    """Return how far the motion went in its step, and the reason and verdict unless it passes."""
    steps = np.array([frame.step for frame in seen])
    own = motion.displacement[steps == number]
    before = motion.displacement[: int(np.argmax(steps == number))][-1:]
    # The second largest value, because one frame with wrong points is not a motion.
    far = float(np.sort(own)[-2])
    if far < limits.begun:
        other_way = -float(np.sort(own)[1]) >= 1
        return far, ("did_the_opposite" if other_way else "step_not_followed", Verdict.FAIL)
    if far < 1:
        return far, (motion.too_small, Verdict.NOT_MEASURABLE)
    if not _rises_from_rest(np.concatenate([before, own]), limits):
        # The head stayed where the step before had led, or was there before the prompt.
        return far, ("not_from_rest", Verdict.NOT_MEASURABLE)
    if _reach_elsewhere(motion, steps, number, alike, limits) > far:
        return far, ("not_in_its_own_time", Verdict.FAIL)
    return far, None


def _rises_from_rest(displacement: Displacement, limits: Compliance) -> bool:
    """Return whether two frames or more reach the required motion after a frame near rest.

    A slow payer may still be in the step before when this one begins, and further out than later.
    """
    for at, near in enumerate(displacement[:-2]):
        far = float(np.sort(displacement[at + 1 :])[-2])
        if far >= 1 and near <= max(limits.begun, limits.from_rest * far):
            return True
    return False


def _reach_elsewhere(
    motion: _Motion, steps: NDArray[np.int64], number: int, alike: set[int], limits: Compliance
) -> float:
    """Return how far the motion went in two or more frames of other steps.

    The way back directly after the step is left out: a slow payer ends where the next step begins.
    """
    other = motion.measurable & ~np.isin(steps, [*alike])
    for at in np.flatnonzero(steps > number):
        if motion.displacement[at] <= limits.begun:
            break
        other[at] = False
    found = np.sort(motion.displacement[other])
    return float(found[-2]) if len(found) > 1 else 0.0
