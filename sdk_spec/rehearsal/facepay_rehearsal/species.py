"""Every species of attack and every variant of a payer, by its name in liveness.md.

A maker takes (source, challenge, seed): a name of `portraits` or a Portrait, anything with `steps`
and `light`, and a number; the same three give the same bytes.
"""

from collections.abc import Callable
from typing import NamedTuple

from facepay_rehearsal import genuine
from facepay_rehearsal.attacks import masks, prints, puppets, screens
from facepay_rehearsal.filming import Source
from facepay_rehearsal.shots import Challenge, Shot

Maker = Callable[[Source, Challenge, int], list[Shot]]


class Species(NamedTuple):
    """`cls` is plain, demanding or hard."""

    cls: str
    make: Maker


SPECIES: dict[str, Species] = {
    "print_still": Species("plain", prints.print_still),
    "print_moved": Species("plain", prints.print_moved),
    "screen_wrong_challenge": Species("plain", screens.screen_wrong_challenge),
    "screen_right_motion": Species("plain", screens.screen_right_motion),
    "puppet_plain": Species("plain", puppets.puppet_plain),
    "paper_mask": Species("demanding", masks.paper_mask),
}

GENUINE: dict[str, Maker] = {
    "indoor": genuine.indoor,
}
