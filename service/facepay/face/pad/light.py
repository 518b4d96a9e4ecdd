"""Does the skin take on the colours that the screen shows, when it shows them?

The mean colour of forehead, cheeks and chin is followed through the burst (`skin`) and correlated
with the code (`code`). The same code begun at any other of its slots has to leave clearly more of
it unexplained.

Stops: recordings, pictures made before the challenge was known, relighting that comes more than
150 to 200 ms late. Cannot stop: prints and masks, which reflect the light as well (`depth` is for
those); relighting within the loop. Where the skin answers too weakly to be measured, as in the sun,
the answer is "not measurable", and never a pass. A challenge without light has no such signal.
"""

from collections.abc import Sequence

import numpy as np

from facepay.face.pad.light_code import Fit, Follower, Ratios, ratios
from facepay.face.pad.signal import Challenge, Signal, Verdict
from facepay.face.pad.skin import Colours
from facepay.face.pad.thresholds import Light

NAME = "light"


def answer(follower: Follower, challenge: Challenge, colours: Colours) -> Fit:
    """How well the skin follows the code that was shown."""
    return follower.best(_skin(colours), challenge.light)


def judge(
    follower: Follower, challenge: Challenge, colours: Colours, own: Fit, limits: Light
) -> Signal:
    """The score is the correlation; `own` is the `answer`."""
    skin, score = _skin(colours), own.correlation
    restless = float(np.sqrt((follower.left_over(skin) ** 2).mean()))
    if score < limits.correlation:
        if restless < limits.restless:
            return Signal(NAME, score, Verdict.NOT_MEASURABLE, "light_too_weak")
        return Signal(NAME, score, Verdict.FAIL, "another_light")
    if own.amplitude < limits.amplitude:
        return Signal(NAME, score, Verdict.NOT_MEASURABLE, "light_too_weak")
    others = [_shifted(challenge.light, slots) for slots in range(1, len(challenge.light))]
    next_best = float(follower.correlations(skin, others).max())
    if 1 - next_best < limits.odds * (1 - score):
        return Signal(NAME, score, Verdict.FAIL, "fits_another_code_as_well")
    return Signal(NAME, score, Verdict.PASS, "lit_as_asked")


def _skin(colours: Colours) -> Ratios:
    return ratios(colours.cells[:, colours.skin].mean(axis=1))


def _shifted(light: Sequence[str], slots: int) -> list[str]:
    return [*light[slots:], *light[:slots]]
