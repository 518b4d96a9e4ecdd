"""The measure of linkability finds linked templates; otherwise a bench's 0 would mean nothing."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from tests.bench.linkability import d_sys, noise_floor

COUNT = 20_000


def scores(seed: int, middle: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(middle, size=COUNT)


def test_templates_that_cannot_be_linked_score_noise_only() -> None:
    floor = noise_floor([scores(seed) for seed in range(5)])
    assert floor["most"] < 0.03
    assert d_sys(scores(8), scores(9)) < 0.03


def test_templates_that_are_linked_for_certain_score_one() -> None:
    assert d_sys(scores(1, middle=-20.0), scores(2)) == pytest.approx(1)


@pytest.mark.parametrize("middle", [0.5, 1.0, 3.0])
def test_partly_linked_templates_score_the_integral_of_the_definition(middle: float) -> None:
    def integrand(score: float) -> float:
        mated, other = norm.pdf(score, middle), norm.pdf(score)
        ratio = mated / other
        return float(mated * (ratio - 1) / (ratio + 1)) if ratio > 1 else 0.0

    expected = quad(integrand, -4, 10)[0]
    assert d_sys(scores(1, middle), scores(2)) == pytest.approx(expected, abs=0.02)
