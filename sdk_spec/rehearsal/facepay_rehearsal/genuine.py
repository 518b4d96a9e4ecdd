"""Payers, as they are: eight variants (liveness.md).

Each takes (source, challenge, seed) and gives the shots; the same arguments give the same bytes.
These heads are themselves attacks of the species full_render: that they pass proves that a signal
works, not that people pass.
"""

from dataclasses import dataclass, field

import numpy as np

from facepay_rehearsal.course import Manner, course
from facepay_rehearsal.filming import INDOOR, Source, developed, live_head, person, place
from facepay_rehearsal.shots import Challenge, Shot


@dataclass(frozen=True, slots=True)
class Setting:
    share: tuple[float, float] = INDOOR
    wall: float | None = None
    free: bool = False
    manner: Manner = field(default_factory=Manner)


def indoor(
    source: Source, challenge: Challenge, seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """An ordinary room, exposure and white balance locked."""
    return payer(source, challenge, seed, Setting(), mirrored=mirrored)


def payer(
    source: Source, challenge: Challenge, seed: int, setting: Setting, *, mirrored: bool = False
) -> list[Shot]:
    rng = np.random.default_rng(seed)
    where = place(rng, setting.share, setting.wall)
    moments = course(challenge, rng, setting.manner)
    scene = live_head(person(source), where)
    return developed(moments, scene, rng, free=setting.free, mirrored=mirrored)
