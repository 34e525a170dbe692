"""The floor: the same rows into bare SQLite, same schema, same fsyncs. No HTTP, no JSON, no hashes.

Twice: the ledger's file alone, and with what pages need in index.sqlite, by the server's own statements.
"""

from __future__ import annotations

import time
from pathlib import Path

import apsw

from affidavit.storage.sqlite import SqliteStore, create


def floor(ledger: Path, scratch: Path, rows_a_commit: int, limit: int) -> tuple[float, float]:
    """Rows per second: inserted, and inserted and then indexed for pages.

    `ledger`: the data directory whose rows are taken; `scratch`: where they are inserted.
    """
    source = apsw.Connection(str(ledger / "ledger.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    rows = source.execute("SELECT * FROM entries ORDER BY position LIMIT ?", (limit,)).fetchall()
    source.close()
    create(scratch, "affidavit.local/floor")
    target = apsw.Connection(str(scratch / "ledger.sqlite"))
    target.execute("PRAGMA journal_mode = WAL")
    target.execute("PRAGMA synchronous = FULL")
    columns = ",".join("?" * len(rows[0]))
    started = time.perf_counter()
    for start in range(0, len(rows), rows_a_commit):
        target.execute("BEGIN IMMEDIATE")
        target.executemany(f"INSERT INTO entries VALUES ({columns})", rows[start : start + rows_a_commit])
        target.execute("COMMIT")
    inserted = time.perf_counter() - started
    target.close()
    store = SqliteStore.open(scratch, searchable={}, exclusive=True)
    started = time.perf_counter()
    while store.index(20_000, texts=False):
        pass
    indexed = time.perf_counter() - started
    store.close()
    return len(rows) / inserted, len(rows) / (inserted + indexed)
