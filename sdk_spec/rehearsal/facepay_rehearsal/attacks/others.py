"""Challenges other than the present one, for recordings that an attacker made earlier."""

from collections.abc import Sequence

import numpy as np

from facepay_rehearsal.renderer.light import SCREEN
from facepay_rehearsal.renderer.shots import Challenge, FixedChallenge

_TURNS = ("turn_left", "turn_right")
_MOVES = (*_TURNS, "look_up", "look_down")


def a_challenge(rng: np.random.Generator, *, lit: bool = True) -> FixedChallenge:
    """Draw three steps and ten colours as the service does; without colours unless `lit`."""
    return FixedChallenge(_steps(3, rng), _code(10, rng) if lit else ())


def another_challenge(challenge: Challenge, rng: np.random.Generator) -> FixedChallenge:
    """Draw another challenge: as many steps, in another sequence, under other light."""
    asked = tuple(challenge.steps)
    while (steps := _steps(len(asked), rng)) == asked:
        pass
    return FixedChallenge(steps, another_light(challenge, rng))


def another_light(challenge: Challenge, rng: np.random.Generator) -> tuple[str, ...]:
    """Draw other light of the same length, in no cyclic shift the same; empty if it was."""
    asked = list(challenge.light)
    if not asked:
        return ()
    shifts = {tuple(asked[i:] + asked[:i]) for i in range(len(asked))}
    while (code := _code(len(asked), rng)) in shifts:
        pass
    return code


def another_order(steps: Sequence[str], rng: np.random.Generator) -> tuple[str, ...]:
    """Reorder the steps; if all steps are the same, return other turns."""
    asked = tuple(steps)
    if len(set(asked)) == 1:
        return tuple(_TURNS[asked[0] == _TURNS[0]] for _ in asked)
    while (order := tuple(asked[i] for i in rng.permutation(len(asked)))) == asked:
        pass
    return order


def _steps(count: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Draw steps with at least one turn, and with one "closer" from three steps on."""
    steps = [str(rng.choice(_TURNS)), *(str(rng.choice(_MOVES)) for _ in range(count - 1))]
    steps = [steps[i] for i in rng.permutation(count)]
    if count >= 3:
        turn = next(i for i, step in enumerate(steps) if step in _TURNS)
        steps[int(rng.choice([i for i in range(count) if i != turn]))] = "closer"
    return tuple(steps)


def _code(length: int, rng: np.random.Generator) -> tuple[str, ...]:
    code: list[str] = []
    while len(code) < length:
        left = [c for c in SCREEN if c not in (code[-1:] + code[:1] * (len(code) == length - 1))]
        code.append(left[int(rng.integers(len(left)))])
    return tuple(code)
