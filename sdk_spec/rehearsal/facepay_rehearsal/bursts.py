"""Render bursts for given steps, with quick reactions, for the tests (`species` has all others).

`steps` are the step names of the API, in the payer's own left and right. `light` is the sequence of
colours, empty for a challenge without light. The same arguments give the same bytes. This module
uses no type of facepay. A burst of 16 frames has 0.4 to 0.6 MB.
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
    swaying,
    timeline,
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

# The payer has done the step, and is almost back, before the next prompt.
_BRISK = Manner(reaction_ms=(80, 160), rest_ms=(330, 380), turn=(30.5, 33))


def genuine(
    name: str,
    steps: Sequence[str],
    seed: int,
    *,
    light: Sequence[str] = (),
    mirrored: bool = False,
) -> list[Shot]:
    """Render a bona fide payer, who holds still and then follows the prompts."""
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
    """Render species print_still: a photograph on a stand; only light and noise differ."""
    return prints.print_still(name, FixedChallenge(steps, light), seed, mirrored=mirrored)


def shaken_photo(
    name: str, steps: Sequence[str], seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """Render species print_moved: a photograph in the hand that ignores the prompts."""
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
    """Render species print_moved: a flat print that is tilted in time with the prompts.

    `tilt` is the largest angle in degrees. `axis` is the angle in degrees between the axis of the
    tilt and upright, in the plane of the picture: 0 imitates a turning head, and about 40 is the
    worst case for a signal that measures a turn from few points.
    """
    rng = np.random.default_rng(seed)
    by_hand = Manner(turn=(tilt, tilt), blinks=False)
    moments = [
        replace(moment, lean=axis) for moment in timeline(FixedChallenge(steps), rng, by_hand)
    ]
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
    """Render a bona fide payer with another person beside, as near to the camera."""
    payer = replace(person(name), stranger=person(bystander))
    return crowds.two_faces(payer, FixedChallenge(steps, light), seed, mirrored=mirrored)
