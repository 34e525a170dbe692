"""What every server commits to a shared ledger, followed by position: for whoever listens here, and for what is kept in
memory of entries that another server erased.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from affidavit.core.entry import Entry
from affidavit.core.erasures import named
from affidavit.ledger.store import Store
from affidavit.model import own
from affidavit.model.query import is_full

BLOCK_ENTRIES: Final = 1_000
"""What is read at once."""


class Follower:
    """Where a server is in a shared ledger. Not for several threads."""

    def __init__(
        self,
        store: Store,
        listening: Callable[[], bool],
        publish: Callable[[Sequence[Entry]], None],
        erased: Callable[[Sequence[bytes]], None],
    ) -> None:
        """It begins at the ledger's end. Raises StoreError, as `step`.

        listening  whether anybody is there to publish to, now
        publish    entries of one workspace and dialect, in order
        erased     the ids of entries that were erased, by whomever
        """
        self._store = store
        self._listening = listening
        self._publish = publish
        self._erased = erased
        self._position = store.size()
        self._own_seq = self._own_head()

    def step(self) -> bool:
        """Tell what is new. Returns whether there may be more. Where nobody listens, only its place is kept."""
        size = self._store.size()  # before it is asked who listens: what comes after somebody did is never passed over
        if not self._listening():
            self._position = size
            more = False
        else:
            more = self._tell_of_entries()
        self._tell_of_erasures()
        return more

    def _tell_of_entries(self) -> bool:
        block = self._store.scan(self._position, BLOCK_ENTRIES)
        owned: dict[tuple[int, str], list[Entry]] = {}
        for entry in block:
            if not entry.erased:
                owned.setdefault((entry.workspace, entry.dialect), []).append(entry)
        for entries in owned.values():
            self._publish(entries)
        if block:
            self._position = block[-1].position + 1
        return is_full(block, BLOCK_ENTRIES)

    def _tell_of_erasures(self) -> None:
        """By the ledger's own chain, whose head is all that is read where nothing happened."""
        head = self._own_head()
        while self._own_seq < head and (block := self._store.scan_chain(own.CHAIN, self._own_seq, BLOCK_ENTRIES)):
            for entry in block:
                if entry.type == "erasure":
                    self._erased(named(entry))
                self._own_seq = entry.seq

    def _own_head(self) -> int:
        head = self._store.heads([own.CHAIN]).get(own.CHAIN)
        return head.seq if head else 0


class Following(threading.Thread):
    """Follows until `stop`."""

    PAUSE_SECONDS = 0.2
    """Between two looks: an event that one server got is seen on another within a second."""
    FAULT_SECONDS = 1.0
    """Pause before it is tried again."""

    def __init__(self, follow: Callable[[], bool]) -> None:
        """`follow`: `Follower.step`."""
        super().__init__(name="following", daemon=True)
        self._follow = follow
        self._stopping = threading.Event()

    def run(self) -> None:
        """Step by step."""
        pause = self.PAUSE_SECONDS
        while not self._stopping.wait(pause):
            try:
                pause = 0.0 if self._follow() else self.PAUSE_SECONDS
            except Exception:
                structlog.get_logger().error("following", exc_info=True)
                pause = self.FAULT_SECONDS

    def stop(self) -> None:
        """Finish the step under way and end."""
        self._stopping.set()
        if self.is_alive():
            self.join()
