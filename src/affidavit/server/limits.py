"""Limits on memory: bytes of all bodies at once, of all answers on their way at once, and who has how much of them."""

from __future__ import annotations

from affidavit.errors import Unavailable


class Budget:
    """Bytes that may be in memory at once for one purpose. Owned by the event loop's thread.

    A holder is a key, or an address for those who have none. One request of a holder may have all that is there. With
    several at once a holder may have as much as is left for others then: alone a half, beside one such a quarter of
    all, so that no number of holders who never give anything back leaves nothing for the next.
    """

    def __init__(self, limit_bytes: int, refusal: str) -> None:
        """`refusal`: what those are told for whom nothing is left."""
        self._limit_bytes = limit_bytes
        self._refusal = refusal
        self._used = 0
        self._held: dict[str, int] = {}

    def take(self, holder: str, own: int, count: int) -> None:
        """`own`: what the same request has already. Raises Unavailable where it would be too much.

        Who comes while nobody has anything may have more than there is.
        """
        if not count:
            return
        if self._used and self._used + count > self._limit_bytes:
            raise Unavailable(f"{self._refusal}: send again in a second")
        held = self._held.get(holder, 0)
        if held > own and held + count > self._limit_bytes - self._used:
            raise Unavailable(f"{self._refusal} from one caller: send again when some of yours have their answers")
        self.hold(holder, count)

    def hold(self, holder: str, count: int) -> None:
        """As `take`, for what is there already and cannot be refused any more."""
        self._used += count
        self._held[holder] = self._held.get(holder, 0) + count

    def give(self, holder: str, count: int) -> None:
        """Give back what was taken or held."""
        self._used -= count
        self._held[holder] -= count
        if not self._held[holder]:
            del self._held[holder]


class Share:
    """What one request has of a budget. `holder`: whose request it is; to be said before anything is taken."""

    __slots__ = ("_budget", "_own", "holder")

    def __init__(self, budget: Budget, holder: str = "") -> None:
        self.holder = holder
        self._budget = budget
        self._own = 0

    def take(self, count: int) -> None:
        """Have `count` bytes more. Raises Unavailable."""
        self._budget.take(self.holder, self._own, count)
        self._own += count

    def hold(self, count: int) -> None:
        """Have `count` bytes more, whether there is room for them or not."""
        if count:
            self._budget.hold(self.holder, count)
            self._own += count

    def release(self) -> None:
        """Have nothing any more."""
        if self._own:
            self._budget.give(self.holder, self._own)
            self._own = 0
