"""Count the distances of mated and non-mated comparisons, and read error rates from the counts.

The input is descriptors and the persons they belong to. A protocol "k x m" compares references of k
pictures with probes of m other pictures. Both are means of unit-length descriptors, scaled to unit
length again, and their distance is Euclidean. A comparison matches when distance <= threshold.
ISO/IEC 19795-1 calls a comparison of one person mated and of two persons non-mated; the reports say
genuine and impostor.

Distances are counted on a grid of `STEP`, in 65,537 counters. 87 million comparisons take no more
memory than ten, and every rate at a threshold on the grid is exact.

Comparisons are not independent. A person takes part in many, and a pair of persons that look alike
counts as often as it has pictures (ISO/IEC 19795-1). The counts therefore include persons as well
as comparisons, and `confidence` says what a bound assumes. This module reads no pictures, fits
nothing to the data and searches no person: every comparison is one reference against one probe.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facepay.face.calibration import confidence

Vectors = NDArray[np.float64]
Labels = NDArray[np.int64]
Counts = NDArray[np.int64]

GRID = 1 << 16
MAX_DISTANCE = 2.0  # largest distance of two unit vectors
STEP = MAX_DISTANCE / GRID
_BLOCK = 256  # references per block: with 13,000 probes 27 MB of distances
# In steps: rounding errors of a distance must not move it to the next step.
_SLACK = 1e-3


@dataclass(frozen=True, slots=True)
class Protocol:
    """Numbers of pictures per reference and per probe; 1 x 1 compares every pair of pictures."""

    references: int
    probes: int

    def __post_init__(self) -> None:
        if self.references < 1 or self.probes < 1:
            raise ValueError("a protocol needs at least one picture on each side")

    def __str__(self) -> str:
        return f"{self.references}x{self.probes}"


@dataclass(frozen=True, slots=True)
class LabelledVectors:
    """Vectors (n, d) to compare, and the person (n,) of each."""

    vectors: Vectors
    persons: Labels


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors among a number of trials."""

    errors: int
    trials: int

    @property
    def value(self) -> float:
        """Return the rate, or NaN without trials, which is not the same as no error."""
        return self.errors / self.trials if self.trials else float("nan")

    @property
    def upper(self) -> float:
        """Return the upper bound at 95 %; see `confidence` for its assumption."""
        return confidence.upper_bound(self.errors, self.trials)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Numbers of comparisons at or below each step of the grid, genuine and impostor.

    `persons` counts the persons with a genuine comparison, and `impostor_persons` all persons that
    took part.
    """

    genuine: Counts
    impostor: Counts
    persons: int
    impostor_persons: int

    @property
    def genuine_trials(self) -> int:
        return int(self.genuine[-1])

    @property
    def impostor_trials(self) -> int:
        return int(self.impostor[-1])

    def false_matches(self, threshold: float) -> Rate:
        """Return the false match rate (FMR) at this threshold."""
        return Rate(_matches(self.impostor, threshold), self.impostor_trials)

    def false_non_matches(self, threshold: float) -> Rate:
        """Return the false non-match rate (FNMR) at this threshold."""
        non_matches = self.genuine_trials - _matches(self.genuine, threshold)
        return Rate(non_matches, self.genuine_trials)

    def threshold_at(self, false_match_rate: float) -> float:
        """Return the largest threshold whose counted FMR is at most this."""
        return self._threshold_of(int(false_match_rate * self.impostor_trials + 1e-9))

    def threshold_supported(self, false_match_rate: float) -> float | None:
        """Return the largest threshold whose FMR's upper bound is at most this.

        Returns None where there are too few trials.
        """
        allowed = confidence.errors_allowed(self.impostor_trials, false_match_rate)
        return None if allowed is None else self._threshold_of(allowed)

    def _threshold_of(self, errors: int) -> float:
        step = int(np.searchsorted(self.impostor, errors, side="right")) - 1
        # Even the distance 0 exceeds the rate, so the threshold is below 0 and nothing matches.
        return step * STEP if step >= 0 else -STEP


def references_and_probes(
    vectors: Vectors, persons: Labels, protocol: Protocol
) -> tuple[LabelledVectors, LabelledVectors]:
    """Make references of each person's first k pictures, and probes of m of the others each.

    A person with fewer than k pictures has no reference and only takes part as an impostor. Groups
    are disjoint, so a person with many pictures has several probes. Left-over pictures are unused.
    """
    reference_rows: list[NDArray[np.intp]] = []
    probe_rows: list[NDArray[np.intp]] = []
    for person in np.unique(persons):
        own = np.flatnonzero(persons == person)
        if len(own) >= protocol.references:
            reference_rows.append(own[: protocol.references])
            own = own[protocol.references :]
        whole = len(own) - len(own) % protocol.probes
        probe_rows += list(own[:whole].reshape(-1, protocol.probes))
    return _fused(vectors, persons, reference_rows), _fused(vectors, persons, probe_rows)


def score(vectors: Vectors, persons: Labels, protocol: Protocol) -> Scores:
    """Compare by a protocol; `vectors` (n, d) of any length are scaled to unit length."""
    if protocol == Protocol(1, 1):
        everything = LabelledVectors(unit(vectors), persons)
        return compare(everything, everything, each_pair_once=True)
    return compare(*references_and_probes(vectors, persons, protocol))


def compare(
    references: LabelledVectors, probes: LabelledVectors, *, each_pair_once: bool = False
) -> Scores:
    """Compare every reference with every probe.

    `each_pair_once` says that both are the same vectors.
    """
    genuine, impostor = _empty_counts(), _empty_counts()
    for first in range(0, len(references.vectors), _BLOCK):
        rows = slice(first, first + _BLOCK)
        same = references.persons[rows, None] == probes.persons[None]
        steps = _grid_steps(references.vectors[rows], probes.vectors)
        wanted = np.ones_like(same)
        if each_pair_once:
            wanted = np.triu(wanted, k=first + 1)
        genuine += np.bincount(steps[same & wanted], minlength=GRID + 1)
        impostor += np.bincount(steps[~same & wanted], minlength=GRID + 1)
    return Scores(
        genuine=np.cumsum(genuine),
        impostor=np.cumsum(impostor),
        persons=_persons_in_both(references.persons, probes.persons, each_pair_once),
        impostor_persons=len(np.union1d(references.persons, probes.persons)),
    )


def unit(vectors: Vectors) -> Vectors:
    """Scale to unit length, row by row.

    Raises ValueError for a vector that is zero or not finite.
    """
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise ValueError("a descriptor must have finite numbers and must not be zero")
    scaled: Vectors = vectors / lengths
    return scaled


def det_curve(scores: Scores, points: Iterable[float]) -> list[tuple[float, float, float]]:
    """Return (threshold, FMR, FNMR) at the FMRs asked for, ascending, each threshold once.

    It is the detection error trade-off curve of ISO/IEC 19795-1.
    """
    thresholds = sorted({scores.threshold_at(rate) for rate in points})
    return [
        (at, scores.false_matches(at).value, scores.false_non_matches(at).value)
        for at in thresholds
        if at >= 0
    ]


def _fused(vectors: Vectors, persons: Labels, rows: Sequence[NDArray[np.intp]]) -> LabelledVectors:
    if not rows:
        return LabelledVectors(np.empty((0, vectors.shape[1])), np.empty(0, dtype=np.int64))
    chosen = np.stack(rows)
    return LabelledVectors(unit(unit(vectors)[chosen].mean(axis=1)), persons[chosen[:, 0]])


def _grid_steps(references: Vectors, probes: Vectors) -> NDArray[np.int64]:
    """Return the first step of the grid that is not below the distance, for each pair."""
    squared = 2 - 2 * (references @ probes.T)
    distances = np.sqrt(np.clip(squared, 0, MAX_DISTANCE**2))
    return np.ceil(distances / STEP - _SLACK).astype(np.int64)


def _matches(counts: Counts, threshold: float) -> int:
    """Return how many lie at or below the last grid step that is not above the threshold."""
    if threshold < 0:
        return 0
    return int(counts[min(GRID, int(threshold / STEP + _SLACK))])


def _empty_counts() -> Counts:
    return np.zeros(GRID + 1, dtype=np.int64)


def _persons_in_both(references: Labels, probes: Labels, each_pair_once: bool) -> int:
    if each_pair_once:
        return int((np.unique(references, return_counts=True)[1] > 1).sum())
    return len(np.intersect1d(references, probes))
