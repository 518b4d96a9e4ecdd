"""Draw DET curves: false matches against false non-matches on normal-deviate axes.

On these axes (ISO/IEC 19795-1) the curve of two normal distributions is a straight line. A rate of
1 in 100,000 can be seen beside one of 1 in 10. A curve falls to the lower edge where there is no
false non-match left to count.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import NormalDist

import matplotlib as mpl
from matplotlib.figure import Figure

_DEVIATE = NormalDist().inv_cdf
_FMR_TICKS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 0.4)
_NONE = 1e-4  # below the lower edge
_FNMR_TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6)
_COLOURS = ("#0072b2", "#d55e00", "#009e73")  # also distinct for colour-blind readers


def draw(
    curves: Mapping[str, Sequence[tuple[float, float, float]]],
    genuine: Mapping[str, int],
    marked: Mapping[str, float],
    path: Path,
) -> None:
    """Draw `curves`: (threshold, FMR, FNMR) by protocol; each FMR in `marked` gets a line."""
    mpl.use("Agg")
    figure = Figure(figsize=(8, 6.2), dpi=150, layout="constrained")
    axes = figure.subplots()
    for colour, (name, curve) in zip(_COLOURS, curves.items(), strict=False):
        seen = [(fmr, max(fnmr, _NONE)) for _, fmr, fnmr in curve if 0 < fmr < 1 and fnmr < 1]
        x, y = ([_DEVIATE(value) for value in side] for side in zip(*seen, strict=True))
        label = f"{name}  ({genuine[name]:,} genuine)"
        axes.plot(x, y, color=colour, linewidth=1.8, label=label, drawstyle="steps-post")
    for rate in marked.values():
        axes.axvline(_DEVIATE(rate), color="0.55", linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xticks([_DEVIATE(tick) for tick in _FMR_TICKS], [_fmr(tick) for tick in _FMR_TICKS])
    axes.set_yticks(
        [_DEVIATE(tick) for tick in _FNMR_TICKS], [f"{100 * t:g}%" for t in _FNMR_TICKS]
    )
    axes.set_xlim(_DEVIATE(_FMR_TICKS[0]), _DEVIATE(_FMR_TICKS[-1]))
    axes.set_ylim(_DEVIATE(_FNMR_TICKS[0]), _DEVIATE(_FNMR_TICKS[-1]))
    axes.set_xlabel("false match rate: a stranger passes")
    axes.set_ylabel("false non-match rate: the owner is refused")
    axes.set_title(
        "DET, Labeled Faces in the Wild (half of the identities)", loc="left", fontsize=11
    )
    axes.grid(color="0.9", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(title="reference x probe pictures", frameon=False)
    figure.savefig(path)


def _fmr(rate: float) -> str:
    return f"{rate:.0%}" if rate >= 0.01 else f"1 in\n{round(1 / rate):,}"
