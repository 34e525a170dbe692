"""Entries in a list: in position order at once, or, where several processes share them, when somebody reads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from threading import RLock

from msgspec.structs import replace

from affidavit.core.entry import Entry


class Arrivals:
    """The part of ledger.store.Store that gives positions.

    Where it is `shared`, nothing is promised of them but that they keep every chain's order: what arrived between two
    reads is placed by chain, not as it came.
    """

    def __init__(self, *, shared: bool) -> None:
        self.shared = shared
        self._moment = RLock() if shared else nullcontext()
        self._arrived: list[Entry] = []
        self._placed: list[Entry] = []
        self._by_id: dict[bytes, Entry] = {}

    @property
    def _entries(self) -> list[Entry]:
        """Everything committed, in position order."""
        self._place()
        return self._placed

    def _keep(self, entries: Sequence[Entry]) -> None:
        self._by_id |= {entry.id: entry for entry in entries}
        (self._arrived if self.shared else self._placed).extend(entries)

    def _place(self) -> None:
        with self._moment:
            arrived, self._arrived = sorted(self._arrived, key=lambda entry: entry.chain), []
            for position, entry in enumerate(arrived, len(self._placed)):
                self._by_id[entry.id] = replace(entry, position=position)
                self._placed.append(self._by_id[entry.id])
