"""Make a calibration from described pictures; `facepay.face.calibration` counts the errors.

The threshold is the largest whose false match rate the pictures support: the upper bound of the
rate, not the counted rate, is at most the requested one. This module reads no pictures and signs
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from facepay.domain.calibration import CalibratedModel, Calibration, Group, Measured, Protocol
from facepay.face.calibration import error_rates as counting
from facepay.face.calibration.confidence import trials_needed
from facepay.face.models.cards import ModelCard
from facepay.face.recognition import recognise
from facepay.face.recognition.embed import Descriptor

# Person -> grouping -> group, as the people describe themselves.
Groups = Mapping[str, Mapping[str, str]]


class TooFewComparisons(ValueError):
    """Signal that these pictures support no threshold; the message says what is missing."""


@dataclass(frozen=True, slots=True, repr=False)
class Sample:
    """Descriptors of the usable pictures with their persons, in one order.

    `unusable` counts the pictures that have no descriptor.
    """

    data_set: str
    persons: Sequence[str]
    descriptors: Sequence[Descriptor]
    unusable: int
    groups: Groups


def calibrated_model(card: ModelCard) -> CalibratedModel:
    """Name the model and metric of the card; its identity covers the file and the alignment."""
    views = "mirrored-mean" if card.comparison.mirrored else "single"
    return CalibratedModel(
        name=card.name,
        sha256=card.identity,
        alignment=card.alignment.landmarks,
        metric=f"{card.comparison.distance}/unit/{views}",
    )


def protocol_in_use() -> Protocol:
    """Return how many frames of a capture the engine uses for a reference and for a probe."""
    return Protocol(recognise.REFERENCE_FRAMES, recognise.PROBE_FRAMES)


def calibrate(
    sample: Sample,
    *,
    card: ModelCard,
    protocol: Protocol,
    false_match_rate: float,
    made_at: datetime,
) -> Calibration:
    """Count errors and find the largest threshold that supports the false match rate at 95 %.

    Raises TooFewComparisons when the pictures support no threshold.
    """
    counted = counting.Protocol(protocol.references, protocol.probes)
    if not sample.descriptors:
        raise TooFewComparisons("none of the pictures can be used: add pictures of faces")
    vectors = np.stack(list(sample.descriptors))
    names, labels = np.unique(list(sample.persons), return_inverse=True)
    labels = labels.astype(np.int64)
    scores = counting.score(vectors, labels, counted)
    threshold = _supported(scores, false_match_rate, counted)
    groups = []
    for (grouping, group), members in _memberships(names.tolist(), sample.groups).items():
        own = np.isin(labels, members)
        among = counting.score(vectors[own], labels[own], counted)
        groups.append(Group(grouping, group, _measured(among, threshold)))
    return Calibration(
        model=calibrated_model(card),
        protocol=protocol,
        data_set=sample.data_set,
        pictures=len(sample.persons) + sample.unusable,
        unusable=sample.unusable,
        threshold=threshold,
        measured=_measured(scores, threshold),
        groups=tuple(groups),
        made_at=made_at,
    )


def _supported(scores: counting.Scores, rate: float, protocol: counting.Protocol) -> float:
    if not scores.genuine_trials:
        raise TooFewComparisons(
            f"no person has the {protocol} different usable pictures that a genuine comparison "
            "needs: add pictures of the same people"
        )
    threshold = scores.threshold_supported(rate)
    if threshold is None:
        raise TooFewComparisons(
            f"{scores.impostor_trials:,} impostor comparisons of {scores.impostor_persons} persons "
            f"cannot support a false match rate of {rate:g} at 95 %: even without an error, "
            f"{trials_needed(rate):,} are needed; add pictures of more people"
        )
    if threshold <= 0:
        raise TooFewComparisons(
            f"no threshold has a false match rate of {rate:g}: pictures of different persons are "
            "equal; check whether one person is listed under two names"
        )
    return threshold


def _memberships(names: Sequence[str], groups: Groups) -> dict[tuple[str, str], list[int]]:
    """Return the labels of each group's members; groups are sorted by name."""
    found: dict[tuple[str, str], list[int]] = {}
    for label, name in enumerate(names):
        for grouping, group in groups.get(name, {}).items():
            found.setdefault((grouping, group), []).append(label)
    return dict(sorted(found.items()))


def _measured(scores: counting.Scores, threshold: float) -> Measured:
    refused, passed = scores.false_non_matches(threshold), scores.false_matches(threshold)
    return Measured(
        persons=scores.persons,
        genuine=refused.trials,
        false_non_matches=refused.errors,
        false_non_match_rate_upper_95=refused.upper,
        impostor_persons=scores.impostor_persons,
        impostor=passed.trials,
        false_matches=passed.errors,
        false_match_rate_upper_95=passed.upper,
    )
