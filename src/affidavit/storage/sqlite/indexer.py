"""Brings index.sqlite forward, and takes out of it what was erased. One connection, never the one that commits."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock

import apsw

from affidavit.errors import DataDirectoryError
from affidavit.storage.sqlite.cleaning import empty_wals, forget
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.index import Subject, make, marks, open_index
from affidavit.storage.sqlite.readers import Readers
from affidavit.storage.sqlite.statements import statements
from affidavit.storage.sqlite.traces import Traces

STRETCH = 5_000
"""Entries of one transaction. Each takes about 25 µs of one core, most of it for the trigrams."""
CHECKPOINT_FRAMES = 1_000
"""Pages in the ledger's WAL (8 KiB each) from which on they are put into its file."""
CHECKPOINT_ROUNDS = 8
"""How often what was committed meanwhile is put into the file too. Once nothing is left, the next commit begins the
WAL anew by itself.
"""
LARGE_WAL_FRAMES = 4 * CHECKPOINT_FRAMES
"""Pages from which on a commit has to wait for that."""
CHECKPOINT_WAIT_MS = 20
"""How long such a checkpoint waits for readers to end. A commit may wait as long."""

_sql = statements("index.sql")


class Indexer:
    """Owns index.sqlite, which it makes anew where it cannot be used."""

    def __init__(self, about: Subject, readers: Readers, traces: Traces) -> None:
        """`readers` tell whether the index is damaged, and are told when there is another.

        What `traces` has from an earlier process may be in the index, nobody knows as what: then it is made anew.
        """
        self._about = about
        self._readers = readers
        self._traces = traces
        self._suspected = False
        self._alone = Lock()
        self._connection = (None if traces.wal else open_index(about)) or self._made_anew()
        self._prepare()

    def _made_anew(self) -> apsw.Connection:
        make(self._about)
        connection = open_index(self._about)
        if connection is None:
            raise DataDirectoryError(f"{self._about.directory} does not keep what is written to it: is the disk full?")
        return connection

    def _prepare(self) -> None:
        self._connection.execute(_sql["settings"])
        self._connection.set_busy_timeout(CHECKPOINT_WAIT_MS)

    def advance(self, limit: int, *, texts: bool) -> int:
        """Bring postings and links forward; where they are up to date and `texts`, texts. Returns the entries moved."""
        with self._alone, translated("indexing"):
            try:
                if self._readers.index_is_damaged:
                    self._begin_anew()
                return self._advance(limit, texts)
            except (apsw.CorruptError, UnicodeDecodeError):
                # In which of the two files is not known: the index is made anew, but once, in case it is the ledger.
                self._readers.index_is_damaged, self._suspected = not self._suspected, True
                raise

    def clean(self) -> int:
        """Take out what was erased, here and of the files. Returns of how many entries something may be left."""
        if not self._traces.count:
            return 0
        with self._alone, translated("cleaning up after an erasure"):
            try:
                forget(self._connection, self._traces)
            except (apsw.CorruptError, UnicodeDecodeError):  # an index that is made anew has nothing of it
                self._begin_anew()
                forget(self._connection, self._traces)
            return empty_wals(self._connection, self._traces)

    def _begin_anew(self) -> None:
        self._connection.close()
        self._connection = self._made_anew()
        self._prepare()
        self._readers.renew()

    def _advance(self, limit: int, texts: bool) -> int:
        moved = 0
        forget(self._connection, self._traces)
        while moved < limit:
            most = min(STRETCH, limit - moved)
            stretch = self._advance_listed(most) or (self._advance_searched(most) if texts else 0)
            self._checkpoint()
            if not stretch:
                break
            moved += stretch
        empty_wals(self._connection, self._traces)
        return moved

    def _checkpoint(self) -> None:
        """Put the ledger's WAL into its file here, so that no commit has to, and none waits: in ever smaller pieces."""
        with suppress(apsw.BusyError):  # somebody reads an old snapshot, or opens the file; the next call comes soon
            frames, done = self._connection.wal_checkpoint("ledger", apsw.SQLITE_CHECKPOINT_NOOP)
            if frames < CHECKPOINT_FRAMES or done == frames:
                return
            for _ in range(CHECKPOINT_ROUNDS):
                frames, done = self._connection.wal_checkpoint("ledger", apsw.SQLITE_CHECKPOINT_PASSIVE)
                if done == frames:
                    return
            if frames >= LARGE_WAL_FRAMES and frames - done < CHECKPOINT_FRAMES:  # it is not an old snapshot
                self._connection.wal_checkpoint("ledger", apsw.SQLITE_CHECKPOINT_RESTART)

    def _advance_listed(self, limit: int) -> int:
        return self._in_transaction(
            marks(self._connection).listed, limit, "add_facets", "add_postings", "add_links", "set_listed"
        )

    def _advance_searched(self, limit: int) -> int:
        return self._in_transaction(marks(self._connection).searched, limit, "add_texts", "set_searched")

    def _in_transaction(self, first: int, limit: int, *names: str) -> int:
        with self._connection:
            count, last = self._snapshot(first, limit)
            for name in names if count else ():
                bindings = {"first": first, "last": last, "searchable": self._about.searchable}
                self._connection.execute(_sql[name], bindings)
        return int(count)

    def _snapshot(self, first: int, limit: int) -> tuple[int, int | None]:
        """What the transaction sees of the ledger. Nothing while an erasure waits: that must go out before more comes
        in, or nobody knows what of it went in.
        """
        with self._traces.moment:
            if self._traces.indexed:
                return 0, None
            count, last = self._connection.execute(_sql["stretch"], (first, limit)).get
        return count, last

    def close(self) -> None:
        """Nothing may be called after it."""
        self._connection.close()
