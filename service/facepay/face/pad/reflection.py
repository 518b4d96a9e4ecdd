"""Judge what reflects the light: skin, a pane of glass, or the picture as a whole.

Two measures are taken:

- `pane`: the share of the response that is added everywhere. Skin, brows and lips reflect a share
  of the light that falls on them, so in log(R/G) and log(B/G) all of a face responds alike. A
  display emits light of its own, and its glass adds the same reflection everywhere. Dark parts of
  its picture then respond more than bright ones. The share is about 0 for a face and about 1 for a
  display.
- `behind`: the response of the background relative to the skin. The background is further away than
  the face, by at least the depth of the head, so it receives less of the screen's light, by the
  square of the distance. A value of about 1 means that the picture was tinted as a whole.

Stops: displays whose reflections would pass as a response to the light; tinted pictures. Cannot
stop: pictures in which only the face is tinted, or that are relit before they are shown; prints.
The signal is NOT_MEASURABLE unless `light` passes.
"""

import numpy as np
from numpy.typing import NDArray

from facepay.face.pad.light_code import Fit, LightCodeFitter, ratios
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.skin import Colours
from facepay.face.pad.thresholds import Reflection

NAME = "reflection"
_ROUNDS = 10
_TOLERANCE = 1.5  # of the median deviation: lenses, eyes and edges beyond it get less weight


def judge(
    fitter: LightCodeFitter, colours: Colours, own: Fit, lit: Signal, limits: Reflection
) -> Signal:
    """Judge the response; the score is `pane`.

    `own` is the fit of the skin as `light.fit_skin` returns it, and `lit` the signal of `light`.
    """
    if lit.verdict is not Verdict.PASS:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "no_answer_to_the_light")
    pane = _pane_share(fitter, colours, own)
    behind = fitter.amplitudes(ratios(colours.background)[:, None], own)[0] / own.amplitude
    if pane > limits.pane:
        return Signal(NAME, pane, Verdict.FAIL, "a_pane_answers")
    if behind > limits.behind:
        return Signal(NAME, pane, Verdict.FAIL, "the_background_answers_alike")
    return Signal(NAME, pane, Verdict.PASS, "skin_answers")


def _pane_share(fitter: LightCodeFitter, colours: Colours, own: Fit) -> float:
    """Return the added share of the response, from a line over the darkness of the cells.

    It is measured twice: from the responses of all cells, and from the line of each frame, where
    frames that fit badly get less weight. In bright surroundings either value is sometimes off by
    half of the response, but seldom both, so the smaller one counts.
    """
    followed = ratios(colours.cells)
    answers = fitter.amplitudes(followed, own)
    dark = (1 / (colours.cells.mean(axis=0) + 0.002)).mean(axis=1)
    dark /= np.median(dark)
    line = np.column_stack([np.ones(len(dark)), dark])
    weights = _robust_weights(line, answers)
    steady, added = _fit_line(line, answers[:, None], weights)[:, 0]
    whole = steady + added
    by_cells = added / whole if whole > 0 else 1.0
    frames, cells, _ = followed.shape
    by_frame = _fit_line(line, followed.swapaxes(0, 1).reshape(cells, -1), weights)[1]
    by_frames = fitter.refit(by_frame.reshape(frames, 2), own).amplitude / own.amplitude
    return float(min(by_cells, by_frames))


def _robust_weights(line: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (cells,) weights; cells far from the line get less."""
    weights = np.ones(len(y))
    for _ in range(_ROUNDS):
        off = np.abs(y - line @ _fit_line(line, y[:, None], weights)[:, 0])
        weights = 1 / (1 + (off / (_TOLERANCE * float(np.median(off)) + 1e-9)) ** 2)
    return weights


def _fit_line(
    line: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (2, n): intercept and slope of the weighted line through `y` (cells, n)."""
    root = np.sqrt(weights)[:, None]
    return np.asarray(np.linalg.lstsq(line * root, y * root, rcond=None)[0])
