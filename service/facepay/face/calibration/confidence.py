"""Compute exact one-sided 95 % bounds of a binomial proportion (Clopper and Pearson).

The upper bound of x errors in n trials is the largest rate at which x or fewer errors still have a
probability of 5 %. No error in 29,956 trials supports a rate of 1e-4; no smaller number of trials
does.

The bound assumes independent trials. Comparisons that share a person are not independent (ISO/IEC
19795-1). With few persons and many comparisons the true bound is wider, so a report shows the
number of persons beside each bound. This module does not know what was counted.
"""

import math

CONFIDENCE = 0.95
_PRECISION = 1e-12
_TINY = 1e-300
_MOST_TERMS = 100_000


def upper_bound(errors: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Return the rate that is exceeded with a probability of only 1 - `confidence`.

    It is 1 where nothing was tried.

    Raises ValueError where there are more errors than trials.
    """
    if not 0 <= errors <= trials:
        raise ValueError("the number of errors must lie between 0 and the number of trials")
    if errors == trials:
        return 1.0
    low, high = errors / trials, 1.0
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        # The probability of more than `errors` errors at the rate `middle`.
        if _regularised_beta(errors + 1, trials - errors, middle) < confidence:
            low = middle
        else:
            high = middle
    return high


def errors_allowed(trials: int, rate: float, confidence: float = CONFIDENCE) -> int | None:
    """Return the most errors in `trials` whose upper bound is at most `rate`.

    Returns None where even no error has a larger bound.
    """
    if upper_bound(0, trials, confidence) > rate:
        return None
    low, high = 0, trials
    while high - low > 1:
        middle = (low + high) // 2
        if upper_bound(middle, trials, confidence) <= rate:
            low = middle
        else:
            high = middle
    return low


def trials_needed(rate: float, confidence: float = CONFIDENCE) -> int:
    """Return how many trials without an error support `rate`: 29,956 for 1e-4."""
    return math.ceil(math.log(1 - confidence) / math.log1p(-rate))


def _regularised_beta(a: int, b: int, x: float) -> float:
    """Return I_x(a, b) by the continued fraction, on the side where it converges fast."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(a, b, x) / a
    return 1 - front * _continued_fraction(b, a, 1 - x) / b


def _continued_fraction(a: int, b: int, x: float) -> float:
    """Evaluate by Lentz's method, which takes about sqrt(max(a, b)) terms."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _away_from_zero(1 + even * d)
        c = _away_from_zero(1 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _away_from_zero(1 + odd * d)
        c = _away_from_zero(1 + odd / c)
        value *= d * c
        if abs(d * c - 1) < _PRECISION:
            return value
    raise ArithmeticError("the continued fraction does not converge")


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
