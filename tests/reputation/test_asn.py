"""ASN's trust score: its window, its threshold, what idleness costs, and its history against the score itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from affidavit.model.evidence import Evidence
from affidavit.reputation.asn import DIMENSIONS, Trust, TrustHistory
from affidavit.reputation.days import MAX_DAYS
from tests.reputation.evidences import DAY_US, START_US, Event, end, events, failures, folded, report, successes

DONE = Evidence("success", "task_completed")
FAILED = Evidence("failure", "task_failed")
STARTUP = Evidence("neutral", "startup")


def on_day(day: int, *sent: Evidence) -> list[Event]:
    return [(START_US + day * DAY_US, evidence) for evidence in sent]


def test_a_score_needs_twenty_events_with_an_outcome() -> None:
    events = on_day(0, *[DONE] * 19, *[STARTUP] * 30)

    assert report(Trust(), events) == {
        "events_considered": 19,
        "status": "insufficient_data",
        "message": "19 events with an outcome in 90 days, a score needs 20",
        "computation_window_days": 90,
    }
    assert report(Trust(), events + on_day(0, DONE))["overall"] == 90.0
    assert report(Trust(), [])["status"] == "insufficient_data"


def test_the_window_is_the_day_of_the_newest_event_and_the_89_before_it() -> None:
    old, new = on_day(0, *[FAILED] * 30), on_day(89, *[DONE] * 20)

    assert report(Trust(), old + new)["reliability"] == 40.0
    assert report(Trust(), old + new + on_day(90, STARTUP))["reliability"] == 100.0


def test_an_incident_weighs_three_times_and_is_not_safe() -> None:
    incident = Evidence("failure", "incident", weight=3)

    values = report(Trust(), on_day(0, *[DONE] * 27, incident))

    assert (values["reliability"], values["accuracy"]) == (90.0, 100.0)
    assert values["safety"] == 73.0  # 27 / (27 + 10)
    assert values["events_considered"] == 28


def test_a_critical_failure_is_as_grave_and_a_critical_success_is_not() -> None:
    def safety(*sent: Evidence) -> Any:
        return report(Trust(), on_day(0, *[DONE] * 27, *sent))["safety"]

    assert safety(Evidence("failure", "task_failed", "critical")) == 73.0
    assert safety(Evidence("failure", "error", "critical")) == 73.0
    assert safety(Evidence("success", "task_completed", "critical")) == 100.0
    assert safety(Evidence("failure", "task_failed", "error")) == 100.0


def test_errors_are_accuracys_and_failures_reliabilitys() -> None:
    values = report(Trust(), on_day(0, *[DONE] * 24, *[Evidence("failure", "error")] * 6, *[FAILED] * 8))

    assert (values["reliability"], values["accuracy"]) == (75.0, 80.0)
    assert values["consistency"] == 63.2  # 24 / 38


def test_halves_are_rounded_up() -> None:
    assert report(Trust(), on_day(0, *[DONE] * 22, *[FAILED] * 10))["reliability"] == 68.8  # 68.75


def test_of_nothing_there_are_no_points() -> None:
    values = report(Trust(), on_day(0, *[Evidence("failure", "error")] * 20))

    assert [values[name] for name in DIMENSIONS] == [0.0, 0.0, 100.0, 50.0, 0.0]
    assert values["overall"] == 30.0


@pytest.mark.parametrize(
    ("latency", "speed"), [(0, 100.0), (10_000, 50.0), (2500.0, 80.0), (10**400, 0.0), (-1, 100.0)]
)
def test_speed(latency: float, speed: float) -> None:
    timed = Evidence("success", "task_completed", latency_ms=latency)

    assert report(Trust(), on_day(0, *[timed] * 5, *[DONE] * 15))["speed"] == speed


def test_consistency_counts_each_day_the_same() -> None:
    values = report(Trust(), on_day(0, *[DONE] * 99, FAILED) + on_day(1, FAILED) + on_day(2, STARTUP))

    assert values["consistency"] == 49.5


@pytest.mark.parametrize(("idle_days", "lost"), [(0, 0), (90, 0), (96, 0), (97, 1), (104, 2), (90 + 7 * 60, 60)])
def test_idleness_costs_a_point_a_week_after_ninety_days(idle_days: int, lost: int) -> None:
    events = on_day(0, *[DONE] * 25)
    fresh = report(Trust(), events)

    values = report(Trust(), events, end(events) + idle_days * DAY_US)

    assert [values[name] for name in DIMENSIONS] == [max(0.0, fresh[name] - lost) for name in DIMENSIONS]


@given(events(successes | failures))
def test_overall_is_the_mean_of_the_five_as_shown(sent: list[Event]) -> None:
    values = report(Trust(), sent)

    if "overall" in values:
        assert abs(values["overall"] - sum(values[name] for name in DIMENSIONS) / 5) <= 0.05 + 1e-9


@settings(max_examples=30)
@given(events(at_most=150))
def test_a_snapshot_is_the_score_at_the_end_of_its_day(sent: list[Event]) -> None:
    now = end(sent) + 3 * DAY_US
    snapshots = {day["date"]: day for day in report(TrustHistory(), sent, now)["snapshots"]}

    for back in range(90):
        last_moment = (now // DAY_US - back + 1) * DAY_US - 1
        past = [(at, evidence) for at, evidence in sent if at <= last_moment]
        expected = report(Trust(), past, last_moment)
        shown = snapshots.pop(_date(last_moment), None)
        assert (shown is None) == ("overall" not in expected)
        assert shown is None or all(shown[name] == expected[name] for name in ("overall", *DIMENSIONS))
    assert not snapshots


def _date(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).date().isoformat()


def test_days_that_no_snapshot_needs_are_let_go_and_change_nothing() -> None:
    every_third = [event for day in range(0, 1200, 3) for event in on_day(day, DONE, DONE, FAILED)]
    recent = [(at, evidence) for at, evidence in every_third if at > end(every_third) - 180 * DAY_US]

    assert len(folded(Trust(), every_third).by_day) == MAX_DAYS
    assert report(TrustHistory(), every_third) == report(TrustHistory(), recent)
    assert report(Trust(), every_third) == report(Trust(), recent)


def test_days_that_a_snapshot_needs_are_kept() -> None:
    # The history begins on day 90, which had no events: its snapshot is that of day 89, whose window begins on day 0.
    before = on_day(0, *[FAILED] * 50) + [event for day in range(1, 90) for event in on_day(day, DONE)]
    since = [event for day in range(91, 180) for event in on_day(day, DONE)]

    oldest = report(TrustHistory(), before + since)["snapshots"][0]

    assert oldest["reliability"] == report(Trust(), before)["reliability"] == 64.0
