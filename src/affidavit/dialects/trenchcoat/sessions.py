"""GET /api/v1/sessions: what the ledger knows of each session, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from affidavit.core import instants
from affidavit.core.ids import uuid_text
from affidavit.dialects.parameters import instant, whole_number
from affidavit.dialects.trenchcoat.wire import NAME, TOOL_EVENTS
from affidavit.model.draft import as_sent
from affidavit.model.query import Group, Query
from affidavit.model.reading import Reading

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
_MAX_NUMBER: Final = 2**53 - 1
"""The largest whole number that every client can write."""


def sessions_in(reading: Reading, since: int | None = None, until: int | None = None) -> list[Group]:
    """The sessions that began in a span of time (µs since 1970, inclusive): each has all of its entries."""
    return [
        session
        for session in reading.groups(NAME, "session", since=None, until=None)
        if (since is None or session.first >= since) and (until is None or session.first <= until)
    ]


def duration_ms(session: Group) -> int | None:
    """From its first event to its last, in whole milliseconds, as JavaScript's Date has them; None for none."""
    return session.last // 1000 - session.first // 1000 or None


def listed(given: Mapping[str, str], reading: Reading) -> dict[str, Any]:
    """A page of sessions. `given`: the request's parameters. Raises InvalidBody, naming the one that is wrong.

    `from` and `to` are compared with the time of a session's first event. A limit beyond the largest counts as that.
    """
    limit = min(whole_number(given, "limit", DEFAULT_LIMIT, 1, _MAX_NUMBER), MAX_LIMIT)
    offset = whole_number(given, "offset", 0, 0, _MAX_NUMBER)
    found = sessions_in(reading, instant(given, "from"), instant(given, "to"))
    found.sort(key=lambda session: (session.first, session.name), reverse=True)
    return {
        "sessions": [_row(session, reading) for session in found[offset : offset + limit]],
        "pagination": {
            "total": len(found),
            "limit": limit,
            "offset": offset,
            "hasMore": offset + limit < len(found),
        },
    }


def _row(session: Group, reading: Reading) -> dict[str, Any]:
    earliest = Query(NAME, session=session.name, ascending=True, limit=1, counted=False)
    (first,) = reading.find(earliest).entries
    tools = Query(NAME, session=session.name, types=TOOL_EVENTS, limit=1)
    return {
        "id": uuid_text(first.chain),
        "session_id": as_sent(session.name),
        "user_id": reading.workspace.name,
        "started_at": instants.text(session.first),
        "ended_at": instants.text(session.last),
        "duration_ms": duration_ms(session),
        "event_count": session.entries,
        "tool_count": reading.find(tools).total,
        "api_key_id": first.by,
    }
