"""What is it that sends the light back: skin, a pane of glass, or the whole picture?

- Skin, brows and lips send back their share of whatever light falls on them, so in log(R/G) and
  log(B/G) all of a face answers alike. A display shines by itself, and its glass adds the same
  reflection everywhere: what is dark in its picture then answers more than what is bright. `pane`
  is the part of the answer that is added: about 0 of a face, about 1 of a display.
- What is behind a head is further away than its face, by the depth of the head at least, and gets
  less of the screen's light by the square of the distance. `behind` is its answer against the
  skin's: where it is about 1, the picture was tinted as a whole.

Stops: displays, whose reflections would answer to the light; tinted pictures. Cannot stop: pictures
in which only the face is tinted, or relit before they are shown; prints. Says nothing where the
light has said nothing.
"""

import numpy as np
from numpy.typing import NDArray

from facepay.face.pad.code import Fit, Follower, ratios
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.skin import Colours
from facepay.face.pad.thresholds import Reflection

NAME = "reflection"
_ROUNDS = 10
_TOLERANCE = 1.5  # of the middle deviation: lenses, eyes and edges count for less


def judge(
    follower: Follower, colours: Colours, own: Fit, lit: Signal, limits: Reflection
) -> Signal:
    """The score is `pane`. `own` is the skin's answer, as of `light.answer`, `lit` what it says."""
    if lit.verdict is not Verdict.PASS:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "no_answer_to_the_light")
    pane = _pane(follower, colours, own)
    behind = follower.amplitudes(ratios(colours.behind)[:, None], own)[0] / own.amplitude
    if pane > limits.pane:
        return Signal(NAME, pane, Verdict.FAIL, "a_pane_answers")
    if behind > limits.behind:
        return Signal(NAME, pane, Verdict.FAIL, "the_background_answers_alike")
    return Signal(NAME, pane, Verdict.PASS, "skin_answers")


def _pane(follower: Follower, colours: Colours, own: Fit) -> float:
    """The line through what each cell answers over how dark it is: what is added, as a share."""
    answers = follower.amplitudes(ratios(colours.cells), own)
    dark = (1 / (colours.cells.mean(axis=0) + 0.002)).mean(axis=1)
    dark /= np.median(dark)
    steady, added = _line(dark, answers)
    whole = steady + added
    return added / whole if whole > 0 else 1.0


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Where it begins and how it climbs; what lies far off it counts for less."""
    columns = np.column_stack([np.ones(len(x)), x])
    weights = np.ones(len(x))
    line = np.zeros(2)
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)
        line = np.linalg.lstsq(columns * root[:, None], y * root, rcond=None)[0]
        off = np.abs(y - columns @ line)
        weights = 1 / (1 + (off / (_TOLERANCE * float(np.median(off)) + 1e-9)) ** 2)
    return float(line[0]), float(line[1])
