"""Connections that read: as many as there are readers at once, each with a snapshot of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.index import Subject, open_empty, open_index
from affidavit.storage.sqlite.statements import statements

_sql = statements("read.sql")
_BEGIN, _END = _sql["begin"], _sql["end"]


class Readers:
    """A pool. Any thread may read; a connection is used by one at a time."""

    def __init__(self, about: Subject) -> None:
        self._about = about
        self._idle: deque[apsw.Connection] = deque()

    @contextmanager
    def snapshot(self, doing: str) -> Iterator[apsw.Connection]:
        """A connection whose statements all see the same commits.

        Raises StoreFailed or StoreUnreadable for what goes wrong inside, saying while `doing` what.
        """
        with translated(doing):
            connection = self._take()
            try:
                connection.execute(_BEGIN)
                yield connection
                connection.execute(_END)
            except BaseException:
                connection.close()  # a statement cut short would keep its old snapshot alive
                raise
            self._idle.append(connection)

    def _take(self) -> apsw.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            connection = open_index(self._about) or open_empty(self._about)
            connection.execute(_sql["settings"])
            return connection

    def close(self) -> None:
        """Close what is idle. Nobody may be reading."""
        while self._idle:
            self._idle.pop().close()
