"""The Beta quantile against closed forms, exact binomial sums, and values of another library."""

from __future__ import annotations

from fractions import Fraction
from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.reputation.quantile import beta_cumulative, beta_quantile

probabilities = st.floats(0.001, 0.999)
shapes = st.floats(1, 2000)

MPMATH = [
    (0.05, 3.5, 1.7071067811865475, 0.325942995247924),
    (0.05, 1.25, 20.5, 0.0050965505185057),
    (0.05, 101.0, 1.0, 0.970774846460961),
    (0.05, 63.0, 2.5, 0.916824234551816),
    (0.05, 1001.0, 11.0, 0.983280101376948),
    (0.95, 2.5, 40.25, 0.126329031034115),
    (0.5, 7.3, 7.3, 0.5),
    (0.05, 20000.0, 150.0, 0.991532804825527),
]
"""(p, a, b, x): by bisection of mpmath 1.3's betainc at 40 digits."""


@pytest.mark.parametrize(("p", "a", "b", "x"), MPMATH)
def test_values_of_another_library(p: float, a: float, b: float, x: float) -> None:
    assert isclose(beta_quantile(p, a, b), x, rel_tol=1e-10)
    assert isclose(beta_cumulative(x, a, b), p, rel_tol=1e-8)


@given(probabilities, shapes)
def test_closed_forms(p: float, shape: float) -> None:
    assert isclose(beta_quantile(p, shape, 1), p ** (1 / shape), rel_tol=1e-10)
    assert isclose(1 - beta_quantile(p, 1, shape), (1 - p) ** (1 / shape), rel_tol=1e-10)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 99))
def test_whole_shapes_are_sums_of_binomials(a: int, b: int, percent: int) -> None:
    x, n = Fraction(percent, 100), a + b - 1
    exact = sum(comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))

    assert isclose(beta_cumulative(float(x), a, b), exact, rel_tol=1e-9, abs_tol=1e-14)


@given(probabilities, shapes, shapes)
def test_it_inverts_and_mirrors(p: float, a: float, b: float) -> None:
    x = beta_quantile(p, a, b)

    assert 0 < x < 1
    assert isclose(beta_cumulative(x, a, b), p, rel_tol=1e-7)
    assert isclose(beta_quantile(1 - p, b, a), 1 - x, abs_tol=1e-10)


@given(shapes, shapes, st.floats(0.001, 100))
def test_it_rises_with_successes_and_falls_with_failures(a: float, b: float, more: float) -> None:
    assert beta_quantile(0.05, a + more, b) > beta_quantile(0.05, a, b) > beta_quantile(0.05, a, b + more)


def test_the_most_evidence_that_there_can_be() -> None:
    assert 0.9999 < beta_quantile(0.05, 1_250_000, 1) < 1
    assert beta_quantile(0.05, 1, 1e7) < 1e-7
    assert isclose(beta_quantile(0.05, 1e6, 1e6), 0.4994184565, rel_tol=1e-9)
