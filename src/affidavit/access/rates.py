"""Rate limits: how many requests a key may send, as a bucket that refills evenly."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from affidavit.errors import RateLimited

WINDOW_SECONDS = 60.0
MAX_BUCKETS = 100_000
"""Keys whose buckets are kept; past that all start full again."""


class Rate(msgspec.Struct, frozen=True):
    """Where a key stands, for the vendors' headers. `reset`: when its bucket is full again, in seconds since 1970."""

    limit: int
    remaining: int
    reset: float


class Rates:
    """Every key's bucket. Owned by the server's event loop thread."""

    def __init__(self, requests_a_minute: int, clock: Callable[[], float]) -> None:
        """`requests_a_minute`: 0 for no limit. `clock`: seconds since 1970."""
        self._limit = requests_a_minute
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, key_id: str) -> Rate | None:
        """One request of a key; None where there is no limit. Raises RateLimited when its bucket is empty."""
        if not self._limit:
            return None
        now, refill = self._clock(), self._limit / WINDOW_SECONDS
        if len(self._levels) >= MAX_BUCKETS and key_id not in self._levels:
            self._levels.clear()
        level, since = self._levels.get(key_id, (float(self._limit), now))
        level = min(float(self._limit), level + max(0.0, now - since) * refill)
        if level < 1.0:
            self._levels[key_id] = (level, now)
            raise RateLimited(
                f"this key may send {self._limit} requests a minute",
                retry_after=max(1, int((1.0 - level) / refill + 0.999)),
            )
        self._levels[key_id] = (level - 1.0, now)
        return Rate(self._limit, int(level - 1.0), now + (self._limit - level + 1.0) / refill)
