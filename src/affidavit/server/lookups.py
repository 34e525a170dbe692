"""Keys that are looked up in threads, where the ledger is across a network: the event loop waits for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from affidavit.access.keys import Key
from affidavit.server.threads import Threads


class Lookups:
    """Owned by the event loop's thread. All who come with one token meanwhile share one look for it."""

    def __init__(self, look_up: Callable[[str], Key | None], threads: Threads) -> None:
        """`look_up`: the key of a token, as the store has it; it runs in the threads."""
        self._look_up = look_up
        self._threads = threads
        self._under_way: dict[str, asyncio.Task[Key | None]] = {}

    async def key_of(self, token: str) -> Key | None:
        """Raises StoreError, and Unavailable where too many wait. Who goes away meanwhile takes it from nobody."""
        looking = self._under_way.get(token)
        if looking is None:
            looking = asyncio.ensure_future(self._threads.run(self._look_up, token))
            self._under_way[token] = looking
            looking.add_done_callback(lambda done: self._end(token, done))
        return await asyncio.shield(looking)

    def _end(self, token: str, done: asyncio.Task[Key | None]) -> None:
        del self._under_way[token]
        if not done.cancelled():
            done.exception()  # those who wait are told; if nobody does any more, nobody is
