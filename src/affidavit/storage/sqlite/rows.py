"""Rows of the entries table -> entries. A row's types are believed only after a look: somebody may have edited it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from affidavit.core.entry import Entry
from affidavit.errors import StoreUnreadable

_TEXT_OR_NULL = (str, type(None))
_ALLOWED = {
    (int, bytes, int, int, bytes, str, str, bytes, bytes, bytes, bytes, bytes, int, agent, session, str, severity, int)
    for agent, session, severity in product(_TEXT_OR_NULL, repeat=3)
}
COLUMNS = 18


def entry_of(row: Sequence[Any]) -> Entry:
    """A row in the order of Entry's fields. Raises StoreUnreadable, naming the position."""
    if tuple(map(type, row)) not in _ALLOWED:
        raise StoreUnreadable(
            f"the entry at position {row[0]} has a column of another type: it was edited or damaged", position=row[0]
        )
    return Entry(*row)
