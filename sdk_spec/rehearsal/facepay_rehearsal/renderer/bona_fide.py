"""Payers, as they are: eight variants (liveness.md).

Each takes (source, challenge, seed) and gives the shots; the same arguments give the same bytes.
These heads are themselves attacks of the species full_render: that they pass proves that a signal
works, not that people pass.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from facepay_rehearsal.renderer.backgrounds import NEAR
from facepay_rehearsal.renderer.filming import (
    INDOOR,
    Source,
    developed,
    head_of,
    live_head,
    person,
    place,
)
from facepay_rehearsal.renderer.occlusions import Worn, darkened
from facepay_rehearsal.renderer.occlusions import glasses as some_glasses
from facepay_rehearsal.renderer.shots import Challenge, FixedChallenge, Shot
from facepay_rehearsal.renderer.surfaces import Surface
from facepay_rehearsal.renderer.timeline import Manner, course

# 470 to 930 lx: a bright office. By a window (2,000 lx) and in the sun (20,000) the screen's light
# is under what a camera's noise lets through.
_BRIGHT = (0.028, 0.055)
# Late by up to 0.6 s. There is time for two frames more in the 24 that a capture may have.
_SLOW = Manner(reaction_ms=(300, 600), tail=2)


@dataclass(frozen=True, slots=True)
class Setting:
    """`share` is the screen's light against the room's, `wall` its distance in units."""

    share: tuple[float, float] = INDOOR
    wall: float | None = None
    free: bool = False
    manner: Manner = field(default_factory=Manner)


def indoor(
    source: Source, challenge: Challenge, seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """An ordinary room, exposure and white balance locked."""
    return payer(source, challenge, seed, Setting(), mirrored=mirrored)


def free_exposure(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """A camera that goes on setting exposure and white balance, and so works against the light."""
    return payer(source, challenge, seed, Setting(free=True))


def bright(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """A bright office: the screen's light is 3 to 5 % of what is there."""
    return payer(source, challenge, seed, Setting(share=_BRIGHT))


def slow(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Each movement begins up to 0.6 s after its prompt."""
    return payer(source, challenge, seed, Setting(manner=_SLOW))


def wall_behind(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """A wall 20 cm behind the head: it takes the screen's light too."""
    return payer(source, challenge, seed, Setting(wall=NEAR))


def glasses(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Glasses with frames; their lenses mirror the screen."""
    worn, mirror = some_glasses(np.random.default_rng([seed, 1]))
    surface = replace(head_of(person(source)), mirror=mirror)
    return payer(source, challenge, seed, Setting(), surface, worn)


def dark_skin(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Dark skin, which sends back a fifth of the light; a light portrait's skin is darkened."""
    return payer(source, challenge, seed, Setting(), darkened(head_of(person(source))))


def no_light(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """A challenge without light, for those who cannot stand it, in an ordinary room."""
    return payer(source, FixedChallenge(challenge.steps), seed, Setting())


def payer(
    source: Source,
    challenge: Challenge,
    seed: int,
    setting: Setting,
    surface: Surface | None = None,
    worn: Worn | None = None,
    *,
    mirrored: bool = False,
) -> list[Shot]:
    """Somebody in a setting; `surface` is another shape or skin, `worn` lies over it."""
    rng = np.random.default_rng(seed)
    where = place(rng, setting.share, setting.wall)
    moments = course(challenge, rng, setting.manner)
    scene = live_head(person(source), where, surface, worn)
    return developed(moments, scene, rng, free=setting.free, mirrored=mirrored)
