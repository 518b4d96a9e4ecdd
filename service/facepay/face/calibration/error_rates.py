"""How far apart pictures of one person are, and of two: counted, and read as error rates.

Descriptors and the persons they belong to come in, numbers go out. A protocol "k x m" compares
references of k pictures with probes of m others; both are means of unit descriptors, scaled to
unit length, and their distance is Euclidean. A comparison matches when distance <= threshold.

Distances are counted on a grid of `STEP`, in a ladder of 65,537 numbers: 87 million comparisons
take no more memory than ten, and every rate at a threshold on the grid is exact.

Comparisons are not independent: a person takes part in many, and one pair that looks alike counts
as often as it has pictures (ISO/IEC 19795-1). So persons are counted as well as comparisons, and
`confidence` says what a bound is worth. Nothing here reads pictures, fits anything to what it
measures, or searches a person: every comparison is one reference against one probe.
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
FARTHEST = 2.0  # of two unit vectors
STEP = FARTHEST / GRID
_BLOCK = 256  # references compared at a time: with 13,000 probes 27 MB of distances
# In steps. What the last bits of a float say about a distance does not move it to the next step.
_SLACK = 1e-3


@dataclass(frozen=True, slots=True)
class Protocol:
    """`references` pictures against `probes` others; 1 x 1 is every picture with every other."""

    references: int
    probes: int

    def __post_init__(self) -> None:
        if self.references < 1 or self.probes < 1:
            raise ValueError("a protocol compares at least one picture with one")

    def __str__(self) -> str:
        return f"{self.references}x{self.probes}"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Vectors to compare, and whose they are."""

    vectors: Vectors
    persons: Labels


@dataclass(frozen=True, slots=True)
class Rate:
    errors: int
    trials: int

    @property
    def value(self) -> float:
        """NaN where nothing was tried: that is not the same as no error."""
        return self.errors / self.trials if self.trials else float("nan")

    @property
    def upper(self) -> float:
        """The 95 % bound, see `confidence` for what it takes for granted."""
        return confidence.upper_bound(self.errors, self.trials)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How many comparisons lie at or below each step of the grid, genuine and impostor.

    `persons` are those with a genuine comparison, `impostor_persons` all those who took part.
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
        return Rate(_matches(self.impostor, threshold), self.impostor_trials)

    def false_non_matches(self, threshold: float) -> Rate:
        non_matches = self.genuine_trials - _matches(self.genuine, threshold)
        return Rate(non_matches, self.genuine_trials)

    def threshold_at(self, false_match_rate: float) -> float:
        """The largest threshold whose FMR, as counted, is at most this."""
        return self._threshold_of(int(false_match_rate * self.impostor_trials + 1e-9))

    def threshold_supported(self, false_match_rate: float) -> float | None:
        """The largest threshold whose FMR's upper bound is at most this; None: too few trials."""
        allowed = confidence.errors_allowed(self.impostor_trials, false_match_rate)
        return None if allowed is None else self._threshold_of(allowed)

    def _threshold_of(self, errors: int) -> float:
        step = int(np.searchsorted(self.impostor, errors, side="right")) - 1
        # Not even the distance 0 keeps the rate: below it, nothing matches.
        return step * STEP if step >= 0 else -STEP


def gather(vectors: Vectors, persons: Labels, protocol: Protocol) -> tuple[Gathered, Gathered]:
    """References and probes: of every person the first k pictures, and groups of m of the others.

    Whoever has fewer than k pictures has no reference, and probes for impostors only. Groups are
    disjoint, so that a person with many pictures has several probes; what is left over is unused.
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
    """All comparisons of the protocol; `vectors` (n, d) of any length, scaled to unit length."""
    if protocol == Protocol(1, 1):
        everything = Gathered(unit(vectors), persons)
        return compare(everything, everything, each_pair_once=True)
    return compare(*gather(vectors, persons, protocol))


def compare(references: Gathered, probes: Gathered, *, each_pair_once: bool = False) -> Scores:
    """Every reference with every probe; `each_pair_once` where both are the same vectors."""
    genuine, impostor = _nothing(), _nothing()
    for first in range(0, len(references.vectors), _BLOCK):
        rows = slice(first, first + _BLOCK)
        same = references.persons[rows, None] == probes.persons[None]
        steps = _steps(references.vectors[rows], probes.vectors)
        wanted = np.ones_like(same)
        if each_pair_once:
            wanted = np.triu(wanted, k=first + 1)
        genuine += np.bincount(steps[same & wanted], minlength=GRID + 1)
        impostor += np.bincount(steps[~same & wanted], minlength=GRID + 1)
    return Scores(
        genuine=np.cumsum(genuine),
        impostor=np.cumsum(impostor),
        persons=_in_both(references.persons, probes.persons, each_pair_once),
        impostor_persons=len(np.union1d(references.persons, probes.persons)),
    )


def unit(vectors: Vectors) -> Vectors:
    """Scaled to unit length, row by row. Raises ValueError on what has no direction."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise ValueError("a descriptor has finite numbers and is not zero")
    scaled: Vectors = vectors / lengths
    return scaled


def det_curve(scores: Scores, points: Iterable[float]) -> list[tuple[float, float, float]]:
    """(threshold, FMR, FNMR) at the FMRs asked for, ascending, each threshold once."""
    thresholds = sorted({scores.threshold_at(rate) for rate in points})
    return [
        (at, scores.false_matches(at).value, scores.false_non_matches(at).value)
        for at in thresholds
        if at >= 0
    ]


def _fused(vectors: Vectors, persons: Labels, rows: Sequence[NDArray[np.intp]]) -> Gathered:
    if not rows:
        return Gathered(np.empty((0, vectors.shape[1])), np.empty(0, dtype=np.int64))
    chosen = np.stack(rows)
    return Gathered(unit(unit(vectors)[chosen].mean(axis=1)), persons[chosen[:, 0]])


def _steps(references: Vectors, probes: Vectors) -> NDArray[np.int64]:
    """The first step of the grid that is not below the distance, for each pair."""
    squared = 2 - 2 * (references @ probes.T)
    distances = np.sqrt(np.clip(squared, 0, FARTHEST**2))
    return np.ceil(distances / STEP - _SLACK).astype(np.int64)


def _matches(counts: Counts, threshold: float) -> int:
    """How many lie at or below the last step of the grid that is not above the threshold."""
    if threshold < 0:
        return 0
    return int(counts[min(GRID, int(threshold / STEP + _SLACK))])


def _nothing() -> Counts:
    return np.zeros(GRID + 1, dtype=np.int64)


def _in_both(references: Labels, probes: Labels, each_pair_once: bool) -> int:
    if each_pair_once:
        return int((np.unique(references, return_counts=True)[1] > 1).sum())
    return len(np.intersect1d(references, probes))
