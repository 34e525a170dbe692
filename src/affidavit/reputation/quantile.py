"""The Beta distribution's quantile: the inverse of the regularised incomplete beta function, in plain Python.

Source: DLMF 8.17 (https://dlmf.nist.gov/8.17), the continued fraction 8.17.22 by Lentz's method.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p
from typing import Final

_TINY: Final = 1e-300
_CLOSE: Final = 1e-15
_CLOSE_STEP: Final = 1e-13
_MAX_TERMS: Final = 20_000
"""Some √max(a, b) terms are needed: far fewer for any evidence there is."""
_MAX_STEPS: Final = 100


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x below which a Beta(a, b) variable lies with probability p. 0 < p < 1; a and b at least 1.

    Within 1e-10 of the truth for a and b up to 1e6. Newton's method, and bisection where it would leave the bracket.
    """
    low, high, x = 0.0, 1.0, a / (a + b)
    for _ in range(_MAX_STEPS):
        excess = beta_cumulative(x, a, b) - p
        low, high = (low, x) if excess > 0 else (x, high)
        density = exp(_log_density(x, a, b))
        step = x - excess / density if density > _TINY else low
        following = step if low < step < high else (low + high) / 2
        if abs(following - x) <= _CLOSE_STEP * x or not low < following < high:
            return following
        x = following
    return x


def beta_cumulative(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for 0 < x < 1."""
    front = exp(_log_density(x, a, b) + log(x) + log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _log_density(x: float, a: float, b: float) -> float:
    return lgamma(a + b) - lgamma(a) - lgamma(b) + (a - 1) * log(x) + (b - 1) * log1p(-x)


def _fraction(x: float, a: float, b: float) -> float:
    """DLMF 8.17.22, from the front, until a pair of terms changes nothing. x below its mean makes it converge fast."""
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _apart(1 + even * d), _apart(1 + even / c)
        value *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _apart(1 + odd * d), _apart(1 + odd / c)
        value *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return value


def _apart(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
