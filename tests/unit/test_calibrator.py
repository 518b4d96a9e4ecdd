"""A threshold promises no more than its pictures support."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from facepay.adapters.calibrator import (
    Sample,
    TooFewComparisons,
    calibrate,
    calibrated_model,
    protocol_in_use,
)
from facepay.domain.calibration import Protocol, verify_calibration
from facepay.face.model_store import ModelStore
from facepay.face.models.cards import DEFAULT

CARD = ModelStore().card(DEFAULT)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def sample(people: int, pictures: int = 5, *, spread: float = 0.05, **changes: Any) -> Sample:
    """Make `people` far apart, each with as many pictures close together."""
    random = np.random.default_rng(3)
    middles = np.repeat(random.normal(size=(people, 64)), pictures, axis=0)
    vectors = middles + random.normal(scale=spread, size=middles.shape)
    persons = [f"person {number:04d}" for number in range(people) for _ in range(pictures)]
    fields: dict[str, Any] = {"data_set": "made up", "unusable": 3, "groups": {}} | changes
    return Sample(persons=persons, descriptors=list(vectors), **fields)


def calibrated(given: Sample, rate: float = 1e-4, protocol: Protocol | None = None) -> Any:
    protocol = protocol or protocol_in_use()
    return calibrate(given, card=CARD, protocol=protocol, false_match_rate=rate, made_at=NOW)


def test_enough_people_give_a_threshold_that_a_live_profile_accepts() -> None:
    found = calibrated(sample(174))  # 174 x 173 = 30,102 impostor comparisons
    assert (found.measured.impostor, found.measured.false_matches) == (30_102, 0)
    assert (found.measured.genuine, found.measured.persons) == (174, 174)
    assert (found.pictures, found.unusable) == (174 * 5 + 3, 3)
    expected = {"expected_model": calibrated_model(CARD), "expected_protocol": protocol_in_use()}
    threshold = verify_calibration(found, **expected, false_match_rate_at_most=1e-4)
    assert threshold == found.threshold > 0


def test_one_person_fewer_is_refused_with_the_number_of_missing_comparisons() -> None:
    with pytest.raises(TooFewComparisons, match=r"29,756 impostor .* 173 persons .*29,956"):
        calibrated(sample(173))


def test_a_laxer_rate_needs_fewer_people() -> None:
    assert calibrated(sample(18), rate=0.01).measured.impostor == 18 * 17


def test_too_few_pictures_of_each_person_give_no_rate_for_owners() -> None:
    with pytest.raises(TooFewComparisons, match="3x2"):
        calibrated(sample(300, pictures=4))


def test_one_person_under_two_names_is_reported_as_suspect() -> None:
    given = sample(18)
    twice = Sample(
        given.data_set,
        [*given.persons, *(f"again {name}" for name in given.persons)],
        [*given.descriptors, *given.descriptors],
        0,
        {},
    )
    with pytest.raises(TooFewComparisons, match="two names"):
        calibrated(twice, rate=1e-3, protocol=Protocol(1, 1))


def test_a_calibration_without_usable_pictures_is_refused() -> None:
    with pytest.raises(TooFewComparisons, match="none of the pictures"):
        calibrated(Sample("made up", [], [], 12, {}))


def test_groups_are_compared_among_themselves() -> None:
    given = sample(20)
    names = sorted(set(given.persons))
    groups: dict[str, dict[str, str]] = {name: {"gender": "female"} for name in names[:12]}
    groups[names[12]] = {"gender": "male"}
    groups["somebody else"] = {"gender": "male"}
    with_groups = Sample(given.data_set, given.persons, given.descriptors, 0, groups)
    female, male = calibrated(with_groups, rate=0.01).groups
    assert (female.name, female.measured.genuine, female.measured.impostor) == ("female", 12, 132)
    assert (male.name, male.measured.genuine, male.measured.impostor) == ("male", 1, 0)
    assert male.measured.false_match_rate_upper_95 == 1.0
