"""Retention by age while a server runs: the thread for it, and what it is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from affidavit.core.entry import Entry
from affidavit.core.instants import DAY
from affidavit.ledger.erasure import Grounds, portions
from affidavit.ledger.retention import Expired
from affidavit.ledger.scores import Scores
from affidavit.server.erasing import Erasing
from affidavit.server.live import Live
from affidavit.server.retaining import Retaining
from affidavit.wiring.ledger import Ledger

SECONDS: Final = 60
"""How long the event loop has for one portion."""


def retaining_of(store: Ledger, erasing: Erasing, days: int, loop: asyncio.AbstractEventLoop) -> Retaining:
    """The thread, which does not run yet."""
    expired = Expired(store)
    grounds = Grounds(f"retention: received more than {days} days ago", "the setting AFFIDAVIT_RETENTION_DAYS")

    def too_old() -> Iterator[list[Entry]]:
        return portions(expired.before(_now() - days * DAY))

    def erase(portion: Sequence[Entry]) -> None:
        done = asyncio.run_coroutine_threadsafe(erasing.erase_portion(portion, grounds, _now()), loop)
        done.result(SECONDS)

    return Retaining(too_old, erase, store.clean)


def forgetting(scores: Scores, live: Live) -> Callable[[Sequence[Entry]], None]:
    """What the server must forget of entries that were erased, given as they were. On the event loop's thread."""

    def forget(entries: Sequence[Entry]) -> None:
        scores.forget(entries)
        live.forget({entry.id for entry in entries})

    return forget


def _now() -> int:
    return time.time_ns() // 1000
