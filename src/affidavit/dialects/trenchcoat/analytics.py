"""GET /api/v1/analytics/overview and /tools: sums over the days from `from` to `to`, both included, in UTC.

Source: the vendor's SQL, migration 035, by its definitions over a whole span of time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from affidavit.core import instants
from affidavit.dialects.parameters import instant
from affidavit.dialects.trenchcoat.arithmetic import mean, percentile, to_tenths
from affidavit.dialects.trenchcoat.sessions import duration_ms, sessions_in
from affidavit.dialects.trenchcoat.translate import data_in, tool_of
from affidavit.dialects.trenchcoat.wire import NAME, TOOL_EVENTS
from affidavit.dialects.typenames import is_number
from affidavit.errors import InvalidBody
from affidavit.model.query import Query
from affidavit.model.reading import Reading

MAX_TOOLS: Final = 20
_MAX_MS: Final = 2**53
"""Durations beyond this, and negative ones, are no durations."""
_MINUTE_MS: Final = 60_000


class Days(msgspec.Struct, frozen=True):
    """A span of whole days: its first and its last µs since 1970."""

    since: int
    until: int

    def before(self) -> Days:
        """As many days, right before these."""
        return Days(2 * self.since - self.until - 1, self.since - 1)


def days_of(given: Mapping[str, str]) -> Days:
    """The days that a request asks about. Raises InvalidBody. Of an instant its day in UTC counts."""
    since, until = instant(given, "from"), instant(given, "to")
    if since is None or until is None:
        raise InvalidBody("Missing required query parameters: from, to (YYYY-MM-DD)")
    return Days(since // instants.DAY * instants.DAY, (until // instants.DAY + 1) * instants.DAY - 1)


def overview(days: Days, reading: Reading) -> dict[str, Any]:
    """Totals and averages; averages to one decimal, 0 where there is nothing to average."""
    seen = reading.groups(NAME, "session", since=days.since, until=days.until)
    uses = _count(reading, days, TOOL_EVENTS)
    lasting = [ms for session in sessions_in(reading, days.since, days.until) if (ms := duration_ms(session))]
    return {
        "total_sessions": len(seen),
        "total_events": sum(session.entries for session in seen),
        "total_tool_uses": uses,
        "total_agent_calls": _count(reading, days, ("subagent_stop",)),
        "active_days": _active(reading, days),
        "avg_session_duration_min": to_tenths(sum(lasting), len(lasting) * _MINUTE_MS),
        "avg_tools_per_session": to_tenths(uses, len(seen)),
    }


def _count(reading: Reading, days: Days, types: tuple[str, ...]) -> int:
    return reading.find(Query(NAME, types=types, since=days.since, until=days.until, limit=1)).total


def _active(reading: Reading, days: Days) -> int:
    """On how many days something happened: one question a day that has entries, whatever lies between and on them."""
    count, since = 0, days.since
    while since <= days.until:
        query = Query(NAME, since=since, until=days.until, ascending=True, limit=1, counted=False)
        entries = reading.find(query).entries
        if not entries:
            break
        count += 1
        since = (entries[0].time // instants.DAY + 1) * instants.DAY
    return count


class _Usage(msgspec.Struct):
    """The results of one tool: how many, and how often each duration, in ms, among those that say theirs."""

    count: int
    durations: Counter[int]


def tools(days: Days, reading: Reading) -> list[dict[str, Any]]:
    """The tools with the most results. `trend`: % more than in as many days before; None where there were none."""
    before = _usages(reading, days.before())
    most = sorted(_usages(reading, days).items(), key=lambda used: (-used[1].count, used[0]))
    return [_row(tool, usage, before.get(tool)) for tool, usage in most[:MAX_TOOLS]]


def _row(tool: str, usage: _Usage, before: _Usage | None) -> dict[str, Any]:
    return {
        "tool_name": tool,
        "count": usage.count,
        "avg_duration_ms": mean(usage.durations),
        "p50_duration_ms": percentile(usage.durations, 50),
        "p99_duration_ms": percentile(usage.durations, 99),
        "trend": None if before is None else to_tenths(100 * (usage.count - before.count), before.count),
    }


def _usages(reading: Reading, days: Days) -> dict[str, _Usage]:
    found: dict[str, _Usage] = {}
    for entry in reading.scan(Query(NAME, types=("tool_result",), since=days.since, until=days.until, counted=False)):
        data = data_in(entry)
        tool = tool_of(data)
        duration: Any = data.get("duration_ms")
        if tool is None:
            continue
        usage = found.setdefault(tool, _Usage(0, Counter()))
        usage.count += 1
        if is_number(duration) and 0 <= duration <= _MAX_MS:
            usage.durations[int(duration + 0.5)] += 1
    return found
