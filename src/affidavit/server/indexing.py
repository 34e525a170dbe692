"""The thread that brings the store's derived tables forward, off the commit's path."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog


class Indexing(threading.Thread):
    """Runs until `stop`. Reads stay right without it, only slower."""

    IDLE_SECONDS = 0.2
    """Pause when there was nothing to do."""
    FAULT_SECONDS = 5.0
    """Pause before it is tried again."""

    def __init__(self, index: Callable[[int], int], step: int) -> None:
        """`index(step)` moves forward by at most `step` entries and says by how many."""
        super().__init__(name="indexing", daemon=True)
        self._index = index
        self._step = step
        self._stopping = threading.Event()

    def run(self) -> None:
        """Step by step."""
        log = structlog.get_logger()
        while not self._stopping.is_set():
            moved = 0
            try:
                moved = self._index(self._step)
            except Exception:
                log.error("indexing", exc_info=True)
                self._stopping.wait(self.FAULT_SECONDS)
            if not moved:
                self._stopping.wait(self.IDLE_SECONDS)

    def stop(self) -> None:
        """Finish the step under way and end."""
        self._stopping.set()
        self.join()
