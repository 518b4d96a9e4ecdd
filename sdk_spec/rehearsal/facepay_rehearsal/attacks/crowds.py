"""More than one face before the camera, or no face."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.filming import Source, developed, live_head, person, place
from facepay_rehearsal.renderer.light import wall
from facepay_rehearsal.renderer.shots import Challenge, Shot
from facepay_rehearsal.renderer.timeline import Moment, timeline

Floats = NDArray[np.float32]

_APART_PX = 155.0  # from the middle of the frame to each of two people


def two_faces(
    source: Source, challenge: Challenge, seed: int, *, mirrored: bool = False
) -> list[Shot]:
    """Render the owner, who follows the prompts, and another person who looks into the camera."""
    rng = np.random.default_rng(seed)
    owner = person(source)
    other = owner.somebody_else()
    where = replace(place(rng), distance=6.4)
    side = 1 if rng.random() < 0.5 else -1
    left = replace(where, at=(where.at[0] - side * _APART_PX, where.at[1]))
    right = replace(where, at=(where.at[0] + side * _APART_PX, where.at[1] + 8))
    moments = timeline(challenge, rng)
    payer, bystander = live_head(owner, left), live_head(other, right)

    def picture(moment: Moment, behind: Floats | None = None, /) -> Floats:
        rest = replace(moment, turn=0.0, nod=0.0, blink=0.0, mouth=0.0, scale=1.0)
        return payer(moment, bystander(rest, behind))

    return developed(moments, picture, rng, mirrored=mirrored)


def no_face(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render an empty room in the screen's light; nothing of the source is visible."""
    rng = np.random.default_rng(seed)
    where = place(rng)
    del source

    def picture(moment: Moment, _behind: Floats | None = None, /) -> Floats:
        return wall(where.room, where.pose(moment), where.lights(moment))

    return developed(timeline(challenge, rng), picture, rng)
