"""Turns: who of those that wait for a thread is next."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextvars import ContextVar
from typing import Final

holding: Final[ContextVar[str]] = ContextVar("holding", default="")
"""On whose behalf a task works: a key's id, or the address of who has none; "" for nobody in particular."""


class Turns:
    """So many at once; of those that wait, one of each holder in turn. Owned by the event loop's thread.

    However many one holder has waiting, the next waits behind one of each other holder's only; and where there are
    several at once, one holder leaves one of them for others, so that nobody waits for what takes another a long time.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._most_of_one = max(1, at_once - 1)
        self._had: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def take(self, holder: str) -> None:
        """Returns when it is its turn, which `give` ends. Who is cancelled meanwhile has had none."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(holder, deque()).append(turn)
        self._call()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it had come already
                self.give(holder)
            raise

    def give(self, holder: str) -> None:
        """A turn of this one's is over: whose is next has it."""
        self._free += 1
        self._had[holder] -= 1
        if not self._had[holder]:
            del self._had[holder]
        self._call()

    def _call(self) -> None:
        while self._free and (holder := self._next()) is not None:
            line = self._waiting.pop(holder)
            turn = line.popleft()
            if line:
                self._waiting[holder] = line  # behind all others
            if not turn.cancelled():
                self._free -= 1
                self._had[holder] += 1
                turn.set_result(None)

    def _next(self) -> str | None:
        return next((holder for holder in self._waiting if self._had[holder] < self._most_of_one), None)
