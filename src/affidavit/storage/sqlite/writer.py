"""The commit's path: one connection, one thread."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import apsw
from msgspec.structs import astuple

from affidavit.errors import HeadMoved
from affidavit.ledger.repeats import REMEMBERED
from affidavit.ledger.store import Batch, ChainUpdate
from affidavit.model.draft import Effect
from affidavit.model.query import Head
from affidavit.storage.sqlite.erasing import Erasing
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.files import open_ledger
from affidavit.storage.sqlite.statements import statements
from affidavit.storage.sqlite.traces import Traces

MAX_WAL_FRAMES = 8_000
"""Pages in the WAL (8 KiB each) from which on a commit puts them into the file itself. The indexer does so far sooner;
this bounds the WAL where nobody indexes.
"""

_sql = statements("append.sql")
_BEGIN, _COMMIT, _ROLLBACK = _sql["begin"], _sql["commit"], _sql["rollback"]
_LAST_POSITION, _INSERT_ENTRY = _sql["last_position"], _sql["insert_entry"]
_OPEN_CHAIN, _MOVE_HEAD = _sql["open_chain"], _sql["move_head"]
_LAST_KEY, _ADD_KEY = _sql["last_key"], _sql["add_key"]
_REMEMBER, _FORGET = _sql["remember"], _sql["forget"]
FORGOTTEN_AT_ONCE = 1_000
"""Requests of more than a day ago that one commit forgets: more than it can bring."""


def _head(head: Head) -> tuple[int, bytes, int]:
    return head.seq, head.hash, head.at


class Writer:
    """Appends. Not for several threads."""

    def __init__(self, directory: Path, searchable: str, traces: Traces) -> None:
        """`searchable`: a JSON object, dialect -> JSON path. `traces` gets what erasures leave to be cleaned."""
        self._connection = open_ledger(directory)
        self._traces = traces
        with translated("opening the ledger for writing"):
            self._connection.execute(_sql["settings"])
            self._erasing = Erasing(self._connection, searchable)
        self._wal_frames = 0
        self._connection.set_wal_hook(self._committed)

    def _committed(self, connection: apsw.Connection, file: str, wal_frames: int) -> int:
        self._wal_frames = wal_frames
        return apsw.SQLITE_OK

    def append(self, batch: Batch) -> None:
        """All or nothing, durable on return. Raises HeadMoved, ChainHeld, StoreFailed."""
        with translated("writing entries"):
            self._connection.execute(_BEGIN)
            try:
                self._write(batch)
                if batch.effect is None:
                    self._connection.execute(_COMMIT)
                else:
                    self._commit_effect(batch.effect, batch.entries[0].position)
            except BaseException:
                if self._connection.in_transaction:  # SQLite itself rolls back after some errors
                    self._connection.execute(_ROLLBACK)
                raise
        if self._wal_frames >= MAX_WAL_FRAMES:
            with suppress(apsw.Error):  # the commit stands; the next one tries again
                self._connection.wal_checkpoint("main", apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _write(self, batch: Batch) -> None:
        last = self._connection.execute(_LAST_POSITION).get
        size = 0 if last is None else last + 1
        if batch.entries and batch.entries[0].position != size:
            raise HeadMoved(f"the ledger has {size} entries, the batch was built on {batch.entries[0].position}")
        self._move_heads(batch.chains)
        self._connection.executemany(_INSERT_ENTRY, map(astuple, batch.entries))
        if batch.repeats:
            self._connection.executemany(
                _REMEMBER, [(one.key, one.request, size + one.first, one.count, one.at) for one in batch.repeats]
            )
            self._connection.execute(_FORGET, (batch.repeats[0].at - REMEMBERED, FORGOTTEN_AT_ONCE))

    def _commit_effect(self, effect: Effect, position: int) -> None:
        traces = self._erasing.write(effect, position)
        with self._traces.moment:
            self._connection.execute(_COMMIT)
            self._traces.indexed += traces

    def _move_heads(self, chains: Sequence[ChainUpdate]) -> None:
        """Each changes one row if the chain is where the batch was built on, none if it is not."""
        self._erasing.restore_keys(chains)
        opened = [update for update in chains if update.expected_seq == 0]
        new = list(zip(opened, self._add_keys(opened), strict=True))
        before = self._connection.total_changes()
        old = [(*_head(update.head), update.chain, update.expected_seq) for update in chains if update.expected_seq]
        self._connection.executemany(
            _OPEN_CHAIN, [(one.chain, one.workspace, one.dialect, key, *_head(one.head)) for one, key in new]
        )
        self._connection.executemany(_MOVE_HEAD, old)
        moved = len(chains) - (self._connection.total_changes() - before)
        if moved:
            raise HeadMoved(f"{moved} of {len(chains)} chains are not where the batch was built on")

    def _add_keys(self, opened: Sequence[ChainUpdate]) -> Sequence[int]:
        """The numbers of their keys."""
        if not opened:
            return ()
        last = self._connection.execute(_LAST_KEY).get
        numbers = range(last + 1, last + 1 + len(opened))
        self._connection.executemany(_ADD_KEY, [(number, one.key) for number, one in zip(numbers, opened, strict=True)])
        return numbers

    def close(self) -> None:
        """Put the WAL's content into the file if nobody else is reading, and let go of it."""
        self._connection.close()
