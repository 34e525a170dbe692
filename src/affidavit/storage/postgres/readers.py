"""Reads: from the primary, where whatever was committed gets its position first; or from a replica, as far as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg_pool import ConnectionPool

from affidavit.storage.postgres.cancelling import Cancelling
from affidavit.storage.postgres.connecting import Connection
from affidavit.storage.postgres.failures import translated
from affidavit.storage.postgres.statements import statements

_sql = statements("read.sql")
_NOTHING: Mapping[str, Any] = {}

Cursor = psycopg.Cursor[tuple[Any, ...]]
Rows = list[tuple[Any, ...]]


class Readers:
    """Any thread may read."""

    def __init__(self, pool: ConnectionPool[Connection], *, is_replica: bool) -> None:
        """`is_replica`: nothing can be written there, so no position is given."""
        self._pool = pool
        self._cancelling = Cancelling()
        self.is_replica = is_replica

    def rows(
        self, doing: str, statement: LiteralString, values: Mapping[str, Any] = _NOTHING, *, placed: bool = True
    ) -> Rows:
        """What one statement gives. `placed`: entries are asked for, and whatever was committed is to be among them.

        Raises StoreFailed or StoreUnreadable, saying while `doing` what; ReadEnded when nobody waits any more.
        """
        with self._connection(doing) as connection, connection.cursor(binary=True) as cursor:
            if not placed or self.is_replica:
                return cursor.execute(statement, values).fetchall()
            with connection.pipeline() as pipeline:  # two transactions: the second one sees what the first one did
                connection.execute(_sql["place"])
                pipeline.sync()
                cursor.execute(statement, values)
            return cursor.fetchall()

    def row(
        self, doing: str, statement: LiteralString, values: Mapping[str, Any] = _NOTHING, *, placed: bool = True
    ) -> tuple[Any, ...] | None:
        """The first row of it."""
        return next(iter(self.rows(doing, statement, values, placed=placed)), None)

    @contextmanager
    def snapshot(self, doing: str) -> Iterator[Cursor]:
        """A cursor whose statements all see the same commits."""
        with self._transaction(doing) as connection, connection.cursor(binary=True) as cursor:
            yield cursor

    @contextmanager
    def walk(
        self, doing: str, statement: LiteralString, values: Mapping[str, Any], step: int
    ) -> Iterator[Iterator[tuple[Any, ...]]]:
        """The rows of one statement as they are asked for, `step` of them at once."""
        with self._transaction(doing) as connection, connection.cursor("walk", binary=True) as cursor:
            cursor.itersize = step
            yield iter(cursor.execute(statement, values))

    @contextmanager
    def _transaction(self, doing: str) -> Iterator[Connection]:
        with self._connection(doing) as connection:
            if not self.is_replica:
                connection.execute(_sql["place"])
            connection.execute(_sql["begin"])
            yield connection
            connection.execute(_sql["end"])

    @contextmanager
    def _connection(self, doing: str) -> Iterator[Connection]:
        with translated(doing), self._pool.connection() as connection, self._cancelling.stopping(connection):
            yield connection

    def close(self) -> None:
        """Nobody may be reading."""
        self._cancelling.close()
        self._pool.close()
