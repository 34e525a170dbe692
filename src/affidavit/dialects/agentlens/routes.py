"""The routes, and the first of them: POST /api/events, GET /api/events, GET /api/events/:id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from affidavit.core import canonical, ids
from affidavit.core.entry import Entry
from affidavit.dialects.agentlens import about, agents, analytics, audit, costs, health, sessions, stats, stream
from affidavit.dialects.agentlens.listing import query_of
from affidavit.dialects.agentlens.refusals import NoSuch
from affidavit.dialects.agentlens.translate import drafts_of, event_of, receipt_of
from affidavit.dialects.agentlens.wire import NAME, events_of
from affidavit.dialects.contract import Answer, Ingest, Intake, Read, Request, Stream
from affidavit.errors import InvalidJson
from affidavit.model.query import Page
from affidavit.model.reading import Reading

WRITE: Final = "write"
READ: Final = "read"


def decode(request: Request) -> Intake:
    """POST /api/events: the events of the body, or every problem they have. The content type does not matter."""
    body = canonical.parse(request.body)
    if not body and type(body) not in (dict, list):  # what JavaScript takes for no body at all: null, false, 0, ""
        raise InvalidJson('the body is empty: send {"events": [...]}')
    return Intake(drafts_of(events_of(body)), _recorded)


def _recorded(entries: Sequence[Entry], _: Reading) -> Answer:
    return Answer(201, receipt_of(entries))


def find(request: Request, reading: Reading) -> Answer:
    """GET /api/events: a page of events."""
    query = query_of(request.query)
    page, offset = (Page([], 0), 0) if query is None else (reading.find(query), query.offset)
    more = "true" if offset + len(page.entries) < page.total else "false"
    # Joined from bytes: one event that must be written exactly (a lone surrogate) does not slow the others down.
    listed = b",".join([event_of(entry, reading.workspace.name) for entry in page.entries])
    return Answer(200, b'{"events":[%b],"total":%d,"hasMore":%b}' % (listed, page.total, more.encode()))


def show(request: Request, reading: Reading) -> Answer:
    """GET /api/events/:id: one event, by its ULID or by the same id as a UUID."""
    identity = ids.parse(request.parameters["id"])
    entry = None if identity is None else reading.entry(NAME, identity)
    if entry is None:
        raise NoSuch("Event")
    return Answer(200, event_of(entry, reading.workspace.name))


INGESTS: Final = (Ingest("/api/events", WRITE, decode),)
READS: Final = (
    Read("/api/events", READ, find),
    Read("/api/events/{id}", READ, show),
    Read("/api/sessions", READ, sessions.listed),
    Read("/api/sessions/{id}", READ, sessions.show),
    Read("/api/sessions/{id}/timeline", READ, sessions.timeline),
    Read("/api/agents", READ, agents.listed),
    Read("/api/agents/{id}", READ, agents.show),
    Read("/api/stats", READ, stats.totals),
    Read("/api/stats/overview", READ, stats.overview),
    Read("/api/analytics", READ, analytics.metrics),
    Read("/api/analytics/costs", READ, costs.costs),
    Read("/api/analytics/llm", READ, costs.llm),
    Read("/api/analytics/tools", READ, analytics.tools),
    Read("/api/audit/verify", READ, audit.verify),
    Read("/api/health", None, about.health),
    Read("/api/health/overview", READ, health.overview),
    Read("/api/server-info", None, about.server_info),
    Read("/api/version", None, about.version),
)
STREAMS: Final = (
    Stream(
        "/api/stream",
        READ,
        stream.wants,
        stream.render,
        stream.HEARTBEAT,
        stream.HEARTBEAT_SECONDS,
        first=stream.HEARTBEAT,
        headed=stream.headed,
    ),
)
