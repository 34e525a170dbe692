"""Erased entries taken out of index.sqlite, and out of what was left of them in the files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

import apsw

from affidavit.storage.sqlite.index import marks
from affidavit.storage.sqlite.statements import statements
from affidavit.storage.sqlite.traces import Trace, Traces

TEXTS_OF_A_DELETION = 400
"""To take one text out of the search costs as much as to add so many: 6 ms of one core, where there are 100,000."""

_sql = statements("clean.sql")
_erase = statements("erase.sql")


def forget(connection: apsw.Connection, traces: Traces) -> None:
    """Take out of the index whatever erased entry it knows, in one transaction."""
    known = list(traces.indexed)
    if not known:
        return
    with connection:
        reached = marks(connection)
        _forget_names(connection, [trace for trace in known if trace.position < reached.listed])
        _forget_texts(connection, [trace for trace in known if trace.position < reached.searched], reached.searched)
    with traces.moment:
        del traces.indexed[: len(known)]
        traces.wal += [trace.position for trace in known]


def _forget_names(connection: apsw.Connection, traces: Sequence[Trace]) -> None:
    if not traces:
        return
    rows = [
        [
            trace.position, trace.workspace, trace.dialect, trace.agent, trace.session, trace.type, trace.severity,
            trace.time, trace.at,
        ]
        for trace in traces
    ]  # fmt: skip
    bindings = {"traces": json.dumps(rows)}
    for name in ("add_erased_type", "delete_postings", "add_postings"):
        connection.execute(_sql[name], bindings)
    before = connection.total_changes()
    connection.execute(_sql["erase_facets"], bindings)
    if connection.total_changes() > before:
        connection.execute(_sql["rewrite_names"])


def _forget_texts(connection: apsw.Connection, traces: Sequence[Trace], searched: int) -> None:
    texts = [(trace.position, trace.text) for trace in traces if trace.text]
    if len(texts) * TEXTS_OF_A_DELETION > searched:
        connection.execute(_sql["delete_texts"])
        connection.execute(_sql["search_anew"])
    else:
        connection.executemany(_sql["delete_text"], texts)


def empty_wals(connection: apsw.Connection, traces: Traces) -> int:
    """Erase digests of requests, put both WALs into their files and cut them off.

    Returns of how many entries something may be left.

    Where somebody reads an older snapshot, or a commit is under way, nothing is done: it is to be called again.
    """
    positions = list(traces.wal)
    if positions:
        with suppress(apsw.BusyError):
            requests = connection.execute(_erase["requests"]).fetchall()
            connection.executemany(_erase["erase_request"], requests)
            for name in ("main", "ledger"):
                connection.wal_checkpoint(name, apsw.SQLITE_CHECKPOINT_PASSIVE)  # without the locks of what follows
                connection.wal_checkpoint(name, apsw.SQLITE_CHECKPOINT_TRUNCATE)
            connection.execute(_erase["cleaned"], {"positions": json.dumps(positions)})
            with traces.moment:
                del traces.wal[: len(positions)]
    return traces.count
