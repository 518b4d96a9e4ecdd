"""Is it one person from the first frame to the last: who is compared, and who proves to be alive?

The face is recognised in the frames that hold still; life is proved in the others. Unless both show
one person, a print of the owner pays: held still, and then the attacker's own head turns.

Compared are the frames that a reference or a probe is made of (`recognise.best_chips`), and of each
step two: the one closest to how the head is held at rest, and the one that proves most, furthest
from it. What is near rest has to match as a payment does, by the model's own calibrated threshold.
Descriptors of turned heads lie further off, so there it is `turned` times that.

Stops: a print or screen with somebody else's turns, two people who take turns, another face for
the length of a step. Cannot stop: a lookalike; a swap for single frames between those compared;
one face shown throughout, whatever it is made of.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facepay.face.errors import FaceRefusal
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.motion import course, furthest
from facepay.face.pad.signal import NODS, TURNS, Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Identity
from facepay.face.recognition.embed import Embedder
from facepay.face.recognition.recognise import best_chips, described_on_the_way, take_chip

NAME = "identity"
_AS_NEAR = 0.04  # in outer-eye widths: frames that points cannot tell apart


def judge(
    observation: Observation,
    challenge: Challenge,
    embedder: Embedder,
    limits: Identity,
    *,
    same_person: float,
) -> Signal:
    """The score is the largest distance, as a share of what is allowed to it.

    `same_person` is the distance that matches. Where no frame is good enough to be compared, the
    reason is that of the refusal.
    """
    try:
        chips = best_chips(observation, embedder)
    except FaceRefusal as refusal:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, refusal.kind.value)
    compared = len(chips)
    shown, far = _telling(observation.seen, challenge, limits)
    try:
        for frame in shown:
            chips.append(take_chip(frame.image, frame.points, embedder))
        described = described_on_the_way(observation, embedder, chips)
    finally:
        for chip in chips:
            chip.fill(0)
    try:
        apart = _farthest(described, compared, np.array([False] * compared + far), limits.turned)
    finally:
        described.fill(0)
    score = embedder.measured(apart) / same_person
    if score > 1:
        return Signal(NAME, score, Verdict.FAIL, "another_person")
    return Signal(NAME, score, Verdict.PASS, "one_person")


def _telling(
    seen: Sequence[SeenFrame], challenge: Challenge, limits: Identity
) -> tuple[list[SeenFrame], list[bool]]:
    """Of each step the frame closest to rest and the one furthest from it; whether it is turned."""
    yaws = np.abs(course(seen, next(iter(TURNS))))
    off = yaws + np.abs(course(seen, next(iter(NODS))))
    place = {frame.position: at for at, frame in enumerate(seen)}
    telling: list[SeenFrame] = []
    turned: list[bool] = []
    for number, step in enumerate(challenge.steps, start=1):
        own = [frame for frame in seen if frame.step == number]
        nearest = min(off[place[frame.position]] for frame in own) + _AS_NEAR
        # The first of them: where points do not show that a head looks down, it has not begun yet.
        closest = next(frame for frame in own if off[place[frame.position]] <= nearest)
        (far,) = furthest(seen, number, step, 1)
        telling += [closest, far]
        # Another face's points differ as a nod does, so that alone excuses no frame at rest.
        turned.append(bool(yaws[place[closest.position]] > limits.turned_from))
        turned.append(step in NODS or bool(yaws[place[far.position]] > limits.turned_from))
    return telling, turned


def _farthest(
    described: NDArray[np.float64], compared: int, turned: NDArray[np.bool_], allowance: float
) -> float:
    """The largest distance to what is compared: at rest to each of them, of turned heads to their
    mean, and as a share of what they may lie further.
    """
    own = described[:compared]
    mean = own.mean(axis=0)
    mean /= np.linalg.norm(mean)
    each = np.linalg.norm(described[:, None] - own[None], axis=2).max(axis=1)
    from_mean = np.linalg.norm(described - mean, axis=1)
    return float(np.where(turned, from_mean / allowance, each).max())
