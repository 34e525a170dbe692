"""Queries -> parameters of the statements in find.sql -> pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, LiteralString

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.model.query import MAX_PAGE_BYTES, Page, Query
from affidavit.storage.matching import matcher
from affidavit.storage.postgres.readers import Readers
from affidavit.storage.postgres.rows import entries_of, int64, span
from affidavit.storage.postgres.statements import statements

CANDIDATES: Final = 500
"""Entries that are looked at before the next are asked for."""
_TRIGRAM: Final = 3

_sql = statements("find.sql")


def find(readers: Readers, workspace: int, query: Query, path: str | None) -> Page:
    """The page of a query. `path`: the JSON path of the searchable part of the dialect's payloads, if it has one."""
    if query.text or query.labels:
        return _search(readers, workspace, query, path)
    values = _filters(workspace, query) | _listing(query)
    total = 0
    if query.counted:
        total = readers.rows("counting entries", _sql["count"], values, placed=False)[0][0]
    listing = _sql["list_ascending" if query.ascending else "list_descending"]
    return Page(entries_of(readers.rows("looking for entries", listing, values)), total)


def _search(readers: Readers, workspace: int, query: Query, path: str | None) -> Page:
    """Looks at every candidate: only `matching` knows what is asked for."""
    matches = matcher(workspace, query, path)
    statement, values = _candidates(workspace, query)
    with readers.walk("searching entries", statement, values, CANDIDATES) as rows:
        return _page(filter(matches, (Entry(*row) for row in rows)), query)


def _candidates(workspace: int, query: Query) -> tuple[LiteralString, dict[str, Any]]:
    """What gives every entry that may be asked for, in the query's order."""
    values = _filters(workspace, query) | _needles(query.text)
    if query.session is None and query.text and len(query.text) >= _TRIGRAM:
        return _sql["proposed"], values | {"direction": 1 if query.ascending else -1}
    return _sql["candidates_ascending" if query.ascending else "candidates_descending"], values


def _page(found: Iterable[Entry], query: Query) -> Page:
    """Looks at no more of what was found, which is in the query's order, than the page and its total need."""
    entries: list[Entry] = []
    total, beyond, room = 0, 0, query.most_bytes or MAX_PAGE_BYTES
    for entry in found:
        total += 1
        if query.after is not None and not _follows(entry, query.after, ascending=query.ascending):
            continue
        beyond += 1
        if beyond > query.offset and len(entries) < query.limit and room > 0:
            entries.append(entry)
            room -= len(entry.payload)
        elif beyond > query.offset and not query.counted:
            break
    return Page(entries, total if query.counted else 0)


def _follows(entry: Entry, after: tuple[int, int], *, ascending: bool) -> bool:
    place = (entry.time, entry.position)
    return place > after if ascending else place < after


def _filters(workspace: int, query: Query) -> dict[str, Any]:
    since, until = span(query.since, query.until)
    return {
        "workspace": workspace,
        "dialect": query.dialect,
        "agent": query.agent,
        "session": query.session,
        "types": list(query.types) or None,
        "severities": list(query.severities) or None,
        "since": since,
        "until": until,
    }


def _listing(query: Query) -> dict[str, Any]:
    """Where a page begins, and how long it is: what lies before it in the order of the query is not even looked at."""
    since, until = span(query.since, query.until)
    page: dict[str, Any] = {
        "limit": int64(query.limit),
        "offset": int64(query.offset),
        "most": query.most_bytes or MAX_PAGE_BYTES,
    }
    if query.after is None:
        return page | {"after_time": None, "after_position": None, "page_since": since, "page_until": until}
    time, position = map(int64, query.after)
    return page | {
        "after_time": time,
        "after_position": position,
        "page_since": max(since, time) if query.ascending else since,
        "page_until": until if query.ascending else min(until, time),
    }


def _needles(text: str | None) -> dict[str, Any]:
    """What a payload in lower case has in it that has the text: as JSON writes it in a string, or as it is."""
    if not text:
        return {"escaped": None, "raw": None}
    escaped = canonical.encode(text)[1:-1].lower().decode()
    written = text.encode("utf-8", "replace").lower().decode()  # a surrogate that it replaced stands in `escaped`
    raw = None if written == escaped or "\0" in written else written
    return {"escaped": escaped, "raw": raw, "like_escaped": _like(escaped), "like_raw": raw and _like(raw)}


def _like(text: str) -> str:
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
