"""Connections that read: as many as there are readers at once, each with a snapshot of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

import apsw

from affidavit.errors import StoreUnreadable
from affidavit.ledger.patience import stopped_by
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.index import Subject, open_empty, open_index
from affidavit.storage.sqlite.statements import statements

_sql = statements("read.sql")
_BEGIN, _END = _sql["begin"], _sql["end"]
Answer = TypeVar("Answer")


def _open_index_or_empty(about: Subject) -> apsw.Connection:
    return open_index(about) or open_empty(about)


@contextmanager
def _transaction(connection: apsw.Connection) -> Iterator[None]:
    """One snapshot for all statements inside, which are interrupted when nobody waits for them any more.

    SQLite forgets an interrupt where no statement runs. One that never ends is therefore held open all the time: what
    comes between two others holds for the next.
    """
    with stopped_by(connection.interrupt):
        held = connection.execute(_BEGIN)
        yield
        held.close()
        connection.execute(_END)


class Readers:
    """A pool. Any thread may read; a connection is used by one at a time."""

    def __init__(self, about: Subject) -> None:
        self._about = about
        self._idle: deque[apsw.Connection] = deque()
        self.index_is_damaged = False

    def answer(self, doing: str, question: Callable[[apsw.Connection], Answer]) -> Answer:
        """What a question about entries gives; asked again without the index where that turns out to be damaged.

        From then on nothing of the index is believed until `renew`: answers are as right as ever, and slow.
        """
        try:
            with self.snapshot(doing) as connection:
                return question(connection)
        except StoreUnreadable as error:
            if error.position is not None or self.index_is_damaged:  # it is the ledger that cannot be read
                raise
        with translated(doing), closing(self._connect(open_empty)) as connection, _transaction(connection):
            answer = question(connection)
        self.index_is_damaged = True
        self._idle = deque()
        return answer

    def renew(self) -> None:
        """There is another index now."""
        self._idle = deque()
        self.index_is_damaged = False

    @contextmanager
    def snapshot(self, doing: str) -> Iterator[apsw.Connection]:
        """A connection whose statements all see the same commits.

        Raises StoreFailed or StoreUnreadable for what goes wrong inside, saying while `doing` what; ReadEnded when
        nobody waits for it any more.
        """
        with translated(doing):
            idle = self._idle  # what was opened before `renew` is not to come back into use after it
            connection = self._take(idle)
            try:
                with _transaction(connection):
                    yield connection
            except BaseException:
                connection.close()  # a statement cut short would keep its old snapshot alive
                raise
            idle.append(connection)

    def _take(self, idle: deque[apsw.Connection]) -> apsw.Connection:
        try:
            return idle.pop()
        except IndexError:
            return self._connect(open_empty if self.index_is_damaged else _open_index_or_empty)

    def _connect(self, open_one: Callable[[Subject], apsw.Connection]) -> apsw.Connection:
        connection = open_one(self._about)
        connection.execute(_sql["settings"])
        return connection

    def close(self) -> None:
        """Close what is idle. Nobody may be reading."""
        while self._idle:
            self._idle.pop().close()
