"""From described pictures to a calibration: the engine room's counts in the domain's words.

The threshold is the largest whose false match rate is supported by the pictures: its upper bound,
not the rate that was counted, is at most the one asked for. It reads no pictures and signs nothing.
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

# Person -> grouping -> group, as the people themselves say.
Groups = Mapping[str, Mapping[str, str]]


class TooFewComparisons(ValueError):
    """Even without any error these pictures would not support the rate; the message says more."""


@dataclass(frozen=True, slots=True, repr=False)
class Sample:
    """Who is on the usable pictures, in the order given, and what was not usable."""

    data_set: str
    persons: Sequence[str]
    descriptors: Sequence[Descriptor]
    unusable: int
    groups: Groups


def calibrated_model(card: ModelCard) -> CalibratedModel:
    """What a distance of this card's descriptors means; its identity covers file and alignment."""
    views = "mirrored-mean" if card.comparison.mirrored else "single"
    return CalibratedModel(
        name=card.name,
        sha256=card.identity,
        alignment=card.alignment.landmarks,
        metric=f"{card.comparison.distance}/unit/{views}",
    )


def protocol_in_use() -> Protocol:
    """How many frames of a capture the engine makes a reference and a probe of."""
    return Protocol(recognise.REFERENCE_FRAMES, recognise.PROBE_FRAMES)


def calibrate(
    sample: Sample,
    *,
    card: ModelCard,
    protocol: Protocol,
    false_match_rate: float,
    made_at: datetime,
) -> Calibration:
    """Raises TooFewComparisons where no threshold is supported, with what would be needed."""
    counted = counting.Protocol(protocol.references, protocol.probes)
    if not sample.descriptors:
        raise TooFewComparisons("none of the pictures can be used")
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
            f"nobody has the {protocol} usable pictures, of which none counts twice, that a "
            "genuine comparison needs: add pictures of the same people"
        )
    threshold = scores.threshold_supported(rate)
    if threshold is None:
        raise TooFewComparisons(
            f"{scores.impostor_trials:,} impostor comparisons of {scores.impostor_persons} persons "
            f"cannot support a false match rate of {rate:g} at 95 %: even without any error "
            f"{trials_needed(rate):,} are needed; add pictures of more people"
        )
    if threshold <= 0:
        raise TooFewComparisons(
            f"no threshold keeps a false match rate of {rate:g}: pictures of different persons are "
            "equal; is somebody listed under two names?"
        )
    return threshold


def _memberships(names: Sequence[str], groups: Groups) -> dict[tuple[str, str], list[int]]:
    """The labels of who belongs to each group, groups in the order of their names."""
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
