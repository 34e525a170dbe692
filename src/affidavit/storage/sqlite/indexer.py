"""Brings index.sqlite forward. One connection, one thread, never the one that commits."""

from __future__ import annotations

import apsw

from affidavit.errors import DataDirectoryError
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.index import Subject, make, marks, open_index
from affidavit.storage.sqlite.statements import statements

STRETCH = 5_000
"""Entries of one transaction. Each takes about 25 µs of one core, most of it for the trigrams."""
CHECKPOINT_FRAMES = 1_000
"""Pages in the ledger's WAL (8 KiB each) from which on they are put into its file."""
CHECKPOINT_WAIT_MS = 20
"""How long a checkpoint waits for readers to end. A commit may wait as long."""

_sql = statements("index.sql")


class Indexer:
    """Owns index.sqlite, which it makes anew where it cannot be used."""

    def __init__(self, about: Subject) -> None:
        self._about = about
        connection = open_index(about)
        if connection is None:
            make(about)
            connection = open_index(about)
        if connection is None:
            raise DataDirectoryError(f"{about.directory} does not keep what is written to it: is the disk full?")
        self._connection = connection
        self._connection.execute(_sql["settings"])
        self._connection.set_busy_timeout(CHECKPOINT_WAIT_MS)

    def advance(self, limit: int, *, texts: bool) -> int:
        """Bring postings and links forward; where they are up to date and `texts`, texts. Returns the entries moved."""
        moved = 0
        with translated("indexing"):
            while moved < limit:
                most = min(STRETCH, limit - moved)
                stretch = self._advance_listed(most) or (self._advance_searched(most) if texts else 0)
                self._checkpoint()
                if not stretch:
                    break
                moved += stretch
        return moved

    def _checkpoint(self) -> None:
        """Put the ledger's WAL into its file here, so that no commit has to.

        Most of it beside the commits; then the rest, and a new start, while the next commit waits a few ms.
        """
        frames, _ = self._connection.wal_checkpoint("ledger", apsw.SQLITE_CHECKPOINT_NOOP)
        if frames >= CHECKPOINT_FRAMES:
            try:
                self._connection.wal_checkpoint("ledger", apsw.SQLITE_CHECKPOINT_PASSIVE)
                self._connection.wal_checkpoint("ledger", apsw.SQLITE_CHECKPOINT_RESTART)
            except apsw.BusyError:
                pass  # somebody reads an old snapshot; the next call comes soon

    def _advance_listed(self, limit: int) -> int:
        return self._in_transaction(
            marks(self._connection).listed, limit, "add_facets", "add_postings", "add_links", "set_listed"
        )

    def _advance_searched(self, limit: int) -> int:
        return self._in_transaction(marks(self._connection).searched, limit, "add_texts", "set_searched")

    def _in_transaction(self, first: int, limit: int, *names: str) -> int:
        count, last = self._connection.execute(_sql["stretch"], (first, limit)).get
        if not count:
            return 0
        with self._connection:
            for name in names:
                bindings = {"first": first, "last": last, "searchable": self._about.searchable}
                self._connection.execute(_sql[name], bindings)
        return int(count)

    def close(self) -> None:
        """Nothing may be called after it."""
        self._connection.close()
