"""GET /api/analytics and /api/analytics/tools: what happened in a span of time, and which tools were used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.dialects.agentlens.spans import bucket_of, recent_span
from affidavit.dialects.agentlens.usage import USAGE_TYPES, Mean, Number, amount, plain
from affidavit.dialects.agentlens.wire import ERROR_SEVERITIES, NAME
from affidavit.dialects.contract import Answer, Request
from affidavit.model.draft import storable
from affidavit.model.query import Query
from affidavit.model.reading import Reading


def asked_for(request: Request) -> Query | None:
    """The events that analytics are asked of: a span of time, and an agent; None where there can be none."""
    span = recent_span(request.query, request.at)
    if span is None:
        return None
    agent = storable(request.query.get("agentId", "")) or None
    return Query(NAME, agent=agent, since=span.since, until=span.until, ascending=True, counted=False)


def entries_of(query: Query | None, reading: Reading, *types: str) -> Iterator[Entry]:
    """The entries of a query, the earliest first; of these types, where some are named."""
    return iter(()) if query is None else reading.scan(replace(query, types=types))


class _Metrics(msgspec.Struct):
    """Sums over some events."""

    events: int = 0
    tool_calls: int = 0
    errors: int = 0
    latency: Mean = msgspec.field(default_factory=Mean)
    cost: Number = 0
    sessions: set[str] = msgspec.field(default_factory=set)
    agents: set[str] = msgspec.field(default_factory=set)

    def add(self, entry: Entry) -> None:
        """Count an event. Most payloads are not even looked at."""
        self.events += 1
        self.tool_calls += entry.type == "tool_call"
        self.errors += entry.severity in ERROR_SEVERITIES or entry.type == "tool_error"
        if entry.session is not None and entry.agent is not None:  # it is not erased
            self.sessions.add(entry.session)
            self.agents.add(entry.agent)
        if entry.type == "tool_response":
            self.latency.add(canonical.parse(entry.payload)["payload"]["durationMs"])
        elif entry.type in USAGE_TYPES:
            self.cost += amount(canonical.parse(entry.payload)["payload"]["costUsd"])

    def row(self) -> dict[str, Any]:
        """The vendor's names."""
        return {
            "eventCount": self.events,
            "toolCallCount": self.tool_calls,
            "errorCount": self.errors,
            "avgLatencyMs": self.latency.value,
            "totalCostUsd": plain(self.cost),
            "uniqueSessions": len(self.sessions),
        }


def metrics(request: Request, reading: Reading) -> Answer:
    """GET /api/analytics: totals of the span, and of each of its hours, days or weeks in which something happened."""
    bucket = bucket_of(request.query, "hour")
    totals, buckets = _Metrics(), dict[str, _Metrics]()
    for entry in entries_of(asked_for(request), reading):
        totals.add(entry)
        buckets.setdefault(bucket(entry.time), _Metrics()).add(entry)
    body = {
        "buckets": [{"timestamp": name, **found.row()} for name, found in buckets.items()],
        "totals": {**totals.row(), "uniqueAgents": len(totals.agents)},
    }
    return Answer(200, canonical.write(body))


class _Tool(msgspec.Struct):
    """What one tool was used for: calls, and what came of them."""

    calls: int = 0
    responses: int = 0
    errors: int = 0
    duration: Mean = msgspec.field(default_factory=Mean)

    @property
    def uses(self) -> int:
        """A call that is reported twice, as a call and as its result, is one; not every client reports both."""
        return max(self.calls, self.responses + self.errors)


def tools(request: Request, reading: Reading) -> Answer:
    """GET /api/analytics/tools: every tool of the span, the most used first."""
    found: dict[str, _Tool] = {}
    for entry in entries_of(asked_for(request), reading, "tool_call", "tool_response", "tool_error"):
        sent = canonical.parse(entry.payload)["payload"]
        tool = found.setdefault(sent["toolName"], _Tool())
        tool.calls += entry.type == "tool_call"
        tool.responses += entry.type == "tool_response"
        tool.errors += entry.type == "tool_error"
        if entry.type != "tool_call":
            tool.duration.add(sent["durationMs"])
    rows = [
        {
            "toolName": name,
            "callCount": tool.uses,
            "errorCount": tool.errors,
            "errorRate": plain(tool.errors / tool.uses),
            "avgDurationMs": tool.duration.value,
        }
        for name, tool in sorted(found.items(), key=lambda each: (-each[1].uses, each[0]))
    ]
    return Answer(200, canonical.write({"tools": rows}))
