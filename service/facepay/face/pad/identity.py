"""Is it one person from the first frame to the last: who is compared, and who proves to be alive?

The face is recognised in the frames that hold still; life is proved in the others. Unless both show
one person, a print of the owner pays: held still, and then the attacker's own head turns.

Compared are the frames that a reference or a probe is made of (`recognise.best_chips`), and of each
step two: the one closest to how the head is held at rest, and the one that proves most, furthest
from it. What is near rest has to match as a payment does, by the model's own calibrated threshold.
Descriptors of turned heads lie further off, so there it is `TURNED` times that.

Stops: a print or screen with somebody else's turns, two people who take turns, another face for
the length of a step. Cannot stop: a lookalike; a swap for single frames between those compared;
one face shown throughout, whatever it is made of.

Rendered, two portraits, int8 network, threshold 0.301: near rest genuine at most 0.17, somebody
else at least 0.44; turned, genuine at most 0.39, somebody else at least 0.44.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facepay.face.embed import Embedder
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.turns import Judgement, Outcome
from facepay.face.recognise import best_chips, take_chip

TURNED = 1.45
_REACH = 0.1  # of yaw: a frame further from rest than this shows a turned head


def judge(observation: Observation, embedder: Embedder, *, same_person: float) -> Judgement | None:
    """What speaks against it, or None. `same_person` is the distance that matches.

    Raises FaceRefusal where no frame is good enough to be compared.
    """
    rest = float(np.median([frame.yaw for frame in observation.seen if frame.step == 0]))
    shown = _telling(observation.seen, rest)
    chips = best_chips(observation, embedder)
    compared = len(chips)
    try:
        for frame in shown:
            chips.append(take_chip(frame.image, frame.points, embedder))
        described = embedder.described(chips)
    finally:
        for chip in chips:
            chip.fill(0)
    turned = [False] * compared + [abs(frame.yaw - rest) > _REACH for frame in shown]
    try:
        apart = _farthest(described, compared, np.array(turned))
    finally:
        described.fill(0)
    if embedder.measured(apart) > same_person:
        return Judgement(Outcome.ATTACK, "another_person")
    return None


def _telling(seen: Sequence[SeenFrame], rest: float) -> list[SeenFrame]:
    """Of each step the frame closest to rest, and the one furthest from it."""
    telling = []
    for step in sorted({frame.step for frame in seen} - {0}):
        course = sorted(
            (frame for frame in seen if frame.step == step),
            key=lambda frame: abs(frame.yaw - rest),
        )
        telling += [course[0], *course[1:][-1:]]
    return telling


def _farthest(described: NDArray[np.float64], compared: int, turned: NDArray[np.bool_]) -> float:
    """The largest distance to one of those compared; of turned heads by what they lie further."""
    apart = np.linalg.norm(described[:, None] - described[None, :compared], axis=2).max(axis=1)
    return float(np.where(turned, apart / TURNED, apart).max())
