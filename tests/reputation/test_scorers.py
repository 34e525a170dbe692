"""What holds for every score: bounded, better for what goes better, and only a function of entries and time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.model.evidence import Evidence
from affidavit.model.score import Scorer
from affidavit.reputation.asn import DIMENSIONS
from tests.reputation.evidences import (
    DAY_US,
    SCORERS,
    Event,
    end,
    events,
    failures,
    folded,
    report,
    successes,
    turned_good,
)

each_scorer = pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.algorithm)
HIGHEST = {"pecta/1": 1000, "asn/1": 100, "asn-history/1": 100, "beta/1": 1}


def headlines(scorer: Scorer[Any], values: dict[str, Any]) -> list[float]:
    """Every number in the values that says how good the agent is."""
    if scorer.algorithm == "asn-history/1":
        return [number for day in values["snapshots"] for number in _points(day)]
    if scorer.algorithm == "asn/1":
        return _points(values)
    return [values[name] for name in ("score", "mean") if name in values]


def _points(values: dict[str, Any]) -> list[float]:
    return [values[name] for name in ("overall", *DIMENSIONS) if name in values]


@each_scorer
@given(sent=events(), later=st.sampled_from([0, 1, DAY_US, 95 * DAY_US, 4000 * DAY_US]))
def test_it_is_bounded_at_any_time_and_json(scorer: Scorer[Any], sent: list[Event], later: int) -> None:
    values = report(scorer, sent, end(sent) + later)

    assert all(0 <= number <= HIGHEST[scorer.algorithm] for number in headlines(scorer, values))
    assert json.loads(json.dumps(values, allow_nan=False)) == values


@each_scorer
@given(sent=events(failures | successes, at_most=120), data=st.data())
def test_it_never_falls_when_a_failure_turns_into_a_success(
    scorer: Scorer[Any], sent: list[Event], data: st.DataObject
) -> None:
    turned = data.draw(st.sets(st.integers(0, max(0, len(sent) - 1))))
    better = [(at, turned_good(evidence) if index in turned else evidence) for index, (at, evidence) in enumerate(sent)]

    before, after = (headlines(scorer, report(scorer, case)) for case in (sent, better))

    assert len(before) == len(after)
    assert all(low <= high for low, high in zip(before, after, strict=True))


@each_scorer
@given(sent=events(), count=st.integers(1, 80), tool=st.sampled_from(["read", None]))
def test_it_never_falls_with_more_quick_successes(
    scorer: Scorer[Any], sent: list[Event], count: int, tool: str | None
) -> None:
    # Quick, because speed is part of two scores; at the end, because Pecta's streak is about the order.
    sent = [*sent, *[(end(sent), Evidence("failure", "task_failed"))] * 20]
    quick = Evidence("success", "task_completed", None, tool, 0)

    before, after = (headlines(scorer, report(scorer, case)) for case in (sent, sent + [(end(sent), quick)] * count))

    assert len(before) == len(after)
    assert all(low <= high for low, high in zip(before, after, strict=True))


@each_scorer
@given(sent=events(), asked=st.sets(st.integers(0, 60)))
def test_asking_for_it_changes_nothing(scorer: Scorer[Any], sent: list[Event], asked: set[int]) -> None:
    state = scorer.start()
    for index, (at, evidence) in enumerate(sent):
        if index in asked:
            scorer.report(state, at + 200 * DAY_US)
        if scorer.window is None or evidence.outcome != "neutral":
            state = scorer.fold(state, at, evidence)

    assert scorer.report(state, end(sent)) == report(scorer, sent)


@each_scorer
@given(sent=events(), back=st.integers(1, 300 * DAY_US))
def test_time_never_runs_backwards(scorer: Scorer[Any], sent: list[Event], back: int) -> None:
    late = [*sent, (end(sent) - back, Evidence("success", "task_completed"))]
    on_time = [*sent, (end(sent), Evidence("success", "task_completed"))]

    if sent:
        assert report(scorer, late, end(sent)) == report(scorer, on_time, end(sent))
        assert scorer.report(folded(scorer, sent), end(sent) - back) == report(scorer, sent)
