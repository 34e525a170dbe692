"""GET /api/stream: events as they are recorded, as Server-Sent Events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from affidavit.core.entry import Entry
from affidavit.dialects.agentlens.refusals import KEY_PREFIX
from affidavit.dialects.agentlens.translate import event_of
from affidavit.dialects.contract import Request
from affidavit.model.draft import storable

HEARTBEAT: Final = b"event: heartbeat\ndata: {}\n\n"
HEARTBEAT_SECONDS: Final = 30.0
_KEY: Final = re.compile(rf"Bearer\s+{KEY_PREFIX}\w+", re.ASCII)


def headed(headers: Mapping[str, str], query: Mapping[str, str]) -> Mapping[str, str]:
    """The `token` of the query as a header, unless that has a key: the vendor's dashboard can send no other.

    Source: the vendor's server, routes/stream.ts.
    """
    token = query.get("token", "")
    if not token or _KEY.fullmatch(headers.get("authorization", "")):
        return headers
    return {**headers, "authorization": f"Bearer {token}"}


def wants(request: Request) -> Callable[[Entry], bool]:
    """Which events a client gets: by `sessionId`, `agentId` and `eventType`, a comma list; without them, all."""
    session = storable(request.query.get("sessionId", ""))
    agent = storable(request.query.get("agentId", ""))
    types = frozenset(filter(None, request.query.get("eventType", "").split(",")))

    def wanted(entry: Entry) -> bool:
        return (
            (not session or entry.session == session)
            and (not agent or entry.agent == agent)
            and (not types or entry.type in types)
        )

    return wanted


def render(entry: Entry, tenant: str) -> bytes:
    """One event, as GET /api/events/:id shows it. JSON has no line breaks: it is one line of data."""
    return b"event: event\ndata: %b\n\n" % event_of(entry, tenant)
