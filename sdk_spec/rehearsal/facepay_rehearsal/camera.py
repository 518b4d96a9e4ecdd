"""Bursts by recipe: what was shown can be said in five words, and rendered again from them.

A recipe holds no pixels, so it may stand in a report; the same recipe gives the same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from facepay_client import Challenge, Frame
from facepay_rehearsal import bursts
from facepay_rehearsal.bursts import Shot

BYSTANDER = "eileen"

_KINDS: dict[str, Callable[[str, Sequence[str], int], list[Shot]]] = {
    "genuine": bursts.genuine,
    "still_photo": bursts.still_photo,
    "two_faces": lambda name, steps, seed: bursts.two_faces(name, BYSTANDER, steps, seed),
}


@dataclass(frozen=True)
class Recipe:
    """`kind` is one of genuine, still_photo, two_faces; `steps` are what was asked for."""

    kind: str
    portrait: str
    steps: tuple[str, ...]
    seed: int

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> "Recipe":
        """From a report. Raises KeyError, ValueError."""
        kind = str(entry["kind"])
        if kind not in _KINDS:
            raise ValueError("a burst of an unknown kind")
        steps = tuple(str(step) for step in entry["steps"])
        return cls(kind, str(entry["portrait"]), steps, int(entry["seed"]))

    def entry(self) -> dict[str, Any]:
        return asdict(self)

    def shots(self) -> list[Shot]:
        return _KINDS[self.kind](self.portrait, self.steps, self.seed)


class Camera:
    """Takes bursts and remembers them. Seeds count up, so that no two are alike.

    `taken` is for the search at the end: exactly the pictures that were sent, in memory alone.
    """

    def __init__(self) -> None:
        self.recipes: list[Recipe] = []
        self.taken: list[list[Shot]] = []

    def take(self, kind: str, portrait: str, challenge: Challenge) -> list[Frame]:
        recipe = Recipe(kind, portrait, challenge.steps, seed=len(self.recipes) + 1)
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
