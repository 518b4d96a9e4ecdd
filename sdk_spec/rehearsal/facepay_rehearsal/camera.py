"""Bursts by recipe: what was shown can be said in a few words, and rendered again from them.

A recipe holds no pixels, so it may stand in a report; the same recipe gives the same bytes.
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
    """`kind` is "genuine" or a species of attack; `steps` and `light` are what was asked for."""

    kind: str
    portrait: str
    steps: tuple[str, ...]
    light: tuple[str, ...]
    seed: int

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> "Recipe":
        """From a report. Raises KeyError, ValueError."""
        kind = str(entry["kind"])
        if kind not in _KINDS:
            raise ValueError("a burst of an unknown kind")
        steps, light = (tuple(str(one) for one in entry[name]) for name in ("steps", "light"))
        return cls(kind, str(entry["portrait"]), steps, light, int(entry["seed"]))

    def entry(self) -> dict[str, Any]:
        return asdict(self)

    def shots(self) -> list[Shot]:
        return _KINDS[self.kind](self.portrait, FixedChallenge(self.steps, self.light), self.seed)


class Camera:
    """Takes bursts and remembers them. Seeds count up, so that no two are alike.

    `taken` is for the search at the end: exactly the pictures that were sent, in memory alone.
    """

    def __init__(self) -> None:
        self.recipes: list[Recipe] = []
        self.taken: list[list[Shot]] = []

    def take(self, kind: str, portrait: str, challenge: Challenge) -> list[Frame]:
        seed = len(self.recipes) + 1
        recipe = Recipe(kind, portrait, tuple(challenge.steps), tuple(challenge.light), seed)
        self.recipes.append(recipe)
        shots = recipe.shots()
        self.taken.append(shots)
        return as_frames(shots, challenge)


def as_frames(shots: Sequence[Shot], challenge: Challenge) -> list[Frame]:
    """As an SDK sends them, which shows the colours of the challenge from the first frame on."""
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
