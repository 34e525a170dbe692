"""What an operator orders the ledger to do, where no server runs: the same steps, one after the other."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from affidavit.core.entry import Entry
from affidavit.errors import DirectoryInUse
from affidavit.ledger.erasure import Grounds, erasure, portions
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Submission
from affidavit.storage.sqlite import SqliteStore
from affidavit.wiring.directory import open_store

CLEAN_SECONDS = 30
"""How long is waited for readers of what is to be destroyed."""
CLEAN_PAUSE_SECONDS = 0.05


class Orders:
    """The only one that appends while it is open."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self._sequencer = Sequencer(store, store.origin, entropy=os.urandom)

    def append(self, submission: Submission) -> Entry:
        """The entry, durable, and its effect with it. Raises Refused; nothing was done then."""
        ticket: Future[list[Entry]] = Future()
        self._sequencer.submit(submission, ticket)
        self._sequencer.turn()
        return ticket.result(0)[0]

    def erase(self, entries: Iterable[Entry], grounds: Grounds) -> Iterator[tuple[int, Entry]]:
        """Erase in portions: of each how many entries, and the entry that says so. Copies are left until `clean`."""
        for portion in portions(entries):
            yield len(portion), self.append(erasure(portion, grounds, now()))

    def clean(self) -> int:
        """Destroy the copies. Returns of how many entries some are left, since somebody went on reading them."""
        deadline = time.monotonic() + CLEAN_SECONDS
        while (left := self.store.clean()) and time.monotonic() < deadline:
            time.sleep(CLEAN_PAUSE_SECONDS)
        return left


@contextmanager
def orders(directory: Path, instead: str) -> Iterator[Orders]:
    """Raises DirectoryInUse where a server has the ledger, saying what to do `instead`."""
    try:
        store = open_store(directory, exclusive=True)
    except DirectoryInUse as error:
        raise DirectoryInUse(f"{error}; or {instead}") from None
    try:
        yield Orders(store)
    finally:
        store.close()


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000
