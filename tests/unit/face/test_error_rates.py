"""The error rates that decide about a payment equal those of a direct count."""

import numpy as np
import pytest

from facepay.face.calibration.error_rates import (
    STEP,
    LabelledVectors,
    Labels,
    Protocol,
    Scores,
    Vectors,
    compare,
    det_curve,
    references_and_probes,
    score,
    unit,
)

PICTURES = (1, 1, 2, 3, 4, 5, 9, 12)
ONE_BY_ONE = Protocol(1, 1)


@pytest.fixture(scope="module")
def people() -> tuple[Vectors, Labels]:
    """Make eight persons with these numbers of pictures, close together, in random order."""
    random = np.random.default_rng(7)
    labels = random.permutation(np.repeat(np.arange(len(PICTURES)), PICTURES))
    middles = random.normal(size=(len(PICTURES), 16))
    vectors = middles[labels] + random.normal(scale=0.6, size=(len(labels), 16))
    return vectors * random.uniform(0.5, 3, size=(len(labels), 1)), labels


def angle(degrees: float) -> list[float]:
    return [np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]


def test_every_pair_of_pictures_is_compared_once(people: tuple[Vectors, Labels]) -> None:
    scores = score(*people, ONE_BY_ONE)
    pairs = sum(PICTURES) * (sum(PICTURES) - 1) // 2
    genuine = sum(count * (count - 1) // 2 for count in PICTURES)
    assert (scores.genuine_trials, scores.impostor_trials) == (genuine, pairs - genuine)
    assert (scores.persons, scores.impostor_persons) == (6, 8)


def test_the_error_rates_equal_those_of_a_direct_count(people: tuple[Vectors, Labels]) -> None:
    vectors, labels = people
    scores = score(vectors, labels, ONE_BY_ONE)
    scaled = unit(vectors)
    genuine, impostor = [], []
    for one in range(len(labels)):
        for other in range(one):
            apart = float(np.linalg.norm(scaled[one] - scaled[other]))
            (genuine if labels[one] == labels[other] else impostor).append(apart)
    for step in range(0, 60_000, 1_500):
        at = step * STEP
        assert scores.false_matches(at).errors == sum(apart <= at for apart in impostor)
        assert scores.false_non_matches(at).errors == sum(apart > at for apart in genuine)


def test_a_distance_at_the_threshold_matches() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0]])
    apart = float(np.sqrt(2))
    scores = score(vectors, np.array([0, 1]), ONE_BY_ONE)
    on_grid = np.ceil(apart / STEP) * STEP
    assert scores.false_matches(on_grid).errors == 1
    assert scores.false_matches(on_grid - STEP).errors == 0


def test_a_picture_is_never_in_a_reference_and_in_a_probe(people: tuple[Vectors, Labels]) -> None:
    _, labels = people
    # Each picture has an axis of its own, so a mean shows the pictures that it was made of.
    references, probes = references_and_probes(np.eye(len(labels)), labels, Protocol(3, 2))
    used = np.vstack([references.vectors > 0, probes.vectors > 0])
    assert (used.sum(axis=0) <= 1).all()
    assert ((references.vectors > 0).sum(axis=1) == 3).all()
    assert ((probes.vectors > 0).sum(axis=1) == 2).all()
    for made in (references, probes):
        for vector, person in zip(made.vectors, made.persons, strict=True):
            assert (labels[vector > 0] == person).all()


def test_a_person_with_few_pictures_still_takes_part_as_an_impostor(
    people: tuple[Vectors, Labels],
) -> None:
    references, probes = references_and_probes(*people, Protocol(3, 2))
    assert list(references.persons) == [3, 4, 5, 6, 7]
    assert list(probes.persons) == [2, 5, 6, 6, 6, 7, 7, 7, 7]
    scores = score(*people, Protocol(3, 2))
    assert (scores.genuine_trials, scores.impostor_trials) == (8, 5 * 9 - 8)
    assert (scores.persons, scores.impostor_persons) == (3, 6)


def test_counting_in_blocks_gives_the_same_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    vectors, labels = random.normal(size=(40, 8)), random.integers(0, 9, 40)
    whole = score(vectors, labels, ONE_BY_ONE)
    monkeypatch.setattr("facepay.face.calibration.error_rates._BLOCK", 7)
    parts = score(vectors, labels, ONE_BY_ONE)
    assert np.array_equal(whole.genuine, parts.genuine)
    assert np.array_equal(whole.impostor, parts.impostor)


def test_the_threshold_for_a_rate_is_the_largest_that_keeps_it(
    people: tuple[Vectors, Labels],
) -> None:
    scores = score(*people, ONE_BY_ONE)
    for rate in (0.5, 0.1, 0.02):
        at = scores.threshold_at(rate)
        assert scores.false_matches(at).value <= rate < scores.false_matches(at + STEP).value


def test_a_threshold_below_zero_matches_nothing_where_strangers_have_distance_zero() -> None:
    vectors = np.array([angle(0), angle(0), angle(90), angle(90)])
    scores = score(vectors, np.array([0, 1, 2, 3]), ONE_BY_ONE)
    at = scores.threshold_at(0.1)
    assert scores.false_matches(at).errors == 0


def many_strangers(count: int, near: int) -> Scores:
    """Compare one reference with `count` strangers: `near` at distance 0.1, the others at 1.4."""
    reference = LabelledVectors(np.array([angle(0)]), np.array([0]))
    near_angle = float(np.degrees(2 * np.arcsin(0.05)))
    probes = np.array([angle(near_angle)] * near + [angle(90)] * (count - near) + [angle(1)])
    labels = np.array([*range(1, count + 1), 0])
    return compare(reference, LabelledVectors(probes, labels))


def test_a_threshold_is_supported_by_its_upper_bound_and_not_by_its_counted_rate() -> None:
    # 3 in 40,000 are 0.75e-4, but the bound of 3 in 40,000 is 1.9e-4.
    scores = many_strangers(40_000, near=3)
    at = scores.threshold_supported(1e-4)
    assert at is not None
    assert scores.false_matches(at).errors == 0
    assert scores.threshold_at(1e-4) > at
    assert scores.false_non_matches(at).errors == 0


def test_too_few_strangers_support_no_threshold() -> None:
    assert many_strangers(29_955, near=0).threshold_supported(1e-4) is None
    assert many_strangers(29_956, near=0).threshold_supported(1e-4) is not None


def test_a_rate_without_trials_is_not_a_rate_of_zero(people: tuple[Vectors, Labels]) -> None:
    alone = score(people[0], np.arange(len(people[1])), ONE_BY_ONE)
    assert np.isnan(alone.false_non_matches(0.5).value)
    assert alone.false_non_matches(0.5).upper == 1.0


def test_a_descriptor_that_is_zero_or_not_finite_is_refused() -> None:
    for broken in ([0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]):
        with pytest.raises(ValueError, match="descriptor"):
            score(np.array([broken, [1.0, 0.0]]), np.array([0, 1]), ONE_BY_ONE)


def test_the_det_curve_trades_one_error_rate_for_the_other(people: tuple[Vectors, Labels]) -> None:
    curve = det_curve(score(*people, ONE_BY_ONE), [0.01, 0.05, 0.1, 0.3, 0.6])
    assert [fmr for _, fmr, _ in curve] == sorted(fmr for _, fmr, _ in curve)
    assert [fnmr for _, _, fnmr in curve] == sorted((f for _, _, f in curve), reverse=True)
    assert len(curve) == 5


@pytest.mark.parametrize("sizes", [(0, 1), (1, 0), (-1, 3)])
def test_a_protocol_without_pictures_is_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="protocol"):
        Protocol(*sizes)
