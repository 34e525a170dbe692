"""The thread that brings the store's derived tables forward, off the commit's path."""

from __future__ import annotations

import threading
import time
from typing import Protocol

import structlog

PAGE_STEP = 20_000
"""Entries that one step takes for pages: about 0.1 s."""
TEXT_STEP = 5_000
"""Entries that one step takes for the text search: about 0.05 s."""
TEXT_REST = 9
"""While events arrive, the text search rests so many times as long as it works: a tenth of a processor is its share.

Until it has caught up, searches look through what it has not seen, which is right and slower.
"""


class Index(Protocol):
    """`Store.index`."""

    def __call__(self, limit: int, *, texts: bool) -> int: ...


class Indexing(threading.Thread):
    """Runs until `stop`. Reads stay right without it, only slower."""

    PAUSE_SECONDS = 0.2
    """Between two steps, so that each has more than a few entries to do."""
    FAULT_SECONDS = 5.0
    """Pause before it is tried again."""

    def __init__(self, index: Index) -> None:
        super().__init__(name="indexing", daemon=True)
        self._index = index
        self._texts_due = 0.0
        self._stopping = threading.Event()

    def run(self) -> None:
        """Step by step."""
        log = structlog.get_logger()
        while not self._stopping.is_set():
            try:
                behind = self._step()
            except Exception:
                log.error("indexing", exc_info=True)
                self._stopping.wait(self.FAULT_SECONDS)
            else:
                if not behind:
                    self._stopping.wait(self.PAUSE_SECONDS)

    def _step(self) -> bool:
        """Whether there is more to do at once."""
        arrived = self._index(PAGE_STEP, texts=False)
        started = time.monotonic()
        if started < self._texts_due:
            return arrived == PAGE_STEP
        moved = self._index(TEXT_STEP, texts=True)
        ended = time.monotonic()
        self._texts_due = ended + (TEXT_REST * (ended - started) if arrived else 0.0)
        return arrived == PAGE_STEP or (moved == TEXT_STEP and not arrived)

    def stop(self) -> None:
        """Finish the step under way and end."""
        self._stopping.set()
        self.join()
