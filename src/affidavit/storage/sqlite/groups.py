"""Entries by agent or session."""

from __future__ import annotations

import apsw

from affidavit.model.query import Group, GroupKind
from affidavit.storage.sqlite.index import marks
from affidavit.storage.sqlite.rows import span
from affidavit.storage.sqlite.statements import statements

_sql = statements("groups.sql")
_STATEMENTS = {"agent": _sql["agents"], "session": _sql["sessions"]}


def groups(
    connection: apsw.Connection, workspace: int, dialect: str, kind: GroupKind, since: int | None, until: int | None
) -> list[Group]:
    """The agents or sessions with entries in a span of time, in the connection's snapshot."""
    earliest, latest = span(since, until)
    named = {"workspace": workspace, "dialect": dialect, "since": earliest, "until": latest}
    rows = connection.execute(_STATEMENTS[kind], named | {"mark": marks(connection).listed})
    return [Group(*row) for row in rows]
