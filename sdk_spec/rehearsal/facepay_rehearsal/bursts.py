"""Captures by the steps alone, as the demo and the tests ask for them (species has all the others).

`steps` are the names of the API, in the payer's own left and right; `light` is the code of
colours, empty for a challenge without. The same arguments give the same bytes. Nothing here knows
facepay's types; a burst of 16 frames is 0.4 to 0.6 MB.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from facepay_rehearsal.attacks import crowds, prints
from facepay_rehearsal.renderer.bona_fide import Setting, payer
from facepay_rehearsal.renderer.filming import developed, person, place
from facepay_rehearsal.renderer.shots import FixedChallenge, Shot
from facepay_rehearsal.renderer.timeline import (
    FRAME_INTERVAL_MS,
    HOLD_FRAMES,
    STEP_FRAMES,
    Manner,
    clock,
    course,
    swaying,
)

__all__ = [
    "FRAME_INTERVAL_MS",
    "HOLD_FRAMES",
    "STEP_FRAMES",
    "Shot",
    "genuine",
    "moved_print",
    "shaken_photo",
    "still_photo",
    "two_faces",
]

# Done, and almost back, before the next prompt comes.
_BRISK = Manner(reaction_ms=(80, 160), rest_ms=(330, 380), turn=(30.5, 33))


def genuine(
    name: str,
    steps: Sequence[str],
    seed: int,
    *,
    light: Sequence[str] = (),
    mirrored: bool = False,
) -> list[Shot]:
    """A payer who holds still and then does as asked, with the small movements of a real one."""
    setting = Setting(manner=_BRISK)
    return payer(name, FixedChallenge(steps, light), seed, setting, mirrored=mirrored)


def still_photo(
    name: str,
    steps: Sequence[str],
    seed: int,
    *,
    light: Sequence[str] = (),
    mirrored: bool = False,
) -> list[Shot]:
    """Species print_still: one photograph on a stand; only light and the sensor's noise differ."""
    return prints.print_still(name, FixedChallenge(steps, light), seed, mirrored=mirrored)


def shaken_photo(
    name: str, steps: Sequence[str], seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """Species print_moved: a photograph in the hand, shifted and rotated whatever is asked."""
    rng = np.random.default_rng(seed)
    moments = swaying(clock(FixedChallenge(steps), rng), rng, 6.0)
    return developed(moments, prints.hand_held(person(name), place(rng)), rng, mirrored=mirrored)


def moved_print(
    name: str,
    steps: Sequence[str],
    seed: int,
    *,
    tilt: float = 35.0,
    axis: float = 0.0,
    mirrored: bool = False,
) -> list[Shot]:
    """Species print_moved: a flat print tilted in time with the prompts.

    `tilt` in degrees at the turn's extreme; `axis` in degrees is the axis of the tilt away from
    upright, in the picture's plane: 0 mimics a turning head, about 40 is the worst case for
    anything that measures a turn from few points.
    """
    rng = np.random.default_rng(seed)
    by_hand = Manner(turn=(tilt, tilt), blinks=False)
    moments = [replace(moment, lean=axis) for moment in course(FixedChallenge(steps), rng, by_hand)]
    return developed(moments, prints.hand_held(person(name), place(rng)), rng, mirrored=mirrored)


def two_faces(
    name: str,
    bystander: str,
    steps: Sequence[str],
    seed: int,
    *,
    light: Sequence[str] = (),
    mirrored: bool = False,
) -> list[Shot]:
    """A genuine payer with somebody else as near to the camera, side by side."""
    payer = replace(person(name), stranger=person(bystander))
    return crowds.two_faces(payer, FixedChallenge(steps, light), seed, mirrored=mirrored)
