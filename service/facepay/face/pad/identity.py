"""Judge whether one person is shown from the first frame to the last.

The service recognises the face in the frames that hold still, and detects life in the others.
Unless both show one person, a print of the owner would pay: it is held still, and then the
attacker's own head turns.

Two groups of frames are compared: those from which a reference or a probe is made
(`recognise.best_chips`), and two of each step. The two of a step are the frame closest to rest and
the one furthest from it, which says most about life. Frames near rest have to match as in a
payment, by the model's calibrated threshold. Descriptors of turned heads lie further away, so their
limit is `turned` times that threshold.

Stops: a print or screen followed by somebody else's turns, two people who take turns, another face
for the length of a step. Cannot stop: a lookalike; a swap for single frames between those compared;
one face shown throughout, whatever it is made of.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facepay.face.errors import FaceRefusal
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.motion import displacement, furthest_frames
from facepay.face.pad.signal import NODS, TURNS, Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Identity
from facepay.face.recognition.embed import Embedder
from facepay.face.recognition.recognise import best_chips, describe_with_probe, take_chip

NAME = "identity"
_REST_TOLERANCE = 0.04  # in outer-eye widths: frames within this are equally close to rest


def judge(
    observation: Observation,
    challenge: Challenge,
    embedder: Embedder,
    limits: Identity,
    *,
    same_person: float,
) -> Signal:
    """Compare the persons in the chosen frames; the score is the largest share of a limit.

    `same_person` is the match threshold as a distance. Where no frame is good enough to be
    compared, the verdict is NOT_MEASURABLE and the reason is the kind of the refusal.

    Raises as `recognise.best_chips`, except FaceRefusal for want of a good frame.
    """
    try:
        chips = best_chips(observation, embedder)
    except FaceRefusal as refusal:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, refusal.kind.value)
    compared = len(chips)
    shown, far = _choose_frames(observation.seen, challenge, limits)
    try:
        for frame in shown:
            chips.append(take_chip(frame.image, frame.points, embedder))
        descriptors = describe_with_probe(observation, embedder, chips)
    finally:
        for chip in chips:
            chip.fill(0)
    try:
        apart = _largest_distance(
            descriptors, compared, np.array([False] * compared + far), limits.turned
        )
    finally:
        descriptors.fill(0)
    score = embedder.to_card_distance(apart) / same_person
    if score > 1:
        return Signal(NAME, score, Verdict.FAIL, "another_person")
    return Signal(NAME, score, Verdict.PASS, "one_person")


def _choose_frames(
    seen: Sequence[SeenFrame], challenge: Challenge, limits: Identity
) -> tuple[list[SeenFrame], list[bool]]:
    """Return two frames of each step, and whether each is turned.

    They are the frame closest to rest and the one furthest from it.
    """
    yaws = np.abs(displacement(seen, next(iter(TURNS))))
    off = yaws + np.abs(displacement(seen, next(iter(NODS))))
    place = {frame.position: at for at, frame in enumerate(seen)}
    chosen: list[SeenFrame] = []
    turned: list[bool] = []
    for number, step in enumerate(challenge.steps, start=1):
        own = [frame for frame in seen if frame.step == number]
        nearest = min(off[place[frame.position]] for frame in own) + _REST_TOLERANCE
        # The first of them: where the points do not show a nod, it has not begun there yet.
        closest = next(frame for frame in own if off[place[frame.position]] <= nearest)
        (far,) = furthest_frames(seen, number, step, 1)
        chosen += [closest, far]
        # The points of another face differ as a nod does, so pitch alone marks no frame at rest as
        # turned.
        turned.append(bool(yaws[place[closest.position]] > limits.turned_from))
        turned.append(step in NODS or bool(yaws[place[far.position]] > limits.turned_from))
    return chosen, turned


def _largest_distance(
    descriptors: NDArray[np.float64], compared: int, turned: NDArray[np.bool_], allowance: float
) -> float:
    """Return the largest distance of a frame to those compared.

    A frame at rest is measured against each of them. A turned one is measured against their mean,
    divided by `allowance`.
    """
    own = descriptors[:compared]
    mean = own.mean(axis=0)
    mean /= np.linalg.norm(mean)
    each = np.linalg.norm(descriptors[:, None] - own[None], axis=2).max(axis=1)
    from_mean = np.linalg.norm(descriptors - mean, axis=1)
    return float(np.where(turned, from_mean / allowance, each).max())
