"""What an operator orders the ledger to do by a command: the same steps as a server's, one after the other."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager

from affidavit.core.entry import UNPLACED, Entry
from affidavit.errors import DirectoryInUse
from affidavit.ledger.erasure import Grounds, erasure, portions
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Submission
from affidavit.wiring.ledger import Ledger, held, open_store
from affidavit.wiring.place import Place

CLEAN_SECONDS = 30
"""How long is waited for readers of what is to be destroyed."""
CLEAN_PAUSE_SECONDS = 0.05


class Orders:
    """Of a ledger in a directory the only one that appends while it is open."""

    def __init__(self, store: Ledger) -> None:
        self.store = store
        self._sequencer = Sequencer(store, store.origin, entropy=os.urandom)

    def append(self, submission: Submission) -> Entry:
        """The entry, durable and with its position, and its effect with it. Raises Refused; nothing was done then."""
        ticket: Future[list[Entry]] = Future()
        self._sequencer.submit(submission, ticket)
        self._sequencer.turn()
        entry = ticket.result(0)[0]
        return entry if entry.position != UNPLACED else self.store.entry(entry.id) or entry

    def erase(self, entries: Iterable[Entry], grounds: Grounds) -> Iterator[tuple[int, Entry]]:
        """Erase in portions: of each how many entries, and the entry that says so. Copies are left until `clean`."""
        for portion in portions(entries):
            yield len(portion), self.append(erasure(portion, grounds, now()))

    def clean(self) -> int:
        """Destroy the copies. Returns of how many entries some are left: somebody went on reading, or has to do it."""
        deadline = time.monotonic() + (CLEAN_SECONDS if self.store.may_clean() else 0)
        while (left := self.store.clean()) and time.monotonic() < deadline:
            time.sleep(CLEAN_PAUSE_SECONDS)
        return left


@contextmanager
def orders(place: Place, instead: str, *, signing: bool = False) -> Iterator[Orders]:
    """Raises DirectoryInUse where a server has the ledger, saying what to do `instead`.

    A ledger that servers share is ordered beside them, unless what is done needs the directory's keys: `signing`.
    """
    with ExitStack() as opened:
        try:
            if signing:
                opened.enter_context(held(place))
            store = open_store(place, exclusive=True)
        except DirectoryInUse as error:
            raise DirectoryInUse(f"{error}; or {instead}") from None
        opened.callback(store.close)
        yield Orders(store)


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000
