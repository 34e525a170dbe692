"""A ledger that is copied into another store. Implements ledger.copyable.Source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from affidavit.ledger.copyable import Cosignature, Request
from affidavit.storage.sqlite.statements import statements
from affidavit.storage.sqlite.store import SqliteStore

_sql = statements("copy.sql")


class SqliteSource(SqliteStore):
    """Opened exclusively, so that nobody appends to it."""

    def all_cosignatures(self) -> Iterator[Cosignature]:
        """Of every checkpoint."""
        return self._walk("cosignatures")

    def all_timestamps(self) -> Iterator[tuple[int, bytes]]:
        """Size and token, of every checkpoint that has one."""
        return self._walk("timestamps")

    def all_requests(self) -> Iterator[Request]:
        """All that may come again."""
        for key, request, ids, at in self._walk("requests"):
            yield key, request, bytes.fromhex(ids or ""), at

    def retire(self) -> None:
        """Nothing in the file changes: who has noted in its directory where the ledger is now has retired it."""

    def _walk(self, name: str) -> Iterator[Any]:
        with self._readers.snapshot("copying the ledger") as connection:
            yield from connection.execute(_sql[name])
