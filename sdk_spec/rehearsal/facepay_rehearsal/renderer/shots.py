"""What a renderer of captures is asked for, and what it gives back."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Challenge(Protocol):
    """Whatever has steps and light, as names of the API: "turn_left", ..., and "red", ...

    An empty `light` is a challenge without light.
    """

    @property
    def steps(self) -> Sequence[str]: ...

    @property
    def light(self) -> Sequence[str]: ...


class FixedChallenge(NamedTuple):
    """A challenge of one's own making."""

    steps: Sequence[str]
    light: Sequence[str] = ()


class Shot(NamedTuple):
    """One frame as an SDK would send it; `colour` is what the screen showed, None without light."""

    jpeg: bytes
    step: int
    monotonic_ms: int
    colour: str | None = None
