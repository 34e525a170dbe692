"""One session, from its entries. Nothing is kept: its counts are the index's, its sums are added up when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.dialects.agentlens.extent import count, extent_of
from affidavit.dialects.agentlens.translate import time_of, timestamp_of
from affidavit.dialects.agentlens.usage import USAGE_TYPES, Usage, plain
from affidavit.dialects.agentlens.wire import ERROR_SEVERITIES, NAME
from affidavit.model.draft import as_sent
from affidavit.model.query import Query
from affidavit.model.reading import Reading

IDLE_MICROS: Final = 30 * 60 * 1_000_000
"""Silence after which a session that nobody ended is idle."""

_Value = TypeVar("_Value")


class Life(msgspec.Struct):
    """What the starts and ends of a session say. Each value stands behind the position it comes from: whatever the
    timestamps are, what arrived last counts.
    """

    status: tuple[int, str] = (-1, "active")
    ended: tuple[int, str | None] = (-1, None)
    agent_name: tuple[int, str | None] = (-1, None)
    tags: tuple[int, list[str]] = (-1, [])

    def add(self, entry: Entry) -> None:
        """Take a `session_started` or a `session_ended` into account."""
        event = canonical.parse(entry.payload)
        sent: Mapping[str, Any] = event.get("payload", {})
        if entry.type == "session_ended":
            status = "error" if sent["reason"] == "error" else "completed"
            self.ended = _newer(self.ended, entry, timestamp_of(event, entry))
        else:
            status = "active"
            if "agentName" in sent:
                self.agent_name = _newer(self.agent_name, entry, sent["agentName"])
            if sent.get("tags"):
                self.tags = _newer(self.tags, entry, sent["tags"])
        self.status = _newer(self.status, entry, status)

    def status_at(self, at: int, last: int) -> str:
        """Now; `last`: the time of the session's last event. Both in µs since 1970."""
        _, status = self.status
        return "idle" if status == "active" and at - last > IDLE_MICROS else status


def _newer(known: tuple[int, _Value], entry: Entry, value: _Value) -> tuple[int, _Value]:
    return (entry.position, value) if entry.position > known[0] else known


def lives_of(query: Query, reading: Reading) -> dict[str, Life]:
    """The lives of the sessions that were started or ended by an event of the query. Only these events are read."""
    found: dict[str, Life] = {}
    for entry in reading.scan(replace(query, types=("session_started", "session_ended"), counted=False)):
        if entry.session is not None:
            found.setdefault(entry.session, Life()).add(entry)
    return found


def agent_of(session: str, reading: Reading) -> str | None:
    """The agent of a session: that of its earliest event."""
    query = Query(NAME, session=session, ascending=True, limit=1, counted=False)
    entries = reading.find(query).entries
    return entries[0].agent if entries else None


def errors_in(query: Query, reading: Reading) -> int:
    """How many events of a query are errors: by their severity, or because a tool failed."""
    grave = count(replace(query, severities=ERROR_SEVERITIES), reading)
    failed = replace(query, types=("tool_error",))
    return grave + count(failed, reading) - count(replace(failed, severities=ERROR_SEVERITIES), reading)


def session_of(name: str, at: int, reading: Reading) -> dict[str, Any] | None:
    """The vendor's session; None where there is none. `at`: now, in µs since 1970."""
    query = Query(NAME, session=name)
    extent = extent_of(query, reading)
    if extent is None:
        return None
    life = lives_of(query, reading).get(name, Life())
    usage = Usage()
    for entry in reading.scan(replace(query, types=USAGE_TYPES, counted=False)):
        usage.add(canonical.parse(entry.payload)["payload"])
    _, agent_name = life.agent_name
    _, ended = life.ended
    return {
        "id": as_sent(name),
        "agentId": as_sent(extent.first.agent or ""),
        **({} if agent_name is None else {"agentName": agent_name}),
        "startedAt": time_of(extent.first),
        **({} if ended is None else {"endedAt": ended}),
        "status": life.status_at(at, extent.last.time),
        "eventCount": extent.entries,
        "toolCallCount": count(replace(query, types=("tool_call",)), reading),
        "errorCount": errors_in(query, reading),
        "totalCostUsd": plain(usage.cost),
        "llmCallCount": count(replace(query, types=("llm_response",)), reading),
        "totalInputTokens": plain(usage.input),
        "totalOutputTokens": plain(usage.output),
        "tags": life.tags[1],
        "tenantId": reading.workspace.name,
    }
