"""The challenge that a renderer gets, and the shots that it returns."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Challenge(Protocol):
    """Anything with the steps and colours of a challenge, by their names in the API.

    An empty `light` is a challenge without light.
    """

    @property
    def steps(self) -> Sequence[str]: ...

    @property
    def light(self) -> Sequence[str]: ...


class FixedChallenge(NamedTuple):
    """A challenge of given steps and colours."""

    steps: Sequence[str]
    light: Sequence[str] = ()


class Shot(NamedTuple):
    """One frame as an SDK sends it; `colour` is what the screen showed, None without light."""

    jpeg: bytes
    step: int
    monotonic_ms: int
    colour: str | None = None
