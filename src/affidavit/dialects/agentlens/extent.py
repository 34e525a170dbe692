"""How far the entries of a query reach: the first, the last, and how many they are. Nothing in between is read."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.model.query import Query
from affidavit.model.reading import Reading


class Extent(msgspec.Struct, frozen=True):
    """`first`, `last`: by their time."""

    entries: int
    first: Entry
    last: Entry


def extent_of(query: Query, reading: Reading) -> Extent | None:
    """None where there is no entry."""
    earliest = reading.find(replace(query, ascending=True, limit=1))
    if not earliest.entries:
        return None
    (first,) = earliest.entries
    (last,) = reading.find(replace(query, ascending=False, limit=1, counted=False)).entries
    return Extent(earliest.total, first, last)


def count(query: Query, reading: Reading) -> int:
    """How many entries there are."""
    return reading.find(replace(query, limit=1)).total
