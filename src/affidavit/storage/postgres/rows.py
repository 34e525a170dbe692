"""Rows of the view `placed` -> entries. The types of columns are the database's word; all else is `verify`'s."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from affidavit.core.entry import Entry
from affidavit.core.merkle import HASH_BYTES
from affidavit.errors import StoreUnreadable

_COLUMNS: Final = len(Entry.__struct_fields__)
_LEAST, _GREATEST = -(2**63), 2**63 - 1


def int64(number: int) -> int:
    """The nearest number that a bigint can be: nothing lies beyond it."""
    return min(max(number, _LEAST), _GREATEST)


def span(since: int | None, until: int | None) -> tuple[int, int]:
    """A span of time with both its ends, for BETWEEN. None: no end."""
    return _LEAST if since is None else int64(since), _GREATEST if until is None else int64(until)


def stretch(start: int, limit: int) -> dict[str, int]:
    """The positions from `start` on, `limit` of them at most, for statements."""
    first = int64(max(start, 0))
    return {"start": first, "end": int64(first + max(limit, 0))}


def entries_of(rows: Iterable[Sequence[Any]]) -> list[Entry]:
    """Rows that begin with the columns of `placed`."""
    return [Entry(*row[:_COLUMNS]) for row in rows]


def hashes_of(start: int, count: int, first: int, last: int, damaged: int | None, joined: bytes) -> list[bytes]:
    """The hashes of a row of the statement `hashes`, which is asked from `start` on.

    Raises StoreUnreadable where one of them is missing or is no hash, naming its position.
    """
    if damaged is not None:
        raise StoreUnreadable(f"the hash of the entry at position {damaged} was edited or damaged", position=damaged)
    if first != start or last - start + 1 != count:
        raise StoreUnreadable(
            f"of the entries from position {start} to {last} there are only {count}: run `affidavit verify`"
        )
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
