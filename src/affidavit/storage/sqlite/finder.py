"""Queries -> parameters of the statements in find.sql -> pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import apsw

from affidavit.core.entry import Entry
from affidavit.model.query import MAX_PAGE_BYTES, Page, Query, block_of
from affidavit.storage.sqlite.index import marks
from affidavit.storage.sqlite.needle import NO_CANDIDATES, needle
from affidavit.storage.sqlite.rows import entries_of, entry_of, int64, span
from affidavit.storage.sqlite.statements import statements

_sql = statements("find.sql")


def find(connection: apsw.Connection, workspace: int, query: Query, searchable: Mapping[str, str]) -> Page:
    """The page of a query, in the connection's snapshot. `searchable`: dialect -> JSON path."""
    if query.text or query.labels or (query.agent is not None and query.session is not None):
        return _search(connection, workspace, query, searchable.get(query.dialect))
    parameters = _filters(workspace, query)
    parameters |= {"mark": marks(connection).listed, "facet": _facet(connection, workspace, query)}
    total: int = connection.execute(_sql["count_listed"], parameters).get if query.counted else 0
    listing = _sql["list_ascending" if query.ascending else "list_descending"]
    return Page(entries_of(connection.execute(listing, parameters), query.most_bytes or MAX_PAGE_BYTES), total)


def _search(connection: apsw.Connection, workspace: int, query: Query, path: str | None) -> Page:
    """Looks at every candidate: what the trigrams give, or all of a facet."""
    sought = needle(query.text) if query.text else None
    trigrams = sought.trigrams() if sought and query.session is None else None
    mark = marks(connection)
    parameters = _filters(workspace, query) | {
        "escaped": sought and sought.escaped,
        "raw": sought and sought.raw,
        "path": path,
        "labels": _json([(label.path, label.key, label.value) for label in dict.fromkeys(query.labels)]),
        "direction": 1 if query.ascending else -1,
        # A session's entries are few: to look at each is quicker than at every entry that has the trigrams.
        "trigrams": trigrams or NO_CANDIDATES,
        "facet": None if trigrams else _facet(connection, workspace, query),
        "mark": mark.searched if trigrams else mark.listed,
    }
    page = _searched(connection, parameters, query.most_bytes or MAX_PAGE_BYTES)
    if not query.counted:
        return Page(page.entries, 0)
    if not page.entries and (query.offset or query.after or not query.limit):  # no row has said how many there are
        return Page([], _searched(connection, parameters | _AT_THE_START, 1).total)
    return page


_AT_THE_START = {"limit": 1, "offset": 0, "after_time": None}


def _searched(connection: apsw.Connection, parameters: Mapping[str, Any], most_bytes: int) -> Page:
    """The page, and how many there are; 0 for an empty page."""
    totals: list[int] = []

    def found(rows: Iterable[Any]) -> Iterator[Entry]:
        for total, *row in rows:
            totals.append(total)
            yield entry_of(row)

    with closing(connection.execute(_sql["search"], dict(parameters))) as rows:
        entries = block_of(found(rows), most_bytes)
    return Page(entries, totals[0] if totals else 0)


def _filters(workspace: int, query: Query) -> dict[str, Any]:
    since, until = span(query.since, query.until)
    return {
        "workspace": workspace,
        "dialect": query.dialect,
        "agent": query.agent,
        "session": query.session,
        "types": _json(query.types),
        "severities": _json(query.severities),
        "since": since,
        "until": until,
        "limit": int64(query.limit),
        "offset": int64(query.offset),
        **_beginning(query, since, until),
    }


def _beginning(query: Query, since: int, until: int) -> dict[str, int | None]:
    """Where a page begins: what lies before it in the order of the query is not even looked at."""
    if query.after is None:
        return {"after_time": None, "after_position": None, "page_since": since, "page_until": until}
    time, position = map(int64, query.after)
    return {
        "after_time": time,
        "after_position": position,
        "page_since": max(since, time) if query.ascending else since,
        "page_until": until if query.ascending else min(until, time),
    }


def _json(items: Sequence[object]) -> str | None:
    return json.dumps(items) if items else None


def _facet(connection: apsw.Connection, workspace: int, query: Query) -> int | None:
    """The number of the narrowest facet of the query; None if nothing that is listed has it."""
    if query.session is not None:
        kind, name = "session", query.session
    elif query.agent is not None:
        kind, name = "agent", query.agent
    else:
        kind, name = "all", ""
    found: int | None = connection.execute(_sql["facet"], (workspace, query.dialect, kind, name)).get
    return found
