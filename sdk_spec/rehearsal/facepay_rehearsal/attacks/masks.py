"""Masks on a living head, which follows the prompts under real light."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.attacks.prints import printed
from facepay_rehearsal.renderer.canvas import COARSE, SCALE, canvas, grid
from facepay_rehearsal.renderer.filming import Source, developed, head_of, live_head, person, place
from facepay_rehearsal.renderer.occlusions import cheek, cloth_mask, hand, over_the_mouth
from facepay_rehearsal.renderer.portraits import Portrait
from facepay_rehearsal.renderer.shots import Challenge, Shot
from facepay_rehearsal.renderer.surfaces import Surface, normals_of
from facepay_rehearsal.renderer.timeline import Manner, timeline

Floats = NDArray[np.float32]

_STIFF = Manner(blinks=False)
_OVAL = (0.84, 0.12, 1.22)  # half width, y of the middle, half height: units
_RIM = 0.025
_ROUND_HEAD = 1.05  # radius of the bent paper: units
_CREST = 1.24  # distance of its crest from the plane of the ears: units


def paper_mask(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render the owner's print, cut out as an oval and bent around another person's head.

    The print is a cylinder, without nose and eyelids.
    """
    rng = np.random.default_rng(seed)
    where, owner = place(rng), person(source)
    moments = timeline(challenge, rng, _STIFF)
    return developed(moments, live_head(owner, where, _bent(owner)), rng)


def rigid_mask(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Render the owner's face in hard plastic, correct in shape, worn and turned.

    Hard for liveness: only moving lids and lips are missing. The second factor, limits, lockouts
    and an attentive person stop it.
    """
    rng = np.random.default_rng(seed)
    where, owner = place(rng), person(source)
    moments = timeline(challenge, rng, _STIFF)
    return developed(moments, live_head(owner, where, _cast(owner)), rng)


def occluded(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Cover mouth and nose, with a cloth mask or a hand, so that too little is left to judge."""
    rng = np.random.default_rng(seed)
    where, owner = place(rng), person(source)
    head, laid_out = head_of(owner), canvas(owner)
    cover = cloth_mask(rng, laid_out) if seed % 2 else hand(rng, laid_out, cheek(head.albedo))
    scene = live_head(owner, where, over_the_mouth(head, cover), cover)
    return developed(timeline(challenge, rng), scene, rng)


@cache
def _cast(owner: Portrait) -> Surface:
    """Model the owner's face on the wearer's head, in paint: paler, with less colour contrast."""
    wearer, own = head_of(owner.somebody_else()), head_of(owner)
    x, y = grid(COARSE)
    inside = _oval(x, y, canvas(owner).chin)
    share = np.clip(inside / 0.06, 0, 1)
    front = (wearer.front * (1 - share) + (own.front + 0.04) * share).astype(np.float32)
    fine_x, fine_y = grid(SCALE)
    cut = np.clip(_oval(fine_x, fine_y, canvas(owner).chin) * SCALE / 2, 0, 1)[..., None]
    paint = 0.02 + 0.93 * (0.88 * own.albedo + 0.12 * own.albedo.mean(axis=2, keepdims=True))
    albedo = wearer.albedo * (1 - cut) + paint * cut
    return Surface(
        albedo.astype(np.float32), front, wearer.back, normals_of(front), neck=wearer.neck
    )


@cache
def _bent(owner: Portrait) -> Surface:
    wearer = head_of(owner.somebody_else())
    x, y = grid(COARSE)
    inside = _oval(x, y, canvas(owner).chin)
    bent = _CREST - _ROUND_HEAD + np.sqrt(np.maximum(_ROUND_HEAD**2 - x**2, 0)) + 0 * y
    front = np.where(inside > 0, bent, wearer.front).astype(np.float32)
    fine_x, fine_y = grid(SCALE)
    edge = _oval(fine_x, fine_y, canvas(owner).chin)
    cut = np.clip(edge * SCALE + 0.5, 0, 1)[..., None]
    sheet = np.where((edge < _RIM)[..., None], np.float32(0.8), printed(owner))
    albedo = wearer.albedo * (1 - cut) + sheet * cut
    return Surface(
        albedo.astype(np.float32), front, wearer.back, normals_of(front), neck=wearer.neck
    )


def _oval(x: Floats, y: Floats, chin: float) -> Floats:
    """Return about how far inside the cut-out oval a place is, in units."""
    half, middle, high = _OVAL
    reach = np.sqrt((x / half) ** 2 + ((y - middle) / (high * chin / 1.27)) ** 2)
    return np.asarray((1 - reach) * half, dtype=np.float32)
