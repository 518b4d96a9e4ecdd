"""Judge whether the lower half of the face is visible.

Two measures are taken. Both use log(R/G) and log(B/G), averaged over the frames of the hold.

- `differs`: skin under an eye and beside the mouth has much the same colour, whatever its shade.
  Both sides of the face are compared, and also the forehead with the mouth, because glasses lie
  under the eyes. The smallest difference counts. Beards differ as well, but less than cloth.
- `plain`: from the nose to the chin a face has lips, nostrils, cheeks and stubble, each with its
  own colour, and a cover has one. The measure is the deviation over the cells there. It is at least
  0.031 in 204 stills of the London set, and at least 0.036 in 99.5 % of 1,262 photographs of LFW.
  It is at most 0.02 where the face is covered.

Stops: masks and scarves over mouth and nose, and a hand before them, because too little of the face
is left to be compared. Cannot stop: a cover printed with another mouth. A cover is no sign of an
attack, so the payer is asked to show the face and is never refused for it.
"""

from collections.abc import Sequence

import numpy as np

from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.light_code import ratios
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.skin import Colours, mean_near, within
from facepay.face.pad.thresholds import Cover

NAME = "cover"
# Positions in outer-eye widths from the middle of the eyes, on the picture's right.
_UNDER_EYE = ((0.25, 0.15), (0.35, 0.15))
_FOREHEAD = ((0.15, -0.35), (0.25, -0.35))
_BESIDE_MOUTH = ((0.25, 0.75), (0.25, 0.85), (0.35, 0.75), (0.35, 0.85))
_NOSE_TO_CHIN = ((-0.4, 0.4), (0.4, 1.2))


def hold_frames(observation: Observation) -> list[SeenFrame]:
    """Return the frames of the hold: `judge` needs their colours."""
    return [frame for frame in observation.seen if frame.step == 0]


def judge(colours: Colours, limits: Cover) -> Signal:
    """Judge the colours of `hold_frames`; the score is the cover as a share of the limit.

    The verdict is PASS or NOT_MEASURABLE, never FAIL.
    """
    above = (_UNDER_EYE, _FOREHEAD)
    differs = min(
        _colour_difference(colours, side, places) for side in (-1.0, 1.0) for places in above
    )
    score = max(differs / limits.differs, limits.plain / (_colour_deviation(colours) + 1e-9))
    if score > 1:
        return Signal(NAME, score, Verdict.NOT_MEASURABLE, "covered")
    return Signal(NAME, score, Verdict.PASS, "open")


def _colour_difference(
    colours: Colours, side: float, above: Sequence[tuple[float, float]]
) -> float:
    def seen(places: Sequence[tuple[float, float]]) -> np.ndarray:
        return ratios(mean_near(colours, [(side * x, y) for x, y in places]))

    return float(np.linalg.norm(seen(above) - seen(_BESIDE_MOUTH)))


def _colour_deviation(colours: Colours) -> float:
    """Return the deviation of the colours from nose to chin, in the ratio that deviates more."""
    lower = colours.cells[:, within(*_NOSE_TO_CHIN)].mean(axis=0)
    return float(ratios(lower).std(axis=0).max())
