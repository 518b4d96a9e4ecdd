"""Describe the colours shown as a change of skin colour, and measure how well colours follow it.

The light of a challenge is a code of colours. Each is shown for `SLOT_MS` by the device's clock,
from a quarter of a slot before the first frame. Every frame is therefore taken after display and
exposure have settled, and a slow display excuses no later change.

The effect of a colour is expressed in log(R/G) and log(B/G), which do not depend on exposure and
shading. The parts that time, yaw, pitch and scale explain are removed from both sides. Then frames
that fit badly get less weight, because one blink or one frame with wrong points says nothing about
the light.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facepay.face.observe import Observation
from facepay.face.pad.motion import displacement

SLOT_MS = 440
LEAD_MS = SLOT_MS // 4
_ROUNDS = 4
_TOLERANCE = 1.5  # of the median deviation: beyond it a frame gets less weight
# No frame gets weight 0, because some frames fit any code.
_LEAST_WEIGHT = 0.3
_DARKEST = 0.002  # added to the light before the logarithm
_GAMMA = 2.2
_COLOUR_EFFECT = {
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
    """Result of a fit.

    `amplitude` is the change of a logarithm per unit of the code. `code` (frames, 2) and `weights`
    (frames,), at most 1, are those of the fit.
    """

    correlation: float
    amplitude: float
    code: Ratios
    weights: NDArray[np.float64]


class _RoundFit(NamedTuple):
    """Fit of one code, or of many along the first axes.

    `off` (..., frames) is the distance of each frame from the code, before its weight.
    """

    correlation: NDArray[np.float64]
    amplitude: NDArray[np.float64]
    off: NDArray[np.float64]


class LightCodeFitter:
    """Measure how well colours in one observation follow a code of colours."""

    def __init__(self, observation: Observation) -> None:
        seen = observation.seen
        self._ms = np.array([float(frame.monotonic_ms - seen[0].monotonic_ms) for frame in seen])
        seconds = self._ms / 1000
        moved = [displacement(seen, step) for step in ("turn_left", "look_up", "closer")]
        self._nuisance = np.column_stack([np.ones(len(seen)), seconds, seconds**2, *moved])

    def fit(self, followed: Ratios, light: Sequence[str]) -> Fit:
        """Fit a code of colours to `followed` (frames, 2)."""
        return self._robust_fit(followed, self._code(light))

    def correlations(
        self, followed: Ratios, lights: Sequence[Sequence[str]]
    ) -> NDArray[np.float64]:
        """Return the correlation of the `fit` of each code.

        Fitting all together takes a fraction of the time of one by one.
        """
        fit, _ = self._reweight(followed, np.stack([self._code(light) for light in lights]))
        return fit.correlation

    def refit(self, followed: Ratios, fit: Fit) -> Fit:
        """Fit the code of `fit` to other colours (frames, 2), with weights of their own."""
        return self._robust_fit(followed, fit.code)

    def amplitudes(self, followed: Ratios, fit: Fit) -> NDArray[np.float64]:
        """Return (cells,): the amplitude of each cell of `followed` (frames, cells, 2)."""
        frames, cells, _ = followed.shape
        flat = self._detrend(followed.reshape(frames, -1), fit.weights).reshape(frames, cells, 2)
        code = self._detrend(fit.code, fit.weights)
        return np.asarray(np.einsum("fcr,fr->c", flat, code) / (code**2).sum())

    def detrended(self, followed: Ratios) -> Ratios:
        """Return `followed` without the parts that time and pose explain."""
        return self._detrend(followed, np.ones(len(self._ms)))

    def _robust_fit(self, followed: Ratios, code: Ratios) -> Fit:
        fit, weights = self._reweight(followed, code)
        return Fit(float(fit.correlation), float(fit.amplitude), code, weights)

    def _reweight(self, followed: Ratios, code: Ratios) -> tuple[_RoundFit, NDArray[np.float64]]:
        """Return the last round and its weights; `code` is (..., frames, 2)."""
        weights = np.ones(code.shape[:-1])
        fit = self._fit_once(followed, code, weights)
        for _ in range(_ROUNDS):
            usual = _TOLERANCE * np.median(fit.off, axis=-1, keepdims=True) + 1e-9
            weights = np.maximum(1 / (1 + (fit.off / usual) ** 2), _LEAST_WEIGHT)
            fit = self._fit_once(followed, code, weights)
        return fit, weights

    def _fit_once(self, followed: Ratios, code: Ratios, weights: NDArray[np.float64]) -> _RoundFit:
        alike = np.broadcast_to(followed, code.shape)
        both = self._detrend(np.concatenate([alike, code], axis=-1), weights)
        left, shone = both[..., :2], both[..., 2:]
        together, power = (left * shone).sum(axis=(-2, -1)), (shone**2).sum(axis=(-2, -1))
        norm = np.linalg.norm(left, axis=(-2, -1)) * np.sqrt(power)
        amplitude = _ratio_or_zero(together, power)
        off = np.linalg.norm(left - amplitude[..., None, None] * shone, axis=-1) / np.sqrt(weights)
        return _RoundFit(_ratio_or_zero(together, norm), amplitude, off * (norm > 0)[..., None])

    def _detrend(self, values: NDArray[np.float64], weights: NDArray[np.float64]) -> Ratios:
        root = np.sqrt(weights)[..., None]
        basis = np.linalg.qr(self._nuisance * root)[0]
        weighted = values * root
        return np.asarray(weighted - basis @ (basis.swapaxes(-2, -1) @ weighted))

    def _code(self, light: Sequence[str]) -> Ratios:
        slots = np.floor_divide(self._ms + LEAD_MS, SLOT_MS).astype(int)
        return np.array([_COLOUR_EFFECT[light[slot % len(light)]] for slot in slots])


def _ratio_or_zero(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return part / whole, and 0 where `whole` is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def ratios(light: NDArray[np.float64]) -> Ratios:
    """Return log(R/G) and log(B/G) of linear light (..., 3), coded by a camera's gamma."""
    logs = np.log(light + _DARKEST) / _GAMMA
    return np.stack([logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]], axis=-1)
