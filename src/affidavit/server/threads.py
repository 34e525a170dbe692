"""Threads for what would hold the event loop up: reads of the ledger, large bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import ParamSpec, TypeVar

from affidavit.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")


class Threads:
    """So many calls at once, and so many that wait. Owned by the event loop's thread."""

    def __init__(self, name: str, threads: int, most_waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._name = name
        self._most = threads + most_waiting
        self._under_way = 0

    async def run(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        """What `work` returns or raises. Raises Unavailable when too many calls wait."""
        if self._under_way >= self._most:
            raise Unavailable(f"too many {self._name} at once: send again in a second")
        return await self.run_surely(work, *arguments, **named)

    async def run_surely(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        """The same for what must not be refused, however many wait."""
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: work(*arguments, **named))
        finally:
            self._under_way -= 1

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """Finish what runs; what waits is not begun."""
        self._executor.shutdown(cancel_futures=True)
