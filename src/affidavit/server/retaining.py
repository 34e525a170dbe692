"""The thread that has entries erased which are older than they may be kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import structlog

from affidavit.core.entry import Entry

PAUSE_SECONDS: Final = 3600.0
"""Between two looks at what has grown too old."""
REST_SECONDS: Final = 0.5
"""Between two portions, each of which all commits wait for."""


class Retaining(threading.Thread):
    """Runs until `stop`. What it does not come to, it does at the next look."""

    def __init__(
        self,
        expired: Callable[[], Iterable[Sequence[Entry]]],
        erase: Callable[[Sequence[Entry]], object],
        clean: Callable[[], object],
    ) -> None:
        """`expired`: what is too old now, in portions. `erase` returns once a portion is; `clean` destroys copies."""
        super().__init__(name="retaining", daemon=True)
        self._expired = expired
        self._erase = erase
        self._clean = clean
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look by look."""
        while not self._stopping.is_set():
            try:
                self.look()
            except Exception:
                structlog.get_logger().error("retaining", exc_info=True)
            self._stopping.wait(PAUSE_SECONDS)

    def look(self) -> None:
        """Erase everything that is too old, then the copies of all of it at once: a database vacuums whole tables."""
        for portion in self._expired():
            self._erase(portion)
            if self._stopping.wait(REST_SECONDS):
                break
        self._clean()

    def stop(self) -> None:
        """Finish the portion under way and end."""
        self._stopping.set()
        if self.is_alive():
            self.join()
