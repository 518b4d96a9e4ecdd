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

from facepay.face.pad.light_code import Fit, Follower, ratios
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
    """The line through what each cell answers over how dark it is: what is added, as a share.

    Read twice: from the answers of all cells, and from the line of each frame, where frames that
    fit badly count less. In bright surroundings either is off by half of the answer now and then,
    seldom both: the smaller is taken.
    """
    followed = ratios(colours.cells)
    answers = follower.amplitudes(followed, own)
    dark = (1 / (colours.cells.mean(axis=0) + 0.002)).mean(axis=1)
    dark /= np.median(dark)
    line = np.column_stack([np.ones(len(dark)), dark])
    weights = _settled(line, answers)
    steady, added = _through(line, answers[:, None], weights)[:, 0]
    whole = steady + added
    by_cells = added / whole if whole > 0 else 1.0
    frames, cells, _ = followed.shape
    by_frame = _through(line, followed.swapaxes(0, 1).reshape(cells, -1), weights)[1]
    by_frames = follower.again(by_frame.reshape(frames, 2), own).amplitude / own.amplitude
    return float(min(by_cells, by_frames))


def _settled(line: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """(cells,) weights: what lies far off the line counts for less."""
    weights = np.ones(len(y))
    for _ in range(_ROUNDS):
        off = np.abs(y - line @ _through(line, y[:, None], weights)[:, 0])
        weights = 1 / (1 + (off / (_TOLERANCE * float(np.median(off)) + 1e-9)) ** 2)
    return weights


def _through(
    line: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(2, n) where the line through `y` (cells, n) begins and how it climbs."""
    root = np.sqrt(weights)[:, None]
    return np.asarray(np.linalg.lstsq(line * root, y * root, rcond=None)[0])
