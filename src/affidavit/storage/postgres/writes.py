"""Writes beside the commit's path: each a transaction of its own, on whichever connection is free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

from psycopg_pool import ConnectionPool

from affidavit.storage.postgres.connecting import Connection
from affidavit.storage.postgres.failures import translated


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
        """All statements inside, or none."""
        with self._connection(doing) as connection, connection.transaction():
            yield connection

    @contextmanager
    def _connection(self, doing: str) -> Iterator[Connection]:
        with translated(doing), self._pool.connection() as connection:
            yield connection
