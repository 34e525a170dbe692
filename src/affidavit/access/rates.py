"""Rate limits: how many requests a key, or an address, may send, as a bucket that refills evenly."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from affidavit.model.rate import Rate

WINDOW_SECONDS = 60.0
MAX_BUCKETS = 100_000
"""Buckets that are kept; past that all start full again. One takes 200 bytes."""


class Rates:
    """Every caller's bucket. Owned by the server's event loop thread."""

    def __init__(self, requests_a_minute: int, clock: Callable[[], float]) -> None:
        """`requests_a_minute`: 0 for no limit. `clock`: seconds since 1970."""
        self._limit = requests_a_minute
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> Rate | None:
        """One request of a caller: where it stands then. None where there is no limit."""
        if not self._limit:
            return None
        now, refill = self._clock(), self._limit / WINDOW_SECONDS
        if len(self._levels) >= MAX_BUCKETS and caller not in self._levels:
            self._levels.clear()
        level = self._level(caller, now)
        retry_after = 0 if level >= 1.0 else max(1, ceil((1.0 - level) / refill))
        level -= 0.0 if retry_after else 1.0
        self._levels[caller] = (level, now)
        reset_after = (self._limit - level) / refill
        return Rate(self._limit, int(level), now + reset_after, retry_after, reset_after)

    def is_used_up(self, caller: str) -> bool:
        """Whether the next request would be one too many."""
        return bool(self._limit) and self._level(caller, self._clock()) < 1.0

    def _level(self, caller: str, now: float) -> float:
        level, since = self._levels.get(caller, (float(self._limit), now))
        return min(float(self._limit), level + max(0.0, now - since) * self._limit / WINDOW_SECONDS)
