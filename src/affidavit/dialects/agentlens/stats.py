"""GET /api/stats and /api/stats/overview: how much there is, and how much of it is new."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from affidavit.core import canonical, instants
from affidavit.dialects.agentlens.extent import count, extent_of
from affidavit.dialects.agentlens.sessions import begun_in
from affidavit.dialects.agentlens.spans import Span, asked_instant
from affidavit.dialects.agentlens.translate import time_of
from affidavit.dialects.agentlens.wire import ERROR_SEVERITIES, NAME
from affidavit.dialects.contract import Answer, Request
from affidavit.model.query import Query
from affidavit.model.reading import Reading


def totals(_: Request, reading: Reading) -> Answer:
    """GET /api/stats: events, sessions and agents of the workspace, its first and last event, its size."""
    extent = extent_of(Query(NAME), reading)
    body: dict[str, Any] = {
        "totalEvents": extent.entries if extent else 0,
        "totalSessions": sum(not chain.gone for chain in reading.chains(NAME)),
        "totalAgents": len(reading.groups(NAME, "agent")),
    }
    if extent is not None:
        body["oldestEvent"] = time_of(extent.first)
        body["newestEvent"] = time_of(extent.last)
    if (size := reading.storage_bytes()) is not None:
        body["storageSizeBytes"] = size
    return Answer(200, canonical.write(body))


def overview(request: Request, reading: Reading) -> Answer:
    """GET /api/stats/overview: since midnight in UTC, or from `from` to `to`, and as long before that."""
    since = asked_instant(request.query.get("from", ""))
    until = asked_instant(request.query.get("to", ""))
    since = request.at // instants.DAY * instants.DAY if since is None else since
    until = request.at if until is None else until
    now, before = Span(since, until), Span(2 * since - until, since - 1)
    sessions = reading.groups(NAME, "session")
    events, errors = _counts(now, reading)
    earlier_events, earlier_errors = _counts(before, reading)
    body = {
        "eventsTodayCount": events,
        "eventsYesterdayCount": earlier_events,
        "errorsTodayCount": errors,
        "errorsYesterdayCount": earlier_errors,
        "sessionsTodayCount": len(begun_in(now, sessions)),
        "sessionsYesterdayCount": len(begun_in(before, sessions)),
        "totalAgents": len(reading.groups(NAME, "agent")),
        "errorRate": errors / events if events else 0,
    }
    return Answer(200, canonical.write(body))


def _counts(span: Span, reading: Reading) -> tuple[int, int]:
    """Events, and those of them that are errors by their severity."""
    query = Query(NAME, since=span.since, until=span.until)
    return count(query, reading), count(replace(query, severities=ERROR_SEVERITIES), reading)
