"""Spans of time that are asked about, and the buckets that they are cut into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from affidavit.core import instants
from affidavit.dialects.agentlens.refusals import BadParameter
from affidavit.dialects.parameters import instant_of

_HOUR: Final = 3_600_000_000
_RANGES: Final[Mapping[str, int]] = {
    "1h": _HOUR,
    "6h": 6 * _HOUR,
    "24h": instants.DAY,
    "3d": 3 * instants.DAY,
    "7d": 7 * instants.DAY,
    "30d": 30 * instants.DAY,
}
"""What `range` may be, in µs."""
_WEEKS_REPEAT: Final = 146_097 * instants.DAY
"""400 years: after these the calendar has the same days on the same weekdays."""


class Span(msgspec.Struct, frozen=True):
    """µs since 1970, both ends inclusive; None: no end on this side."""

    since: int | None
    until: int | None


def asked_instant(text: str) -> int | None:
    """An instant or a date, as `parameters.instant_of` reads it. A `+` that a URL made a space counts."""
    return instant_of(text.replace(" ", "+"))


def span_of(parameters: Mapping[str, str]) -> Span | None:
    """`from` and `to`. None where nothing can lie in it: an unreadable `from`. An unreadable `to` is no end."""
    start, end = parameters.get("from", ""), parameters.get("to", "")
    since = asked_instant(start)
    return None if start and since is None else Span(since, asked_instant(end))


def recent_span(parameters: Mapping[str, str], at: int) -> Span | None:
    """The same, where the last day counts unless something else is asked for. `at`: now, in µs since 1970."""
    span = span_of(parameters)
    if span is None:
        return None
    until = span.until if parameters.get("to") else at
    if span.since is not None:
        return Span(span.since, until)
    return Span(at - _RANGES.get(parameters.get("range", ""), instants.DAY), until)


def hour(micros: int) -> str:
    """The hour of an instant: `2026-02-08T10:00:00Z`."""
    return instants.text(micros // _HOUR * _HOUR)[:-5] + "Z"


def day(micros: int) -> str:
    """The day of an instant, in UTC: `2026-02-08T00:00:00Z`."""
    return instants.text(micros // instants.DAY * instants.DAY)[:-5] + "Z"


def week(micros: int) -> str:
    """The week of an instant: the year and the number of the week, as `%Y-%W`. Weeks begin on Monday."""
    year = instants.text(micros)[: -len("-02-08T10:00:00.000Z")]
    alike = datetime(1970, 1, 1) + timedelta(microseconds=micros % _WEEKS_REPEAT)
    return f"{year}-{alike:%W}"


_BUCKETS: Final[Mapping[str, Callable[[int], str]]] = {"hour": hour, "day": day, "week": week}


def bucket_of(parameters: Mapping[str, str], default: str) -> Callable[[int], str]:
    """What names the bucket of an instant, by `granularity`. Raises BadParameter."""
    bucket = _BUCKETS.get(parameters.get("granularity") or default)
    if bucket is None:
        raise BadParameter(f"Invalid granularity. Use: {', '.join(_BUCKETS)}")
    return bucket
