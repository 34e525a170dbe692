"""A ledger that is copied into another database. Implements ledger.copyable.Source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from affidavit.ledger.copyable import Cosignature, Request
from affidavit.storage.postgres.schema import MOVED, VERSION
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.store import CONNECTIONS, PostgresStore

_STEP: Final = 1_000
"""Rows that are asked for at once."""
_sql = statements("copy.sql")


class PostgresSource(PostgresStore):
    """One that was retired may be copied again: the copy was cut short after that."""

    def __init__(self, url: str, searchable: Mapping[str, str]) -> None:
        """Raises as `PostgresStore.open`."""
        super().__init__(url, searchable, CONNECTIONS, "", versions=(VERSION, MOVED))

    def all_cosignatures(self) -> Iterator[Cosignature]:
        """Of every checkpoint."""
        return self._walk("cosignatures")

    def all_timestamps(self) -> Iterator[tuple[int, bytes]]:
        """Size and token, of every checkpoint that has one."""
        return self._walk("timestamps")

    def all_requests(self) -> Iterator[Request]:
        """All that may come again."""
        return self._walk("requests")

    def retire(self) -> None:
        """Refuse everybody but a copy from now on."""
        self._writes.run("retiring the ledger", _sql["set_version"], {"version": MOVED, "before": VERSION})

    def _walk(self, name: str) -> Iterator[Any]:
        with self._readers.walk("copying the ledger", _sql[name], {}, _STEP) as rows:
            yield from rows
