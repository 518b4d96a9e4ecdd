"""Confidence bounds: a counted rate alone would promise more than was measured."""

import pytest
from scipy.stats import beta, binom

from facepay.face.calibration.confidence import errors_allowed, trials_needed, upper_bound


@pytest.mark.parametrize(
    ("errors", "trials"),
    [(0, 1), (0, 42), (1, 42), (3, 29_956), (41, 42), (2_401, 13_974), (957, 9_571_657)],
)
def test_the_upper_bound_equals_that_of_clopper_and_pearson(errors: int, trials: int) -> None:
    exact = beta.ppf(0.95, errors + 1, trials - errors)
    assert upper_bound(errors, trials) == pytest.approx(exact, rel=1e-7)


def test_the_upper_bound_is_exact_for_87_million_comparisons() -> None:
    assert upper_bound(8_700, 87_000_000) == pytest.approx(
        beta.ppf(0.95, 8_701, 87_000_000 - 8_700), rel=1e-6
    )


def test_at_the_upper_bound_so_few_errors_have_a_probability_of_5_percent() -> None:
    assert binom.cdf(7, 1_000, upper_bound(7, 1_000)) == pytest.approx(0.05, rel=1e-6)


def test_no_trials_support_no_rate() -> None:
    assert upper_bound(0, 0) == upper_bound(5, 5) == 1.0


def test_more_errors_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="errors"):
        upper_bound(2, 1)


def test_one_comparison_too_few_does_not_support_one_in_ten_thousand() -> None:
    assert trials_needed(1e-4) == 29_956
    assert errors_allowed(29_956, 1e-4) == 0
    assert errors_allowed(29_955, 1e-4) is None


def test_forty_two_refused_attacks_support_the_rate_that_nist_requires() -> None:
    assert trials_needed(0.07) == 42


@pytest.mark.parametrize("trials", [30_000, 183_872, 1_349_555])
def test_one_error_more_than_allowed_exceeds_the_bound(trials: int) -> None:
    allowed = errors_allowed(trials, 1e-4)
    assert allowed is not None
    assert upper_bound(allowed, trials) <= 1e-4 < upper_bound(allowed + 1, trials)
