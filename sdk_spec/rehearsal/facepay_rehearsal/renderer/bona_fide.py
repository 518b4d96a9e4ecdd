"""Bona fide payers in eight variants.

Each function takes (source, challenge, seed) and returns shots; the same arguments give the same
bytes. A rendered head is also an attack, of species full_render. If it passes, the signals work;
that does not show that people pass.
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
from facepay_rehearsal.renderer.timeline import Manner, timeline

# A bright office has 470 to 930 lx. By a window (2,000 lx) and in the sun (20,000 lx) the screen's
# light is below the noise of a camera.
_BRIGHT = (0.028, 0.055)
# Late by up to 0.6 s, with two more frames; a capture may have 24.
_SLOW = Manner(reaction_ms=(300, 600), tail=2)


@dataclass(frozen=True, slots=True)
class Setting:
    """How a payer is captured. `share` is the screen's light relative to the room's.

    `wall` is the distance of the wall in units; None draws one. `free`: the camera keeps changing
    exposure and white balance.
    """

    share: tuple[float, float] = INDOOR
    wall: float | None = None
    free: bool = False
    manner: Manner = field(default_factory=Manner)


def indoor(
    source: Source, challenge: Challenge, seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """Render an ordinary room; exposure and white balance are locked."""
    return payer(source, challenge, seed, Setting(), mirrored=mirrored)


def free_exposure(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render with a camera that keeps changing exposure and white balance, against the light."""
    return payer(source, challenge, seed, Setting(free=True))


def bright(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render a bright office: the screen adds 3 to 5 % to the room's light."""
    return payer(source, challenge, seed, Setting(share=_BRIGHT))


def slow(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render a slow payer: each movement begins 0.3 to 0.6 s after its prompt."""
    return payer(source, challenge, seed, Setting(manner=_SLOW))


def wall_behind(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render a wall 20 cm behind the head, which reflects the screen's light too."""
    return payer(source, challenge, seed, Setting(wall=NEAR))


def glasses(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render glasses with frames, whose lenses reflect the screen."""
    worn, mirror = some_glasses(np.random.default_rng([seed, 1]))
    surface = replace(head_of(person(source)), mirror=mirror)
    return payer(source, challenge, seed, Setting(), surface, worn)


def dark_skin(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render dark skin, which reflects a fifth of what light skin does; light skin is darkened."""
    return payer(source, challenge, seed, Setting(), darkened(head_of(person(source))))


def no_light(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render a challenge without light (profile no_light), in an ordinary room."""
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
    """Render a payer in a setting; `surface` replaces shape or skin, `worn` covers the skin."""
    rng = np.random.default_rng(seed)
    where = place(rng, setting.share, setting.wall)
    moments = timeline(challenge, rng, setting.manner)
    scene = live_head(person(source), where, surface, worn)
    return developed(moments, scene, rng, free=setting.free, mirrored=mirrored)
