"""Limits on memory: bytes of one body, of all bodies at once, and of all answers on their way at once."""

from __future__ import annotations

from affidavit.errors import Unavailable


class Budget:
    """Bytes that may be in memory at once for one purpose. Owned by the event loop's thread."""

    def __init__(self, limit_bytes: int, refusal: str) -> None:
        """`refusal`: what those are told for whom nothing is left."""
        self._limit_bytes = limit_bytes
        self._refusal = refusal
        self._used = 0

    def take(self, count: int) -> None:
        """Raises Unavailable when it would be too much for all together. Whoever comes alone may have more."""
        if self._used and self._used + count > self._limit_bytes:
            raise Unavailable(f"{self._refusal}: send again in a second")
        self._used += count

    def hold(self, count: int) -> None:
        """As `take`, for what is there already and cannot be refused any more."""
        self._used += count

    def give(self, count: int) -> None:
        """Give back what was taken or held."""
        self._used -= count


class Share:
    """What one request has of a budget."""

    __slots__ = ("_budget", "_held")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held = 0

    def take(self, count: int) -> None:
        """Have `count` bytes more. Raises Unavailable."""
        self._budget.take(count)
        self._held += count

    def hold(self, count: int) -> None:
        """Have `count` bytes more, whether there is room for them or not."""
        self._budget.hold(count)
        self._held += count

    def release(self) -> None:
        """Have nothing any more."""
        self._budget.give(self._held)
        self._held = 0
