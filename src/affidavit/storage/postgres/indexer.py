"""Brings forward what text searches need, off the commit's path. Any process may; one at a time does."""

from __future__ import annotations

import time
from typing import Final

from affidavit.storage.postgres.erasing import clean
from affidavit.storage.postgres.readers import Readers
from affidavit.storage.postgres.rows import int64
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.writes import Writes

TEXT_ENTRIES: Final = 64
"""Entries of a chain in one row of texts at most: a row that is proposed is looked at whole."""

CLEAN_SECONDS: Final = 10.0
"""Between two attempts to destroy what an erasure has left."""

_sql = statements("index.sql")
_size = statements("read.sql")["place"]


class Indexer:
    """One for a process."""

    def __init__(self, readers: Readers, writes: Writes) -> None:
        self._readers = readers
        self._writes = writes
        self._placed = 0
        self._clean_due = 0.0

    def advance(self, limit: int, *, texts: bool) -> int:
        """Give positions to what was committed; then, with `texts`, bring texts forward by at most `limit` entries.

        Returns how many entries got theirs, or came into texts. Where there is nothing left to do, it goes on with what
        erasures have left.
        """
        moved = self._advance(limit, texts=texts)
        if texts and not moved and time.monotonic() >= self._clean_due:
            clean(self._writes)
            self._clean_due = time.monotonic() + CLEAN_SECONDS
        return moved

    def _advance(self, limit: int, *, texts: bool) -> int:
        size: int = self._writes.run("giving positions", _size, {})[0][0]
        if not texts:
            moved, self._placed = size - self._placed, size
            return min(moved, limit)
        with self._writes.transaction("indexing texts") as connection:
            mark = connection.execute(_sql["lock_marks"]).fetchone()
            if mark is None:
                return 0
            start, end = mark[0], min(size, int64(mark[0] + limit))
            if start >= end:
                return 0
            connection.execute(_sql["add_texts"], {"start": start, "end": end, "width": TEXT_ENTRIES})
            connection.execute(_sql["set_searched"], {"end": end})
            return int(end - start)
