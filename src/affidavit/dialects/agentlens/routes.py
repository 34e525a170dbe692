"""The routes: POST /api/events, GET /api/events, GET /api/events/:id, GET /api/health."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from affidavit import __version__
from affidavit.core import canonical, ids
from affidavit.core.entry import Entry
from affidavit.dialects.agentlens.listing import query_of
from affidavit.dialects.agentlens.refusals import EventNotFound
from affidavit.dialects.agentlens.translate import drafts_of, event_of, receipt_of
from affidavit.dialects.agentlens.wire import NAME, events_of
from affidavit.dialects.contract import Answer, Ingest, Intake, Read, Request
from affidavit.errors import InvalidJson, StoreError
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
        raise EventNotFound("no event with this id: use an id from POST /api/events or GET /api/events")
    return Answer(200, event_of(entry, reading.workspace.name))


def health(_: Request, reading: Reading) -> Answer:
    """GET /api/health, for which no key is asked: 200, or 503 when the store does not answer."""
    try:
        database = {"ok": True, "latencyMs": reading.ping() // 1000}
    except StoreError:
        return _health(503, "degraded", {"ok": False, "latencyMs": 0})
    return _health(200, "ok", database)


def _health(status: int, word: str, database: dict[str, bool | int]) -> Answer:
    return Answer(status, canonical.write({"status": word, "version": __version__, "db": database}))


INGESTS: Final = (Ingest("/api/events", WRITE, decode),)
READS: Final = (
    Read("/api/events", READ, find),
    Read("/api/events/{id}", READ, show),
    Read("/api/health", None, health),
)
