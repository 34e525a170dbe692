"""What an agent did, day by day: the sums that ASN's trust score is made of.

Whole UTC days, by when the ledger received an event, and whole numbers only: the same events give the same sums in
whatever portions they come.
"""

from __future__ import annotations

from typing import Final

from affidavit.model.evidence import Evidence

DAY_US: Final = 86_400_000_000
WINDOW_DAYS: Final = 90
"""The day of an agent's newest event, and the 89 before it."""
HISTORY_DAYS: Final = 90
MAX_DAYS: Final = HISTORY_DAYS - 1 + WINDOW_DAYS
"""Days with events that are kept, however far they lie apart. No snapshot needs more: the oldest one is of the first
day of the history or of an earlier one, with its window, and at most 89 days follow."""
HALF_SPEED_MS: Final = 10_000
"""The duration that is worth half of the points for speed."""
ONE: Final = 1_000_000
"""A share of 1. Shares of a day or a duration are counted in millionths, so that their sums are exact."""

_INCIDENT: Final = "incident"
_ERROR: Final = "error"
_GRAVE: Final = "critical"


class Day:
    """The sums of one day.

    completed   successes
    failed      failures but for errors, by weight: an incident counts three times
    errors      failures of the kind "error", by weight
    considered  successes and failures, each once
    grave       incidents, and failures of severity "critical"
    timed       successes and failures that came with a duration; `speed`: their shares of the full speed, in ONE
    """

    __slots__ = ("completed", "considered", "errors", "failed", "grave", "speed", "timed")

    def __init__(self) -> None:
        self.completed = self.failed = self.errors = self.considered = self.grave = self.timed = self.speed = 0

    def count(self, evidence: Evidence) -> None:
        """One event more."""
        if evidence.outcome == "neutral":
            return
        self.considered += 1
        if evidence.outcome == "success":
            self.completed += 1
        else:
            if evidence.kind == _ERROR:
                self.errors += evidence.weight
            else:
                self.failed += evidence.weight
            self.grave += evidence.kind == _INCIDENT or evidence.severity == _GRAVE
        if evidence.latency_ms is not None:
            self.timed += 1
            self.speed += round(ONE * (HALF_SPEED_MS / (HALF_SPEED_MS + max(0, evidence.latency_ms))))

    @property
    def rate(self) -> int:
        """The share of completed in everything that it had, in ONE, rounded down."""
        return ONE * self.completed // (self.completed + self.failed + self.errors)


class Days:
    """The newest days that have events. `newest`: the last of them, in days since 1970."""

    __slots__ = ("by_day", "newest")

    def __init__(self) -> None:
        self.by_day: dict[int, Day] = {}
        self.newest: int | None = None

    def count(self, at: int, evidence: Evidence) -> None:
        """One event more. Time never runs backwards: an earlier `at` counts as the newest so far."""
        number = at // DAY_US
        if self.newest is None or number > self.newest:
            self.newest = number
            self.by_day[number] = Day()
            if len(self.by_day) > MAX_DAYS:
                del self.by_day[min(self.by_day)]
        self.by_day[self.newest].count(evidence)

    def active_by(self, day: int) -> int | None:
        """The newest day with events that is not after `day`."""
        return max((number for number in self.by_day if number <= day), default=None)

    def ending(self, last: int) -> list[Day]:
        """The days with events of the window that ends with `last`."""
        return [day for number, day in self.by_day.items() if last - WINDOW_DAYS < number <= last]
