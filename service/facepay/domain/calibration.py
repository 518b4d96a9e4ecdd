"""What was measured before a face may decide: how often strangers pass, how often owners do not.

A calibration belongs to one model, one metric and one protocol (reference x probe pictures), and
says nothing about any other. Its threshold is a distance; a comparison matches at or below it.

The bounds are one-sided, 95 %, and take comparisons for independent, which they are not
(ISO/IEC 19795-1): one person is part of many. That is why persons stand beside comparisons.
Who measured, and whether the report is what they signed, is not decided here.
"""

from dataclasses import dataclass
from datetime import datetime

# NIST SP 800-63B-4: the policy may ask for less of the first, never for more of either.
MOST_FALSE_MATCHES = 1e-4
MOST_FALSE_NON_MATCHES = 0.05


class CalibrationUnfit(ValueError):
    """This calibration does not carry the decision it is asked to carry; the message says why."""


@dataclass(frozen=True, slots=True)
class CalibratedModel:
    """What a distance means: the network, by the hash of its file, and how it is fed and read."""

    name: str
    sha256: str
    alignment: str
    metric: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """How many pictures a reference is made of, and how many a probe."""

    references: int
    probes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Errors at the threshold among so many comparisons, with the upper bounds of both rates.

    `persons` have a genuine comparison, `impostor_persons` take part in an impostor one.
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
            raise ValueError("not as many persons as genuine comparisons need")
        if self.impostor and self.impostor_persons < 2:
            raise ValueError("impostor comparisons of fewer than two persons")

    @property
    def false_match_rate(self) -> float | None:
        return self.false_matches / self.impostor if self.impostor else None

    @property
    def false_non_match_rate(self) -> float | None:
        return self.false_non_matches / self.genuine if self.genuine else None


@dataclass(frozen=True, slots=True)
class Group:
    """People who have something in common, compared among themselves: `gender`, `female`."""

    grouping: str
    name: str
    measured: Measured


@dataclass(frozen=True, slots=True)
class Calibration:
    """`pictures` were read, `unusable` of them showed no face; `measured` counts the rest."""

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
            raise ValueError("a threshold is a distance of unit vectors")
        if self.made_at.tzinfo is None:
            raise ValueError("made_at needs its time zone")


def verify_calibration(
    calibration: Calibration,
    *,
    expected_model: CalibratedModel,
    expected_protocol: Protocol,
    false_match_rate_at_most: float,
) -> float:
    """The threshold this calibration supports. Raises CalibrationUnfit."""
    # 1. It was measured on what will decide, in the way it will decide.
    for name in ("sha256", "alignment", "metric"):
        found, expected = getattr(calibration.model, name), getattr(expected_model, name)
        if found != expected:
            raise CalibrationUnfit(
                f"it was measured on another model: its {name} is {found}, in use is {expected}"
            )
    if calibration.protocol != expected_protocol:
        raise CalibrationUnfit(
            f"it compares {_shown(calibration.protocol)} pictures, "
            f"the engine {_shown(expected_protocol)}"
        )
    # 2. Strangers: the bound, not the rate, so that a small sample proves little.
    bound = calibration.measured.false_match_rate_upper_95
    if not bound <= false_match_rate_at_most:
        raise CalibrationUnfit(
            f"{calibration.measured.false_matches} false matches in "
            f"{calibration.measured.impostor:,} impostor comparisons support a false match rate "
            f"of {bound:.2g} at 95 %; policy asks for {false_match_rate_at_most:.2g}"
        )
    # 3. Owners: somebody who is refused too often learns to work around the service.
    refused = calibration.measured.false_non_match_rate
    if refused is None or refused > MOST_FALSE_NON_MATCHES:
        told = "was not measured" if refused is None else f"is {refused:.1%}"
        raise CalibrationUnfit(
            f"the false non-match rate {told}; at most {MOST_FALSE_NON_MATCHES:.0%} is allowed"
        )
    return calibration.threshold


def _shown(protocol: Protocol) -> str:
    return f"{protocol.references} reference and {protocol.probes} probe"
