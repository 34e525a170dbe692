"""GET /api/agents and /api/agents/:id."""

from __future__ import annotations

from typing import Any

from affidavit.core import canonical, instants
from affidavit.dialects.agentlens.extent import extent_of
from affidavit.dialects.agentlens.refusals import NoSuch
from affidavit.dialects.agentlens.wire import NAME
from affidavit.dialects.contract import Answer, Request
from affidavit.model.draft import as_sent, storable
from affidavit.model.query import Query
from affidavit.model.reading import Reading


def listed(_: Request, reading: Reading) -> Answer:
    """GET /api/agents: all of them, the last seen first."""
    found = sorted(reading.groups(NAME, "agent"), key=lambda agent: (-agent.last, agent.name))
    agents = [_agent(agent.name, agent.first, agent.last, reading) for agent in found]
    return Answer(200, canonical.write({"agents": agents}))


def show(request: Request, reading: Reading) -> Answer:
    """GET /api/agents/:id: one agent."""
    name = storable(request.parameters["id"])
    extent = extent_of(Query(NAME, agent=name), reading)
    if extent is None:
        raise NoSuch("Agent")
    return Answer(200, canonical.write(_agent(name, extent.first.time, extent.last.time, reading)))


def _agent(name: str, first: int, last: int, reading: Reading) -> dict[str, Any]:
    """The vendor's agent. `first`, `last`: µs since 1970. Its newest session says what it is called."""
    starts = reading.find(Query(NAME, agent=name, types=("session_started",), limit=1))
    sent = canonical.parse(starts.entries[0].payload).get("payload", {}) if starts.entries else {}
    return {
        "id": as_sent(name),
        "name": sent.get("agentName") or as_sent(name),
        "firstSeenAt": instants.text(first),
        "lastSeenAt": instants.text(last),
        "sessionCount": starts.total,
        "tenantId": reading.workspace.name,
    }
