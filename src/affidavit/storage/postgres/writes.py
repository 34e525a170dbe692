"""Writes beside the commit's path: each a transaction of its own, on whichever connection is free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, LiteralString

from psycopg_pool import ConnectionPool

from affidavit.storage.postgres.connecting import Connection
from affidavit.storage.postgres.failures import translated
from affidavit.storage.postgres.statements import statements

LIMITS: Final = {"idle": "5000", "lock": "20000"}
"""ms. A server that is paused in the midst of a transaction gives way, since it keeps others from a chain, the lease or
the texts; one that waits for another's does so in the end.
"""
_limits = statements("append.sql")["limits"]


class Writes:
    """On the primary. Any thread may write."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def run(self, doing: str, statement: LiteralString, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """One statement, durable on return, and what it gives. Raises StoreFailed, StoreUnreadable."""
        with self._connection(doing) as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def transaction(self, doing: str) -> Iterator[Connection]:
        """All statements inside, or none. Within LIMITS."""
        with self._connection(doing) as connection, connection.transaction():
            connection.execute(_limits, LIMITS)
            yield connection

    @contextmanager
    def _connection(self, doing: str) -> Iterator[Connection]:
        with translated(doing), self._pool.connection() as connection:
            yield connection
