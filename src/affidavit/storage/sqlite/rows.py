"""Rows of the entries table -> entries. A row is believed only after a look: somebody may have edited the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import product
from typing import Any

import apsw

from affidavit.core.entry import Entry
from affidavit.core.merkle import HASH_BYTES
from affidavit.errors import StoreUnreadable
from affidavit.model.query import BLOCK_BYTES, block_of
from affidavit.storage.sqlite.statements import statements

_TEXT_OR_NULL = (str, type(None))
_ALLOWED = {
    (int, bytes, int, int, bytes, str, str, bytes, bytes, bytes, bytes, bytes, int, agent, session, str, severity, int)
    for agent, session, severity in product(_TEXT_OR_NULL, repeat=3)
}
_LEAST, _GREATEST = -(2**63), 2**63 - 1

_sql = statements("read.sql")


def int64(number: int) -> int:
    """The nearest number that SQLite can keep: nothing lies beyond it."""
    return min(max(number, _LEAST), _GREATEST)


def span(since: int | None, until: int | None) -> tuple[int, int]:
    """A span of time with both its ends, for BETWEEN. None: no end."""
    return _LEAST if since is None else int64(since), _GREATEST if until is None else int64(until)


def entry_of(row: Sequence[Any]) -> Entry:
    """A row in the order of Entry's fields. Raises StoreUnreadable, naming the position."""
    if tuple(map(type, row)) not in _ALLOWED:
        raise StoreUnreadable(
            f"the entry at position {row[0]} has a column of another type: it was edited or damaged", position=row[0]
        )
    return Entry(*row)


def entries_of(rows: apsw.Cursor, most_bytes: int = BLOCK_BYTES) -> list[Entry]:
    """What a statement gives, as `model.query.block_of` cuts it off. Rows beyond that are not even read."""
    with closing(rows):
        return block_of(map(entry_of, rows), most_bytes)


def read_entries(connection: apsw.Connection, start: int, limit: int) -> list[Entry]:
    """A block of at most `limit` entries from position `start` on, in position order.

    Raises StoreUnreadable, naming the position, at the first row that is damaged or lies where it does not belong.
    """
    before = [start - 1]

    def placed(rows: Iterable[Sequence[Any]]) -> Iterator[Entry]:
        for row in rows:
            if row[0] <= before[-1]:
                raise _misplaced(row[0], [before[0], *before[1:][-2:]])
            yield entry_of(row)
            before.append(row[0])

    try:
        with closing(connection.execute(_sql["scan"], (int64(start), int64(limit)))) as rows:
            return block_of(placed(rows))
    except (UnicodeDecodeError, apsw.CorruptError) as error:
        position = _next_position(connection, before[-1] + 1)
        raise StoreUnreadable(f"the entry at position {position} cannot be read: {error}", position=position) from error


def read_hashes(connection: apsw.Connection, start: int, limit: int) -> list[bytes]:
    """The hashes of at most `limit` entries from position `start` on, in position order, without a gap.

    Raises StoreUnreadable, naming the position where it is one.
    """
    count, last, damaged, line = connection.execute(_sql["hashes"], (int64(start), int64(limit))).get
    if not count:
        return []
    if damaged is not None:
        raise StoreUnreadable(f"the hash of the entry at position {damaged} was edited or damaged", position=damaged)
    if last - start + 1 != count:
        raise StoreUnreadable(
            f"of the entries from position {start} to {last} there are only {count}: run `affidavit verify`"
        )
    joined = bytes.fromhex(line)
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


def _misplaced(position: int, before: Sequence[int]) -> StoreUnreadable:
    """Positions fall from `before` to `position`: the last before is too great, or the position is too small."""
    ascending = before[:-1] if len(before) > 1 and position > before[-2] else before
    expected = ascending[-1] + 1
    return StoreUnreadable(
        f"where the entry at position {expected} should be lies another: it was edited or damaged", position=expected
    )


def _next_position(connection: apsw.Connection, start: int) -> int:
    """The position of the first row from `start` on; `start` where even that cannot be read."""
    try:
        found: int | None = connection.execute(_sql["next_position"], (int64(start),)).get
    except apsw.CorruptError:
        return start
    return start if found is None else found
