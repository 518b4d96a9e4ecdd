"""Is the lower half of the face there to be seen?

Two things tell, both in log(R/G) and log(B/G), averaged over the frames of the hold:

- `differs`: under an eye and beside the mouth skin has much the same colour, whatever its shade.
  Compared is either side of the face, and with the forehead instead, because glasses lie under
  eyes; what differs least counts. Beards differ as well, by less than cloth does.
- `plain`: from the nose to the chin a face has lips, nostrils, cheeks and stubble, each with its
  own colour, and what covers them has one. The deviation over the cells there is 0.031 and more in
  204 stills of the London set, 0.036 and more in 99.5 % of 1,262 photographs of LFW, and at most
  0.02 where it is covered.

Stops: masks and scarves over mouth and nose, a hand before them: too little of a face is left to be
compared. Cannot stop: what is printed with another mouth. It is no sign of an attack, so a payer is
asked to show the face, and never refused for it.
"""

from collections.abc import Sequence

import numpy as np

from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.light_code import ratios
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.skin import Colours, mean_near, within
from facepay.face.pad.thresholds import Cover

NAME = "cover"
# In outer-eye widths from the middle of the eyes, on the picture's right.
_UNDER_EYE = ((0.25, 0.15), (0.35, 0.15))
_FOREHEAD = ((0.15, -0.35), (0.25, -0.35))
_BESIDE_MOUTH = ((0.25, 0.75), (0.25, 0.85), (0.35, 0.75), (0.35, 0.85))
_NOSE_TO_CHIN = ((-0.4, 0.4), (0.4, 1.2))


def steady(observation: Observation) -> list[SeenFrame]:
    """The frames that `judge` needs the colours of."""
    return [frame for frame in observation.seen if frame.step == 0]


def judge(colours: Colours, limits: Cover) -> Signal:
    """The score is how covered it looks, as a share of what is allowed; `colours` are those of the
    frames `steady`.
    """
    above = (_UNDER_EYE, _FOREHEAD)
    differs = min(_differ(colours, side, places) for side in (-1.0, 1.0) for places in above)
    score = max(differs / limits.differs, limits.plain / (_various(colours) + 1e-9))
    if score > 1:
        return Signal(NAME, score, Verdict.NOT_MEASURABLE, "covered")
    return Signal(NAME, score, Verdict.PASS, "open")


def _differ(colours: Colours, side: float, above: Sequence[tuple[float, float]]) -> float:
    def seen(places: Sequence[tuple[float, float]]) -> np.ndarray:
        return ratios(mean_near(colours, [(side * x, y) for x, y in places]))

    return float(np.linalg.norm(seen(above) - seen(_BESIDE_MOUTH)))


def _various(colours: Colours) -> float:
    """By how much the colours from nose to chin deviate, in the ratio that does more."""
    lower = colours.cells[:, within(*_NOSE_TO_CHIN)].mean(axis=0)
    return float(ratios(lower).std(axis=0).max())
