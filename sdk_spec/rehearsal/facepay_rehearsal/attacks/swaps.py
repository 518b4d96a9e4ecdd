"""Swaps: two people in one capture, one after the other."""

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.attacks.prints import hand_held
from facepay_rehearsal.renderer.filming import Scene, Source, developed, live_head, person, place
from facepay_rehearsal.renderer.shots import Challenge, Shot
from facepay_rehearsal.renderer.timeline import Moment, timeline

Floats = NDArray[np.float32]


def swap_midway(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render the owner in the hold, and another person, in the same place, in the steps."""
    rng = np.random.default_rng(seed)
    where, owner = place(rng), person(source)
    return _after_the_hold(
        live_head(owner, where), live_head(owner.somebody_else(), where), challenge, rng
    )


def swap_print_then_head(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render a print of the owner in the hold, and the attacker in the steps."""
    rng = np.random.default_rng(seed)
    where, owner = place(rng), person(source)
    return _after_the_hold(
        hand_held(owner, where), live_head(owner.somebody_else(), where), challenge, rng
    )


def _after_the_hold(
    first: Scene, then: Scene, challenge: Challenge, rng: np.random.Generator
) -> list[Shot]:
    moments = timeline(challenge, rng)

    def picture(moment: Moment, behind: Floats | None = None, /) -> Floats:
        return (then if moment.step else first)(moment, behind)

    return developed(moments, picture, rng)
