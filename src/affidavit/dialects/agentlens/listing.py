"""The query string of GET /api/events -> a query.

Nothing in it is ever refused: the vendor gives every odd value a meaning, and so do we.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from affidavit.dialects.agentlens.spans import span_of
from affidavit.dialects.agentlens.wire import NAME, PAYLOADS, SEVERITIES
from affidavit.model.draft import storable
from affidavit.model.query import Query

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 500
MAX_OFFSET: Final = 2**53
"""Entries that can be skipped: beyond what any ledger has, within what any store can count."""

_LEADING_INTEGER: Final = re.compile(r"\s*([+-]?\d{1,18})", re.ASCII)


def query_of(parameters: Mapping[str, str]) -> Query | None:
    """The query that a client asks for; None where the vendor's answer is an empty list whatever is stored."""
    types = _choices(parameters.get("eventType", ""), PAYLOADS)
    severities = _choices(parameters.get("severity", ""), dict.fromkeys(SEVERITIES))
    span = span_of(parameters)
    if types is None or severities is None or span is None:
        return None
    limit = integer(parameters.get("limit", "")) or DEFAULT_LIMIT
    offset = integer(parameters.get("offset", "")) or 0
    return Query(
        dialect=NAME,
        agent=storable(parameters.get("agentId", "")) or None,
        session=storable(parameters.get("sessionId", "")) or None,
        types=types,
        severities=severities,
        since=span.since,
        until=span.until,
        text=parameters.get("search") or None,
        ascending=parameters.get("order") == "asc",
        limit=max(1, min(limit, MAX_LIMIT)),
        offset=max(0, min(offset, MAX_OFFSET)),
    )


def _choices(listed: str, known: Mapping[str, object]) -> tuple[str, ...] | None:
    """A comma list -> its known values; () where none was asked for, None where only unknown ones were."""
    if not listed:
        return ()
    return tuple({value: None for value in listed.split(",") if value in known}) or None


def integer(text: str) -> int | None:
    """The integer that a text begins with, as JavaScript's parseInt reads it."""
    match = _LEADING_INTEGER.match(text)
    return int(match.group(1)) if match else None
