"""Judge whether the skin takes on the colours that the screen shows, when it shows them.

The mean colour of forehead, cheeks and chin (`skin`) is correlated with the code of colours
(`light_code`). The same code begun at any other of its slots has to leave clearly more of the
colour unexplained.

Stops: recordings, pictures made before the challenge was known, relighting that is more than 150 to
200 ms late. Cannot stop: prints and masks, which reflect the light as well (`depth` stops those);
relighting within the loop. Where the skin reflects too little to be measured, as in the sun, the
verdict is NOT_MEASURABLE and never PASS. A challenge without light has no such signal.
"""

from collections.abc import Sequence

import numpy as np

from facepay.face.pad.light_code import Fit, LightCodeFitter, Ratios, ratios
from facepay.face.pad.signal import Challenge, Signal, Verdict
from facepay.face.pad.skin import Colours
from facepay.face.pad.thresholds import Light

NAME = "light"


def fit_skin(fitter: LightCodeFitter, challenge: Challenge, colours: Colours) -> Fit:
    """Fit the code that was shown to the colours of the skin."""
    return fitter.fit(_skin(colours), challenge.light)


def judge(
    fitter: LightCodeFitter, challenge: Challenge, colours: Colours, own: Fit, limits: Light
) -> Signal:
    """Judge the skin's fit `own`, as `fit_skin` returns it; the score is its correlation."""
    skin, score = _skin(colours), own.correlation
    colour_change = float(np.sqrt((fitter.detrended(skin) ** 2).mean()))
    if score < limits.correlation:
        if colour_change < limits.colour_change:
            return Signal(NAME, score, Verdict.NOT_MEASURABLE, "light_too_weak")
        return Signal(NAME, score, Verdict.FAIL, "another_light")
    if own.amplitude < limits.amplitude:
        return Signal(NAME, score, Verdict.NOT_MEASURABLE, "light_too_weak")
    others = [_shifted(challenge.light, slots) for slots in range(1, len(challenge.light))]
    next_best = float(fitter.correlations(skin, others).max())
    if 1 - next_best < limits.odds * (1 - score):
        return Signal(NAME, score, Verdict.FAIL, "fits_another_code_as_well")
    return Signal(NAME, score, Verdict.PASS, "lit_as_asked")


def _skin(colours: Colours) -> Ratios:
    return ratios(colours.cells[:, colours.skin].mean(axis=1))


def _shifted(light: Sequence[str], slots: int) -> list[str]:
    return [*light[slots:], *light[:slots]]
