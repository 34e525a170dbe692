"""The routes: POST /api/v1/events, GET /api/v1/sessions, GET /api/v1/analytics/overview and /tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.core.ids import ulid_text
from affidavit.dialects.contract import Answer, Ingest, Intake, Read, Request
from affidavit.dialects.trenchcoat import analytics, sessions
from affidavit.dialects.trenchcoat.batch import batch_of
from affidavit.dialects.trenchcoat.translate import drafts_of
from affidavit.dialects.trenchcoat.wire import PAGE
from affidavit.model.reading import Reading

WRITE_EVENTS: Final = "write:events"
READ_EVENTS: Final = "read:events"
READ_SESSIONS: Final = "read:sessions"
READ_ANALYTICS: Final = "read:analytics"
ADMIN: Final = "admin"
SCOPES: Final = (WRITE_EVENTS, READ_EVENTS, READ_SESSIONS, READ_ANALYTICS, ADMIN)


def ingest(request: Request) -> Intake:
    """POST /api/v1/events: 1 to 1,000 events in either form -> 200 or 201, in the form of the first."""
    batch = batch_of(canonical.parse(request.body))
    return Intake(drafts_of(batch.events), _accepted if batch.form is PAGE else _inserted)


def _accepted(entries: Sequence[Entry], _: Reading) -> Answer:
    return Answer(200, b'{"data":{"accepted":%d,"rejected":0}}' % len(entries))


def _inserted(entries: Sequence[Entry], _: Reading) -> Answer:
    first = entries[0]
    return _answer(201, {"inserted": len(entries)}, f"req_{ulid_text(first.id).lower()}", first.at)


def list_sessions(request: Request, reading: Reading) -> Answer:
    """GET /api/v1/sessions: a page of sessions, the last begun first."""
    return _read(request, sessions.listed(request.query, reading))


def overview(request: Request, reading: Reading) -> Answer:
    """GET /api/v1/analytics/overview: totals over some days."""
    return _read(request, analytics.overview(analytics.days_of(request.query), reading))


def tools(request: Request, reading: Reading) -> Answer:
    """GET /api/v1/analytics/tools: the most used tools of some days."""
    return _read(request, analytics.tools(analytics.days_of(request.query), reading))


def _read(request: Request, data: Any) -> Answer:
    identity = request.headers.get("x-request-id") or f"req_{request.at:x}"
    return _answer(200, data, identity, request.at)


def _answer(status: int, data: Any, request_id: str, at: int) -> Answer:
    """`at`: µs since 1970."""
    meta = {"requestId": request_id, "timestamp": instants.text(at)}
    return Answer(status, canonical.write({"data": data, "meta": meta}))


INGESTS: Final = (Ingest("/api/v1/events", WRITE_EVENTS, ingest, other_scopes=(ADMIN,)),)
READS: Final = (
    Read("/api/v1/sessions", READ_SESSIONS, list_sessions, other_scopes=(ADMIN,)),
    Read("/api/v1/analytics/overview", READ_ANALYTICS, overview, other_scopes=(ADMIN,)),
    Read("/api/v1/analytics/tools", READ_ANALYTICS, tools, other_scopes=(ADMIN,)),
)
