"""Measure how well templates can be linked: D(s) and D_sys of Gomez-Barrero and others.

M. Gomez-Barrero et al., "General framework to evaluate unlinkability in biometric template
protection systems", IEEE Transactions on Information Forensics and Security 13(6), 2018.

With omega = 1 and the likelihood ratio LR(s) = p(s
mated) / p(s
non-mated), a score s links by D(s) = (LR - 1) / (LR + 1) where LR > 1, and by 0 elsewhere. D_sys is
its mean over mated scores: 0 for templates nobody can link, 1 for templates that are linked for
certain.

The densities are histograms of `BINS` bins of equal width over both samples together. Chance alone
makes a bin's LR differ from 1, so D_sys of finite samples is never 0. `noise_floor` returns the
value for two samples of one distribution: about 0.2 * sqrt(2 * BINS / comparisons).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

BINS = 50


def d_sys(mated: Scores, non_mated: Scores) -> float:
    """Return D_sys, 0 to 1, for scores of one face and scores of two."""
    both = np.concatenate([mated, non_mated])
    edges = np.linspace(both.min(), both.max(), BINS + 1)
    same = np.histogram(mated, edges)[0] / len(mated)
    other = np.histogram(non_mated, edges)[0] / len(non_mated)
    # (LR - 1) / (LR + 1) without the division: an empty bin of the others links for certain.
    total = same + other
    local = np.divide(same - other, total, out=np.zeros(BINS), where=total > 0)
    return float(same @ np.maximum(local, 0))


def noise_floor(samples: Sequence[Scores]) -> dict[str, float]:
    """Return D_sys for each two of these samples of one distribution."""
    found = [
        d_sys(one, other) for number, one in enumerate(samples) for other in samples[number + 1 :]
    ]
    return {"mean": round(float(np.mean(found)), 4), "most": round(float(np.max(found)), 4)}
