"""Retention: entries beyond an age, erased like all that is erased. What is under legal hold stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from affidavit.core.entry import Entry
from affidavit.ledger.store import Store
from affidavit.model import own

BLOCK_ENTRIES = 500
"""Entries read at once."""


class Expired:
    """Finds what is beyond an age, oldest first. Knows up to where it has all been erased; not for several threads."""

    def __init__(self, store: Store, wanted: Callable[[Entry], bool] = lambda entry: True) -> None:
        """`wanted`: which entries at all."""
        self._store = store
        self._wanted = wanted
        self._done = 0

    def before(self, instant: int) -> Iterator[Entry]:
        """Every entry from before an instant, µs since 1970, that can be erased, in the ledger's order.

        Ends with the first entries of which none is from before: at any time an entry is recorded within minutes of
        when it was received. The ledger's own chain does not expire.
        """
        holds, position, kept = self._store.holds(), self._done, False
        while block := self._store.scan(position, BLOCK_ENTRIES):
            for entry in block:
                stays = entry.erased or entry.chain == own.CHAIN or not self._wanted(entry)
                if not stays and entry.at < instant and entry.chain not in holds:
                    yield entry
                kept = kept or not stays  # what is yielded may not come to be erased
            if not kept:
                self._done = block[-1].position + 1
            if all(entry.at >= instant for entry in block):
                return
            position = block[-1].position + 1
