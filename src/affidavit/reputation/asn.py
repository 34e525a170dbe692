"""ASN's trust score: the vendor's five dimensions, its window, its mean and what idleness costs.

Of the formulas, reliability is the vendor's; the other four are ours, since the vendor does not publish them. All sums
are whole numbers, all quotients exact until they are rounded to one decimal.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any, Final

from affidavit.model.evidence import Evidence
from affidavit.reputation.days import DAY_US, HISTORY_DAYS, ONE, WINDOW_DAYS, Day, Days

LEAST_EVENTS: Final = 20
"""Successes and failures in the window below which there is no score."""
IDLE_DAYS: Final = 90
"""Days without any event after which points are lost: one for every full week more."""
GRAVITY: Final = 10
"""How many harmless events weigh as much as a grave one, in safety."""
UNTIMED: Final = Fraction(50)
"""Speed where no event came with a duration."""
DIMENSIONS: Final = ("reliability", "accuracy", "safety", "speed", "consistency")


class _Daily:
    """A fold by days."""

    window: Final = None

    def start(self) -> Days:
        """No events."""
        return Days()

    def fold(self, state: Days, at: int, evidence: Evidence) -> Days:
        """One event further."""
        state.count(at, evidence)
        return state


class Trust(_Daily):
    """Implements model.score.Scorer: the score as it stands."""

    algorithm: Final = "asn/1"

    def report(self, state: Days, now: int) -> dict[str, Any]:
        """overall and the five dimensions, 0 to 100 with one decimal; or why there are none."""
        values = _on(state, max(now // DAY_US, state.newest or 0))
        if "overall" not in values:
            values |= {
                "status": "insufficient_data",
                "message": f"{values['events_considered']} events with an outcome in {WINDOW_DAYS} days, "
                f"a score needs {LEAST_EVENTS}",
            }
        return values | {"computation_window_days": WINDOW_DAYS}


class TrustHistory(_Daily):
    """Implements model.score.Scorer: the same score as it stood at the end of each of the newest days."""

    algorithm: Final = "asn-history/1"

    def report(self, state: Days, now: int) -> dict[str, Any]:
        """snapshots, oldest first: the values of each day that had a score, with its `date` (UTC, today included)."""
        today = max(now // DAY_US, state.newest or 0)
        days = range(today - HISTORY_DAYS + 1, today + 1)
        snapshots = [{"date": _date(day)} | _on(state, day) for day in days]
        return {"snapshots": [snapshot for snapshot in snapshots if "overall" in snapshot]}


def _on(state: Days, day: int) -> dict[str, Any]:
    """The values at the end of a day: those of the newest day with events, less what idleness costs."""
    active = state.active_by(day)
    days = [] if active is None else state.ending(active)
    considered = sum(each.considered for each in days)
    if active is None or considered < LEAST_EVENTS:
        return {"events_considered": considered}
    lost = max(0, day - active - IDLE_DAYS) // 7
    tenths = [_tenths(max(Fraction(0), points - lost)) for points in _dimensions(days, considered)]
    overall = _tenths(Fraction(sum(tenths), 10 * len(tenths)))
    dimensions = {name: value / 10 for name, value in zip(DIMENSIONS, tenths, strict=True)}
    return {"overall": overall / 10} | dimensions | {"events_considered": considered}


def _dimensions(days: list[Day], considered: int) -> list[Fraction]:
    """The points of each dimension, 0 to 100, in the order of DIMENSIONS."""
    completed = sum(day.completed for day in days)
    grave = sum(day.grave for day in days)
    timed = sum(day.timed for day in days)
    rates = [day.rate for day in days if day.considered]
    return [
        _share(completed, completed + sum(day.failed for day in days)),
        _share(completed, completed + sum(day.errors for day in days)),
        _share(considered - grave, considered - grave + GRAVITY * grave),
        _share(sum(day.speed for day in days), timed * ONE) if timed else UNTIMED,
        _share(sum(rates), len(rates) * ONE),
    ]


def _share(part: int, whole: int) -> Fraction:
    """In points of 100; of nothing, none."""
    return Fraction(100 * part, whole) if whole else Fraction(0)


def _tenths(points: Fraction) -> int:
    """To one decimal, halves up."""
    return floor(points * 10 + Fraction(1, 2))


def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
