"""Implements ledger.store.Store and access.keys.KeyStore on PostgreSQL, for any number of processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Final

from affidavit.errors import DataDirectoryError, StoreError
from affidavit.ledger.store import Batch, Checkpoint, Rebuild, Tiles
from affidavit.storage.postgres.audit import audit
from affidavit.storage.postgres.connecting import pool
from affidavit.storage.postgres.entries import Entries
from affidavit.storage.postgres.erasing import clean, may_vacuum
from affidavit.storage.postgres.evidence import Evidence
from affidavit.storage.postgres.heads import Heads
from affidavit.storage.postgres.indexer import Indexer
from affidavit.storage.postgres.keys import Keys
from affidavit.storage.postgres.readers import Readers
from affidavit.storage.postgres.schema import VERSION, look_at
from affidavit.storage.postgres.sealing import Seals
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.testimony import Testimony
from affidavit.storage.postgres.writer import Writer
from affidavit.storage.postgres.writes import Writes

CONNECTIONS: Final = 8
"""Of a process, beside the one that commits."""

_sql = statements("read.sql")


class PostgresStore(Entries, Evidence, Testimony, Keys):
    """One ledger in one database."""

    shared = True

    def __init__(
        self,
        url: str,
        searchable: Mapping[str, str],
        connections: int,
        read_url: str,
        versions: Sequence[int] = (VERSION,),
    ) -> None:
        """See `open`. `versions`: of the ledger, which only a copy has others of."""
        ledger = look_at(url, versions)
        self.origin = ledger.origin
        with ExitStack() as opened:
            primary = pool(url, connections, "primary")
            kept, writes = Readers(primary, is_replica=False), Writes(primary)
            opened.callback(kept.close)
            readers = kept
            if read_url:
                readers = Readers(pool(read_url, connections, "replica"), is_replica=True)
                opened.callback(readers.close)
                _refuse_another(self.origin, look_at(read_url, versions).origin)
            Entries.__init__(self, readers, searchable)
            Evidence.__init__(self, readers)
            Testimony.__init__(self, readers, writes)
            Keys.__init__(self, kept, writes)
            self._writes = writes
            self._seals = Seals(writes)
            self._indexer = Indexer(kept, writes)
            self._writer = Writer(url, Heads(routed=ledger.is_distributed))
            opened.callback(self._writer.close)
            opened.callback(self._resign)
            self._opened = opened.pop_all()

    @classmethod
    def open(
        cls, url: str, *, searchable: Mapping[str, str], connections: int = CONNECTIONS, read_url: str = ""
    ) -> PostgresStore:
        """Open the ledger of a database. `searchable`: dialect -> JSON path of what `Query.text` looks at.

        `connections`: that it opens at most, beside the one that commits. `read_url`: a replica that answers reads, as
        far as it is. Raises DataDirectoryError where there is no ledger, StoreUnreadable where it is of a newer
        program, StoreFailed where the database does not answer.
        """
        return cls(url, searchable, connections, read_url)

    def next_position(self) -> None:
        """Entries get their positions after they are committed."""
        return

    def append(self, batch: Batch, rebuild: Rebuild | None = None) -> None:
        """All or nothing, durable on return. One thread only.

        Raises HeadMoved where a chain is not where the batch was built on and there is no `rebuild`.
        """
        self._writer.append(batch, rebuild)

    def lead(self) -> bool:
        """Whether it is for this process to seal, for some seconds. From the thread that seals."""
        return self._seals.lead()

    def seal(self, expected: int, checkpoint: Checkpoint, tiles: Tiles) -> None:
        """All or nothing, durable on return. Raises CheckpointMoved, also where another process leads by now."""
        self._seals.seal(expected, checkpoint, tiles)

    def index(self, limit: int, *, texts: bool = True) -> int:
        """Give positions to what was committed, then, with `texts`, bring the text search forward."""
        return self._indexer.advance(limit, texts=texts)

    def clean(self) -> int:
        """Destroy what copies there are of what was erased. Returns of how many entries some may be left."""
        return clean(self._writes)

    def may_clean(self) -> bool:
        """Whether that needs nobody else: this role may vacuum the tables."""
        return may_vacuum(self._writes)

    def audit(self) -> Iterator[tuple[int | None, str]]:
        """Compare positions and texts with the entries."""
        return audit(self._readers)

    def storage_bytes(self) -> int | None:
        """What all tables take, if they are of one workspace."""
        if len(self.workspaces()) > 1:
            return None
        row = self._readers.row("measuring the ledger", _sql["storage_bytes"])
        return row[0] if row else 0

    def ping(self) -> None:
        """Touch the ledger. Raises StoreError if it does not answer."""
        self.size()

    def _resign(self) -> None:
        with suppress(StoreError):
            self._seals.resign()

    def close(self) -> None:
        """Release everything. Nothing may be called after."""
        self._opened.close()


def _refuse_another(origin: str, copied: str) -> None:
    if copied != origin:
        raise DataDirectoryError(f"read_store has the ledger {copied}, store has {origin}: name a copy of that")
