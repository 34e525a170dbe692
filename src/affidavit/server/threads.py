"""Threads for what would hold the event loop up: reads of the ledger, large bodies.

Nothing goes on there for which nobody waits: where the caller is cancelled, or its time is over, what is read stops.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from types import TracebackType
from typing import ParamSpec, TypeVar

from affidavit.errors import ReadEnded, Unavailable
from affidavit.ledger.patience import Patience
from affidavit.server.turns import Turns, holding

P = ParamSpec("P")
R = TypeVar("R")


class Threads:
    """So many calls at once, and so many that wait, one of each holder in turn. Owned by the event loop's thread.

    Whose call it is says `turns.holding`. A holder has as many places as it leaves for others, as in `limits.Budget`:
    alone a half. Calls of nobody in particular have all.
    """

    def __init__(self, name: str, threads: int, most_waiting: int, seconds: float | None = None) -> None:
        """`seconds`: what each call has, its waiting for a thread included; None for as long as it takes."""
        self._seconds = seconds
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._name = name
        self._turns = Turns(threads)
        self._most = threads + most_waiting
        self._under_way: Counter[str] = Counter()

    async def run(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        """What `work` returns or raises. Raises Unavailable when too many calls wait, and when its time is over."""
        left = self._most - self._under_way.total()
        if left <= 0:
            raise Unavailable(f"too many {self._name} at once: send again in a second")
        if self._under_way[holding.get()] >= left and holding.get():
            raise Unavailable(
                f"too many {self._name} at once from one caller: send again when some of yours have their answers"
            )
        return await self.run_surely(work, *arguments, **named)

    async def run_surely(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        """The same for what must not be refused, however many wait."""
        loop, patience, holder = asyncio.get_running_loop(), Patience(), holding.get()
        timer = None if self._seconds is None else loop.call_later(self._seconds, patience.end)
        self._under_way[holder] += 1
        try:
            await self._turns.take(holder)
            try:
                return await loop.run_in_executor(self._executor, lambda: patience.read(work, *arguments, **named))
            finally:
                self._turns.give(holder)
        except ReadEnded as error:
            raise Unavailable(
                f"this took longer than the {self._seconds:g} s that {self._name} may take: ask for less, by a shorter "
                "span of time, fewer conditions or a smaller page",
                retry_after=ceil(self._seconds or 1),
            ) from error
        finally:
            self._under_way[holder] -= 1
            if not self._under_way[holder]:
                del self._under_way[holder]
            patience.end()
            if timer is not None:
                timer.cancel()

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """Finish what runs, of which nothing reads any more; what waits is not begun."""
        self._executor.shutdown(cancel_futures=True)
