"""Is the lower half of the face there to be seen?

Under an eye and beside the mouth skin has much the same colour, whatever its shade: compared are
log(R/G) and log(B/G) of both places on the frames of the hold, on either side of the face, and with
the forehead instead, because glasses lie under eyes; what differs least counts. Beards differ as
well, by less than cloth does.

Stops: cloth masks and scarves over mouth and nose, with which too little of a face is left to be
compared. Cannot stop: hands, or cloth in the colour of the skin. It is no sign of an attack, so a
payer is asked to show the face, and never refused for it.
"""

from collections.abc import Sequence

import numpy as np

from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.code import ratios
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.skin import Colours, mean_near
from facepay.face.pad.thresholds import Cover

NAME = "cover"
# In outer-eye widths from the middle of the eyes, on the picture's right.
_UNDER_EYE = ((0.25, 0.15), (0.35, 0.15))
_FOREHEAD = ((0.15, -0.35), (0.25, -0.35))
_BESIDE_MOUTH = ((0.25, 0.75), (0.25, 0.85), (0.35, 0.75), (0.35, 0.85))


def held(observation: Observation) -> list[SeenFrame]:
    """The frames that `judge` needs the colours of."""
    return [frame for frame in observation.seen if frame.step == 0]


def judge(colours: Colours, limits: Cover) -> Signal:
    """The score is by how much the colours differ; `colours` are those of the frames `held`."""
    above = (_UNDER_EYE, _FOREHEAD)
    score = min(_differ(colours, side, places) for side in (-1.0, 1.0) for places in above)
    if score > limits.differs:
        return Signal(NAME, score, Verdict.NOT_MEASURABLE, "covered")
    return Signal(NAME, score, Verdict.PASS, "open")


def _differ(colours: Colours, side: float, above: Sequence[tuple[float, float]]) -> float:
    def seen(places: Sequence[tuple[float, float]]) -> np.ndarray:
        return ratios(mean_near(colours, [(side * x, y) for x, y in places]))

    return float(np.linalg.norm(seen(above) - seen(_BESIDE_MOUTH)))
