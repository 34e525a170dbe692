"""Pecta's reputation against the formula as it is written, over a list, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.model.evidence import Evidence
from affidavit.reputation.pecta import NS_A_MS, WINDOW, Pecta, score, status
from tests.reputation.evidences import report

Evaluation = tuple[bool, int | float]

latencies_ms = (
    st.integers(0, 300)
    | st.floats(0, 60_000)
    | st.sampled_from([0.1, 4.1, 99.9, 0.000001, 1e-6 + 1e-12, 5e-324, 1e-7, 60_000])
)
evaluations = st.lists(st.tuples(st.booleans(), latencies_ms), max_size=80)


def naive(sent: list[Evaluation]) -> dict[str, Any]:
    """The vendor's words, one by one."""
    window = sent[-500:]
    passed = sum(ok for ok, _ in window)
    streak = 0
    for ok, _ in reversed(window):
        if not ok:
            break
        streak += 1
    count = len(window)
    rate = Fraction(passed, count) if count else Fraction(0)
    latency = sum((Fraction(str(ms)) for _, ms in window), Fraction(0)) / count if count else Fraction(0)
    points = (
        400 * rate
        + 250 * max(Fraction(0), 1 - latency / 100)
        + Fraction(200 * min(streak, 50), 50)
        + Fraction(150 * min(count, 500), 500)
    )
    stages = {0: "new", 1: "calibrating", 50: "active", 500: "mature"}
    return {
        "score": floor(points) if count else 0,
        "status": stages[max(least for least in stages if least <= count)],
        "evaluations": count,
        "passed": passed,
        "pass_rate": float(rate),
        "avg_latency_ms": float(latency),
        "streak": streak,
    }


def reported(sent: list[Evaluation]) -> dict[str, Any]:
    events = [(0, Evidence("success" if ok else "failure", "evaluation", latency_ms=ms)) for ok, ms in sent]
    return report(Pecta(), events)


@given(evaluations)
def test_it_is_the_vendors_formula(sent: list[Evaluation]) -> None:
    assert reported(sent) == naive(sent)


@settings(max_examples=25)
@given(st.lists(evaluations.filter(bool), min_size=1, max_size=4), st.integers(495, 1200))
def test_the_window_is_exact_however_far_it_has_slid(parts: list[list[Evaluation]], total: int) -> None:
    pattern = [evaluation for part in parts for evaluation in part]
    sent = (pattern * (total // len(pattern) + 1))[:total]

    assert reported(sent) == naive(sent)
    assert reported(sent) == reported(sent[-WINDOW:])


def test_the_vendors_own_example() -> None:
    values = reported([(True, 4)] * 427 + [(False, 4)] * 73)

    assert (values["score"], values["status"]) == (731, "mature")


def test_whole_numbers_are_met_where_doubles_fall_short() -> None:
    # 400 · 0.97 + 250 · (1 − 10.8 / 100) + 0 + 150 = 761; in doubles, whether summed or not, it is 760.
    assert reported([(True, 10.8)] * 485 + [(False, 10.8)] * 15)["score"] == 761
    assert floor(400 * Fraction(485, 500) + 250 * (1 - Fraction(10.8) / 100) + 150) == 760


def test_latencies_beyond_the_vendors_limits_count_as_the_limit() -> None:
    assert reported([(True, 10**400)]) == naive([(True, 60_000)])
    assert reported([(True, 60_000.5)]) == naive([(True, 60_000)])
    assert reported([(True, -5)]) == naive([(True, 0)])
    assert report(Pecta(), [(0, Evidence("success", "evaluation"))]) == naive([(True, 0)])


@pytest.mark.parametrize(
    ("count", "stage"),
    [(0, "new"), (1, "calibrating"), (49, "calibrating"), (50, "active"), (499, "active"), (500, "mature")],
)
def test_stages(count: int, stage: str) -> None:
    assert status(count) == stage
    assert reported([(True, 0)] * count)["status"] == stage


def test_the_best_and_the_worst() -> None:
    assert score(500, 500, 0, 500) == 1000
    assert score(500, 0, 60_000 * 500 * NS_A_MS, 0) == 150
    assert score(0, 0, 0, 0) == 0
