"""The colours that were shown, as what they do to skin, and how well something follows them.

A challenge's light is a code of colours, each shown for `SLOT_MS` by the device's clock, from a
quarter of a slot before the first frame: so every frame is taken after display and exposure have
settled, and nothing that comes later than that may be excused by a slow display. What a
colour does is told by log(R/G) and log(B/G), out of which exposure and shading fall. What time,
yaw, pitch and scale explain is taken off both sides; then frames that fit badly count less, because
one blink or one badly drawn frame says nothing about the light.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facepay.face.observe import Observation
from facepay.face.pad.motion import course

SLOT_MS = 440
LEAD_MS = SLOT_MS // 4
_ROUNDS = 4
_TOLERANCE = 1.5  # of the middle deviation: from there on a frame counts for less
# No frame is left out: of enough of them some fit any code.
_LEAST_WEIGHT = 0.3
_DARKEST = 0.002  # of light, where a logarithm still says something
_GAMMA = 2.2
_WHAT_IT_DOES = {
    "red": (1.0, 0.0),
    "green": (-1.0, -1.0),
    "blue": (0.0, 1.0),
    "yellow": (0.0, -1.0),
    "cyan": (-1.0, 0.0),
    "magenta": (1.0, 1.0),
}

Ratios = NDArray[np.float64]  # (..., 2)


@dataclass(frozen=True, slots=True, repr=False)
class Fit:
    """`amplitude` is the change of a logarithm that a step of the code makes; the rest is what it
    was found with: the code (frames, 2), and each frame's weight, up to 1.
    """

    correlation: float
    amplitude: float
    code: Ratios
    weights: NDArray[np.float64]


class _Round(NamedTuple):
    """Of one code or of many, along the first axes; `off` (..., frames) is how far each frame lies
    from the code, before its weight.
    """

    correlation: NDArray[np.float64]
    amplitude: NDArray[np.float64]
    off: NDArray[np.float64]


class Follower:
    """Says how well something in this observation follows a code of colours."""

    def __init__(self, observation: Observation) -> None:
        seen = observation.seen
        self._ms = np.array([float(frame.monotonic_ms - seen[0].monotonic_ms) for frame in seen])
        seconds = self._ms / 1000
        moved = [course(seen, step) for step in ("turn_left", "look_up", "closer")]
        self._explained = np.column_stack([np.ones(len(seen)), seconds, seconds**2, *moved])

    def best(self, followed: Ratios, light: Sequence[str]) -> Fit:
        """`followed` is (frames, 2)."""
        return self._settled(followed, self._code(light))

    def correlations(
        self, followed: Ratios, lights: Sequence[Sequence[str]]
    ) -> NDArray[np.float64]:
        """Of the `best` fit of each: together they cost a fraction of what they cost one by one."""
        fit, _ = self._rounds(followed, np.stack([self._code(light) for light in lights]))
        return fit.correlation

    def again(self, followed: Ratios, fit: Fit) -> Fit:
        """How well `followed` (frames, 2) does with a code found already, by weights of its own."""
        return self._settled(followed, fit.code)

    def amplitudes(self, followed: Ratios, fit: Fit) -> NDArray[np.float64]:
        """(cells,) of what `followed` (frames, cells, 2) does with a code found already."""
        frames, cells, _ = followed.shape
        flat = self._left(followed.reshape(frames, -1), fit.weights).reshape(frames, cells, 2)
        code = self._left(fit.code, fit.weights)
        return np.asarray(np.einsum("fcr,fr->c", flat, code) / (code**2).sum())

    def left_over(self, followed: Ratios) -> Ratios:
        """`followed` without what time and pose explain."""
        return self._left(followed, np.ones(len(self._ms)))

    def _settled(self, followed: Ratios, code: Ratios) -> Fit:
        fit, weights = self._rounds(followed, code)
        return Fit(float(fit.correlation), float(fit.amplitude), code, weights)

    def _rounds(self, followed: Ratios, code: Ratios) -> tuple[_Round, NDArray[np.float64]]:
        """The last round and its weights; `code` is (..., frames, 2)."""
        weights = np.ones(code.shape[:-1])
        fit = self._fit(followed, code, weights)
        for _ in range(_ROUNDS):
            usual = _TOLERANCE * np.median(fit.off, axis=-1, keepdims=True) + 1e-9
            weights = np.maximum(1 / (1 + (fit.off / usual) ** 2), _LEAST_WEIGHT)
            fit = self._fit(followed, code, weights)
        return fit, weights

    def _fit(self, followed: Ratios, code: Ratios, weights: NDArray[np.float64]) -> _Round:
        alike = np.broadcast_to(followed, code.shape)
        both = self._left(np.concatenate([alike, code], axis=-1), weights)
        left, shone = both[..., :2], both[..., 2:]
        together, power = (left * shone).sum(axis=(-2, -1)), (shone**2).sum(axis=(-2, -1))
        norm = np.linalg.norm(left, axis=(-2, -1)) * np.sqrt(power)
        amplitude = _share(together, power)
        off = np.linalg.norm(left - amplitude[..., None, None] * shone, axis=-1) / np.sqrt(weights)
        return _Round(_share(together, norm), amplitude, off * (norm > 0)[..., None])

    def _left(self, values: NDArray[np.float64], weights: NDArray[np.float64]) -> Ratios:
        root = np.sqrt(weights)[..., None]
        basis = np.linalg.qr(self._explained * root)[0]
        weighted = values * root
        return np.asarray(weighted - basis @ (basis.swapaxes(-2, -1) @ weighted))

    def _code(self, light: Sequence[str]) -> Ratios:
        slots = np.floor_divide(self._ms + LEAD_MS, SLOT_MS).astype(int)
        return np.array([_WHAT_IT_DOES[light[slot % len(light)]] for slot in slots])


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 of nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def ratios(light: NDArray[np.float64]) -> Ratios:
    """log(R/G) and log(B/G) of light (..., 3), by a camera's gamma: as it would code them."""
    logs = np.log(light + _DARKEST) / _GAMMA
    return np.stack([logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]], axis=-1)
