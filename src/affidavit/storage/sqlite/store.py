"""The store: ledger.store.Store and access.keys.KeyStore over one data directory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from affidavit.errors import StoreFailed
from affidavit.ledger.store import Batch, Checkpoint, Rebuild, Tiles
from affidavit.storage.sqlite.audit import audit
from affidavit.storage.sqlite.entries import Entries
from affidavit.storage.sqlite.erasing import left_to_clean
from affidavit.storage.sqlite.evidence import Evidence
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.files import lock, origin_of, upgrade
from affidavit.storage.sqlite.index import subject
from affidavit.storage.sqlite.indexer import Indexer
from affidavit.storage.sqlite.keys import Keys
from affidavit.storage.sqlite.readers import Readers
from affidavit.storage.sqlite.sealing import Seals
from affidavit.storage.sqlite.testimony import Gathered, Testimony
from affidavit.storage.sqlite.traces import Traces
from affidavit.storage.sqlite.writer import Writer


class SqliteStore(Entries, Evidence, Testimony, Keys):
    """One ledger in one directory. Owns all connections to it, and with `exclusive` the right to append."""

    shared = False

    def __init__(self, directory: Path, searchable: Mapping[str, str], *, exclusive: bool) -> None:
        """See `open`."""
        upgrade(directory)
        self._directory = directory
        self.origin = origin_of(directory)
        about = subject(directory, self.origin, searchable)
        readers = Readers(about)
        Entries.__init__(self, readers, searchable)
        Evidence.__init__(self, readers)
        Testimony.__init__(self, readers)
        Keys.__init__(self, directory, readers)
        self._writer: Writer | None = None
        self._seals: Seals | None = None
        self._gathered: Gathered | None = None
        self._indexer: Indexer | None = None
        with ExitStack() as opened:
            if exclusive:
                opened.callback(os.close, lock(directory))
                traces = Traces(left_to_clean(directory))
                self._writer = Writer(directory, about.searchable, traces)
                opened.callback(self._writer.close)
                self._seals = Seals(directory)
                opened.callback(self._seals.close)
                self._gathered = Gathered(directory)
                opened.callback(self._gathered.close)
                self._indexer = Indexer(about, readers, traces)
                opened.callback(self._indexer.close)
            opened.callback(readers.close)
            self._opened = opened.pop_all()

    @classmethod
    def open(cls, directory: Path, *, searchable: Mapping[str, str], exclusive: bool) -> SqliteStore:
        """Open the ledger of a data directory. `searchable`: dialect -> JSON path of what `Query.text` looks at.

        `exclusive` is for the one process that appends; others read, and keep keys, beside it or without it.
        Raises DataDirectoryError if there is no ledger, it is in use (`exclusive` only), or is open to others;
        StoreUnreadable if it is not one of ours, or newer than this program.
        """
        return cls(directory, searchable, exclusive=exclusive)

    def append(self, batch: Batch, rebuild: Rebuild | None = None) -> None:
        """All or nothing, durable on return. One thread only.

        Raises HeadMoved if the ledger or a chain is not where the batch was built on, StoreFailed otherwise.
        """
        if self._writer is None:
            raise StoreFailed("this process opened the ledger for reading: only the server appends")
        self._writer.append(batch)

    def lead(self) -> bool:
        """The directory is locked against everybody else."""
        return True

    def seal(self, expected: int, checkpoint: Checkpoint, tiles: Tiles) -> None:
        """All or nothing, durable on return. One thread only, not the one that appends.

        Raises CheckpointMoved if the newest checkpoint is not of the size `expected`, StoreFailed otherwise.
        """
        if self._seals is None:
            raise StoreFailed("this process opened the ledger for reading: only the server seals")
        self._seals.seal(expected, checkpoint, tiles)

    def add_cosignature(self, size: int, name: str, line: str, at: int) -> None:
        """Keep a witness's line. One thread only, not the one that appends or seals. Raises StoreFailed."""
        self._gathering().add_cosignature(size, name, line, at)

    def add_timestamp(self, size: int, token: bytes) -> None:
        """Keep a time stamp, from the same thread. Raises StoreFailed."""
        self._gathering().add_timestamp(size, token)

    def _gathering(self) -> Gathered:
        if self._gathered is None:
            raise StoreFailed("this process opened the ledger for reading: only the server asks witnesses")
        return self._gathered

    def index(self, limit: int, *, texts: bool = True) -> int:
        """Bring index.sqlite forward by at most `limit` entries; returns how many, 0 when there is nothing left.

        Pages first, then, with `texts`, the text search. One thread only, not the one that appends. Where the store
        is not exclusive, that is the server's to do, and nothing is left here.
        """
        return 0 if self._indexer is None else self._indexer.advance(limit, texts=texts)

    def clean(self) -> int:
        """Destroy what copies there are of what was erased. Any thread but the one that appends.

        Returns of how many entries some may be left: 0 when all is done, and where the store is not exclusive.
        """
        return 0 if self._indexer is None else self._indexer.clean()

    def may_clean(self) -> bool:
        """Whether that needs nobody else. The files are ours."""
        return True

    def audit(self) -> Iterator[tuple[int | None, str]]:
        """Compare index.sqlite with the entries, and check the structure of both files."""
        return audit(self._readers)

    def storage_bytes(self) -> int | None:
        """The files of the ledger and its index, with their WALs, if they are of one workspace."""
        if len(self.workspaces()) > 1:
            return None
        with translated("measuring the ledger"):
            return sum(file.stat().st_size for file in self._directory.glob("*.sqlite*"))

    def ping(self) -> None:
        """Touch the ledger. Raises StoreError if it does not answer."""
        self.size()

    def close(self) -> None:
        """Release everything; the last to close puts the WAL's content into the file. Nothing may be called after."""
        self._opened.close()
