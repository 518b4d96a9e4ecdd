"""Did the head do what was asked, when it was asked?

From five points a frame: yaw, pitch and scale, each against the payer's own rest (the middle of
the frames that hold still); a nod that the points do not show is looked for in the nose (`nods`).
A step is done when its own motion reaches its threshold in its own window, in two frames or more;
when it began there, and not before the prompt; when the head did not go as far the other way; and
when that motion is nowhere larger than there, but for other steps that ask for the same. Lengths
are in outer-eye widths, of scale the natural logarithm.

Stops: stills, and recordings of another challenge. Cannot stop: live puppeteering, a print moved in
time with the prompts (`depth` is for that), a head rendered to order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad import nods
from facepay.face.pad.motion import Course, course
from facepay.face.pad.signal import NODS, TURNS, Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Compliance

NAME = "compliance"


@dataclass(frozen=True, slots=True, repr=False)
class _Motion:
    """What a step asks for, frame by frame, in shares of what it takes; 1 is enough.

    `told` is where it can be told: a turned head hardly shows how far it nods, or how near it is.
    """

    course: Course
    told: NDArray[np.bool_]
    too_small: str


def judge(
    observation: Observation,
    challenge: Challenge,
    limits: Compliance,
    *,
    look: nods.Look = nods.by_the_nose,
) -> Signal:
    """The score is the smallest share of what a step takes that was reached, over all steps.

    `look` is asked how far the nose went where the points show no nod. Raises what it raises.
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
        far, said = _done(seen, _motion(seen, step, limits), number, alike, limits)
        if said is not None and step in NODS and far < 1:
            other = _done(seen, _nod(seen, number, step, limits, look), number, alike, limits)
            far, said = max((far, said), other, key=lambda found: found[0])
        reached = min(reached, far)
        if said is not None and (worst[1] is Verdict.PASS or said[1] is Verdict.FAIL):
            worst = said
    if worst[1] is Verdict.PASS:
        return Signal(NAME, reached, Verdict.PASS, "as_asked")
    return Signal(NAME, reached, worst[1], worst[0])


def _nod(
    seen: Sequence[SeenFrame], number: int, step: str, limits: Compliance, look: nods.Look
) -> _Motion:
    """The nod that the nose shows; only of its own step is it told."""
    steps = np.array([frame.step for frame in seen])
    return _Motion(look(seen, number, step) / limits.nose, steps == number, "nod_too_small")


def _motion(seen: Sequence[SeenFrame], step: str, limits: Compliance) -> _Motion:
    turned = np.abs(course(seen, next(iter(TURNS)))) > limits.begun * limits.turn
    told = ~turned
    if step in TURNS:
        enough, too_small, told = limits.turn, "turn_too_small", np.ones_like(turned)
    elif step in NODS:
        enough, too_small = limits.pitch, "nod_too_small"
    else:
        enough, too_small = limits.closer, "not_close_enough"
    return _Motion(course(seen, step) / enough, told, too_small)


def _done(
    seen: Sequence[SeenFrame], motion: _Motion, number: int, alike: set[int], limits: Compliance
) -> tuple[float, tuple[str, Verdict] | None]:
    """How far the motion came in its window, and what is wrong with it, if anything."""
    steps = np.array([frame.step for frame in seen])
    own = motion.course[steps == number]
    before = motion.course[: int(np.argmax(steps == number))][-1:]
    # The second largest: one badly drawn frame is not a motion.
    far = float(np.sort(own)[-2])
    if far < limits.begun:
        other_way = -float(np.sort(own)[1]) >= 1
        return far, ("did_the_opposite" if other_way else "step_not_followed", Verdict.FAIL)
    if far < 1:
        return far, (motion.too_small, Verdict.NOT_MEASURABLE)
    if not _climbs(np.concatenate([before, own]), limits):
        # Somebody who stayed where the step before had led, or who was there before the prompt.
        return far, ("not_from_rest", Verdict.NOT_MEASURABLE)
    if _elsewhere(motion, steps, number, alike, limits) > far:
        return far, ("not_in_its_own_time", Verdict.FAIL)
    return far, None


def _climbs(course: Course, limits: Compliance) -> bool:
    """Whether it comes as far as asked, in two frames or more, after it was near rest.

    Who is slow may still be in the step before when this one begins, and further out than later.
    """
    for at, near in enumerate(course[:-2]):
        far = float(np.sort(course[at + 1 :])[-2])
        if far >= 1 and near <= max(limits.begun, limits.from_rest * far):
            return True
    return False


def _elsewhere(
    motion: _Motion, steps: NDArray[np.int64], number: int, alike: set[int], limits: Compliance
) -> float:
    """How far the motion came in two frames of other steps or more, without the way back.

    Who is slow ends where the next step begins.
    """
    other = motion.told & ~np.isin(steps, [*alike])
    for at in np.flatnonzero(steps > number):
        if motion.course[at] <= limits.begun:
            break
        other[at] = False
    found = np.sort(motion.course[other])
    return float(found[-2]) if len(found) > 1 else 0.0
