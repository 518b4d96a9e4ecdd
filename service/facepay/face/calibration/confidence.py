"""What a counted rate supports: exact one-sided bounds of a binomial proportion, 95 %.

Clopper and Pearson: the upper bound of x errors in n trials is the largest rate under which so few
errors still had a chance of 5 %. No error in 29,956 trials supports 1e-4, and nothing less does.

The bound takes every trial for independent. Comparisons that share a person are not (ISO/IEC
19795-1), so with few persons and many comparisons the true bound is wider: whoever shows a bound
shows the number of persons beside it. Nothing here knows what was counted.
"""

import math

CONFIDENCE = 0.95
_PRECISION = 1e-12
_TINY = 1e-300
_MOST_TERMS = 100_000


def upper_bound(errors: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """The rate that is exceeded with a chance of 1 - `confidence` only; 1 where nothing was tried.

    Raises ValueError where there are more errors than trials.
    """
    if not 0 <= errors <= trials:
        raise ValueError("errors are between none and all of the trials")
    if errors == trials:
        return 1.0
    low, high = errors / trials, 1.0
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        # The chance of more than `errors` errors at the rate `middle`.
        if _regularised_beta(errors + 1, trials - errors, middle) < confidence:
            low = middle
        else:
            high = middle
    return high


def errors_allowed(trials: int, rate: float, confidence: float = CONFIDENCE) -> int | None:
    """The most errors in `trials` whose upper bound is at most `rate`; None: not even none."""
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
    """How many trials without any error support `rate`: 29,956 for 1e-4."""
    return math.ceil(math.log(1 - confidence) / math.log1p(-rate))


def _regularised_beta(a: int, b: int, x: float) -> float:
    """I_x(a, b), by the continued fraction on the side where it converges fast."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(a, b, x) / a
    return 1 - front * _continued_fraction(b, a, 1 - x) / b


def _continued_fraction(a: int, b: int, x: float) -> float:
    """Lentz's method; it takes in the order of sqrt(max(a, b)) terms."""
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
