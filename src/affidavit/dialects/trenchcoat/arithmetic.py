"""The vendor's arithmetic, PostgreSQL's: halves are rounded away from zero, percentiles lie between two values."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from itertools import accumulate


def to_tenths(numerator: int, denominator: int) -> int | float:
    """A quotient to one decimal; 0 where the denominator is 0."""
    if not denominator:
        return 0
    tenths = (20 * abs(numerator) + denominator) // (2 * denominator)
    return _shortest(tenths if numerator >= 0 else -tenths, 10)


def mean(values: Counter[int]) -> int | None:
    """The mean of values from 0 on, each counted as often as it occurs, as a whole number; None of nothing."""
    count = values.total()
    if not count:
        return None
    total = sum(value * times for value, times in values.items())
    return (2 * total + count) // (2 * count)


def percentile(values: Counter[int], percent: int) -> int | float | None:
    """The value that `percent` of all lie below, in proportion between its neighbours; None of nothing."""
    count = values.total()
    if not count:
        return None
    index, part = divmod(percent * (count - 1), 100)
    ordered = sorted(values)
    ends = list(accumulate(values[value] for value in ordered))
    low, high = (ordered[bisect_right(ends, at)] for at in (index, min(index + 1, count - 1)))
    return _shortest(100 * low + (high - low) * part, 100)


def _shortest(numerator: int, denominator: int) -> int | float:
    """A quotient as JSON spells it: without a fraction where it has none."""
    whole, rest = divmod(numerator, denominator)
    return numerator / denominator if rest else whole
