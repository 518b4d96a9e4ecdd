"""Calibration: the error rates that were measured before a face may decide a payment.

A calibration holds for one model, one metric and one protocol (reference x probe pictures), and
for no other. Its threshold is a distance; a comparison matches at or below it.

The bounds are one-sided, at 95 %. They treat comparisons as independent, which they are not
(ISO/IEC 19795-1): one person takes part in many. The number of persons is therefore stated beside
the number of comparisons. `adapters/calibration_report.py` verifies the report's signature.
"""

from dataclasses import dataclass
from datetime import datetime

# Upper limits (NIST SP 800-63B-4). A policy may lower the first; the second is fixed.
MOST_FALSE_MATCHES = 1e-4
MOST_FALSE_NON_MATCHES = 0.05


class CalibrationUnfit(ValueError):
    """A calibration cannot support the decision; the message says why."""


@dataclass(frozen=True, slots=True)
class CalibratedModel:
    """The meaning of a distance: network (SHA-256 of its file), alignment of faces, and metric."""

    name: str
    sha256: str
    alignment: str
    metric: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """The number of pictures that make a reference, and the number that make a probe."""

    references: int
    probes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Errors at the threshold, the number of comparisons, and the upper bounds of both rates.

    `persons` counts people with a genuine comparison, `impostor_persons` people in an impostor
    comparison. Raises ValueError for counts that contradict each other.
    """

    persons: int
    genuine: int
    false_non_matches: int
    false_non_match_rate_upper_95: float
    impostor_persons: int
    impostor: int
    false_matches: int
    false_match_rate_upper_95: float

    def __post_init__(self) -> None:
        if not 0 <= self.false_non_matches <= self.genuine:
            raise ValueError("more false non-matches than genuine comparisons")
        if not 0 <= self.false_matches <= self.impostor:
            raise ValueError("more false matches than impostor comparisons")
        if not min(1, self.genuine) <= self.persons <= self.genuine:
            raise ValueError("the number of persons does not fit the genuine comparisons")
        if self.impostor and self.impostor_persons < 2:
            raise ValueError("impostor comparisons need at least two persons")

    @property
    def false_match_rate(self) -> float | None:
        return self.false_matches / self.impostor if self.impostor else None

    @property
    def false_non_match_rate(self) -> float | None:
        return self.false_non_matches / self.genuine if self.genuine else None


@dataclass(frozen=True, slots=True)
class Group:
    """Measurements within one group of people, such as grouping `gender`, name `female`."""

    grouping: str
    name: str
    measured: Measured


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration report.

    `pictures` were read; in `unusable` of them no face was found. `measured` covers the rest.
    """

    model: CalibratedModel
    protocol: Protocol
    data_set: str
    pictures: int
    unusable: int
    threshold: float
    measured: Measured
    groups: tuple[Group, ...]
    made_at: datetime

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 2:
            raise ValueError("a threshold is a distance of unit vectors, above 0 and at most 2")
        if self.made_at.tzinfo is None:
            raise ValueError("made_at needs a time zone")


def verify_calibration(
    calibration: Calibration,
    *,
    expected_model: CalibratedModel,
    expected_protocol: Protocol,
    false_match_rate_at_most: float,
) -> float:
    """Return the threshold that this calibration supports. Raises CalibrationUnfit."""
    # 1. It was measured on the model that will decide, with the protocol that will be used.
    for name in ("sha256", "alignment", "metric"):
        found, expected = getattr(calibration.model, name), getattr(expected_model, name)
        if found != expected:
            raise CalibrationUnfit(
                f"it was measured on another model: its {name} is {found}, but {expected} is in use"
            )
    if calibration.protocol != expected_protocol:
        raise CalibrationUnfit(
            f"it was measured with {_shown(calibration.protocol)} pictures, "
            f"but the engine uses {_shown(expected_protocol)}"
        )
    # 2. False matches: the upper bound, not the rate, so that a small sample is not enough.
    bound = calibration.measured.false_match_rate_upper_95
    if not bound <= false_match_rate_at_most:
        raise CalibrationUnfit(
            f"{calibration.measured.false_matches} false matches in "
            f"{calibration.measured.impostor:,} impostor comparisons support a false match rate "
            f"of {bound:.2g} at 95 %; the policy asks for {false_match_rate_at_most:.2g}"
        )
    # 3. False non-matches: payers who are refused too often find ways around the service.
    refused = calibration.measured.false_non_match_rate
    if refused is None or refused > MOST_FALSE_NON_MATCHES:
        finding = "was not measured" if refused is None else f"is {refused:.1%}"
        raise CalibrationUnfit(
            f"the false non-match rate {finding}; at most {MOST_FALSE_NON_MATCHES:.0%} is allowed"
        )
    return calibration.threshold


def _shown(protocol: Protocol) -> str:
    return f"{protocol.references} reference and {protocol.probes} probe"
