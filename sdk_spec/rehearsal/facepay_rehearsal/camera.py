"""Bursts by recipe: what was shown can be said in five words, and rendered again from them.

A recipe holds no pixels, so it may stand in a report; the same recipe gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from facepay_client import Challenge, Frame
from facepay_rehearsal import bursts
from facepay_rehearsal.bursts import Shot

BYSTANDER = "eileen"


class _Kind(Protocol):
    def __call__(
        self, name: str, steps: Sequence[str], seed: int, /, *, light: Sequence[str]
    ) -> list[Shot]: ...


def _two_faces(
    name: str, steps: Sequence[str], seed: int, /, *, light: Sequence[str]
) -> list[Shot]:
    return bursts.two_faces(name, BYSTANDER, steps, seed, light=light)


_KINDS: dict[str, _Kind] = {
    "genuine": bursts.genuine,
    "still_photo": bursts.still_photo,
    "two_faces": _two_faces,
}


@dataclass(frozen=True)
class Recipe:
    """`kind` is one of genuine, still_photo, two_faces; `steps` are what was asked for, `light` the
    colours that the screen showed.
    """

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
        steps = tuple(str(step) for step in entry["steps"])
        light = tuple(str(colour) for colour in entry["light"])
        return cls(kind, str(entry["portrait"]), steps, light, int(entry["seed"]))

    def entry(self) -> dict[str, Any]:
        return asdict(self)

    def shots(self) -> list[Shot]:
        return _KINDS[self.kind](self.portrait, self.steps, self.seed, light=self.light)


class Camera:
    """Takes bursts and remembers them. Seeds count up, so that no two are alike.

    `taken` is for the search at the end: exactly the pictures that were sent, in memory alone.
    """

    def __init__(self) -> None:
        self.recipes: list[Recipe] = []
        self.taken: list[list[Shot]] = []

    def take(self, kind: str, portrait: str, challenge: Challenge) -> list[Frame]:
        seed = len(self.recipes) + 1
        recipe = Recipe(kind, portrait, challenge.steps, challenge.light, seed)
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
