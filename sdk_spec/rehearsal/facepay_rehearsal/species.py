"""Every attack species and every variant of a bona fide payer, by name.

A maker takes (source, challenge, seed): a name of `portraits` or a Portrait, anything with `steps`
and `light`, and a number. The same arguments give the same bytes.
"""

from typing import NamedTuple, Protocol

from facepay_rehearsal.attacks import crowds, injected, masks, prints, puppets, screens, swaps
from facepay_rehearsal.renderer import bona_fide
from facepay_rehearsal.renderer.filming import Source
from facepay_rehearsal.renderer.shots import Challenge, Shot


class Maker(Protocol):
    """A function that renders one species; its `__name__` is the name of the species."""

    __name__: str

    def __call__(self, source: Source, challenge: Challenge, seed: int, /) -> list[Shot]: ...


class Species(NamedTuple):
    """A maker and its class of difficulty: `cls` is plain, demanding or hard."""

    cls: str
    make: Maker


def _all(cls: str, *makers: Maker) -> dict[str, Species]:
    return {maker.__name__: Species(cls, maker) for maker in makers}


SPECIES: dict[str, Species] = {
    **_all(
        "plain",
        prints.print_still,
        prints.print_moved,
        prints.print_bent,
        prints.cutout_eyes,
        screens.screen_still,
        screens.screen_wrong_challenge,
        screens.screen_right_motion,
        injected.injected_identical,
        injected.injected_jitter,
        injected.injected_old,
        injected.injected_right_motion,
        puppets.puppet_plain,
        crowds.two_faces,
        crowds.no_face,
        injected.wrong_order,
        injected.stale_frames,
    ),
    **_all(
        "demanding",
        masks.paper_mask,
        screens.screen_relit_slow,
        puppets.puppet_uniform_tint,
        swaps.swap_midway,
        swaps.swap_print_then_head,
        masks.occluded,
    ),
    **_all(
        "hard",
        screens.screen_relit_fast,
        puppets.puppet_face_tint,
        puppets.puppet_shaded,
        puppets.full_render,
        masks.rigid_mask,
    ),
}

GENUINE: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (
        bona_fide.indoor,
        bona_fide.free_exposure,
        bona_fide.bright,
        bona_fide.slow,
        bona_fide.wall_behind,
        bona_fide.glasses,
        bona_fide.dark_skin,
        bona_fide.no_light,
    )
}
