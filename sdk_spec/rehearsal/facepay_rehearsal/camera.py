"""Recipes of bursts: a few values from which a burst can be rendered again, byte for byte.

A recipe holds no pixels, so a report may contain it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from facepay_client import Challenge, Frame
from facepay_rehearsal.renderer.bona_fide import indoor
from facepay_rehearsal.renderer.shots import FixedChallenge, Shot
from facepay_rehearsal.species import SPECIES, Maker

GENUINE = "genuine"

_KINDS: dict[str, Maker] = {GENUINE: indoor} | {name: one.make for name, one in SPECIES.items()}


@dataclass(frozen=True)
class Recipe:
    """`kind` is "genuine" or an attack species; `steps` and `light` are the challenge."""

    kind: str
    portrait: str
    steps: tuple[str, ...]
    light: tuple[str, ...]
    seed: int

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> "Recipe":
        """Read a recipe from a report. Raises KeyError, ValueError."""
        kind = str(entry["kind"])
        if kind not in _KINDS:
            raise ValueError(f"unknown kind of burst: {kind}")
        steps, light = (tuple(str(one) for one in entry[name]) for name in ("steps", "light"))
        return cls(kind, str(entry["portrait"]), steps, light, int(entry["seed"]))

    def entry(self) -> dict[str, Any]:
        """Return the recipe as a report holds it."""
        return asdict(self)

    def shots(self) -> list[Shot]:
        """Render the burst."""
        return _KINDS[self.kind](self.portrait, FixedChallenge(self.steps, self.light), self.seed)


class Camera:
    """Renders bursts and keeps them. Each burst has another seed, so no two are alike.

    `taken` holds exactly the pictures that were sent, in memory alone, for the search at the end.
    """

    def __init__(self) -> None:
        self.recipes: list[Recipe] = []
        self.taken: list[list[Shot]] = []

    def take(self, kind: str, portrait: str, challenge: Challenge) -> list[Frame]:
        """Render a burst for a challenge, and return its frames as an SDK would send them."""
        seed = len(self.recipes) + 1
        recipe = Recipe(kind, portrait, tuple(challenge.steps), tuple(challenge.light), seed)
        self.recipes.append(recipe)
        shots = recipe.shots()
        self.taken.append(shots)
        return as_frames(shots, challenge)


def as_frames(shots: Sequence[Shot], challenge: Challenge) -> list[Frame]:
    """Make frames of shots; their colours are those of the challenge at the time of each shot."""
    first = shots[0].monotonic_ms
    return [
        Frame(
            shot.jpeg,
            shot.monotonic_ms,
            shot.step,
            challenge.colour_at(shot.monotonic_ms - first),
        )
        for shot in shots
    ]
