"""Erasures while the server runs: appended by the event loop, planned and cleaned up in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import msgspec

from affidavit.core.entry import Entry
from affidavit.ledger.erasure import Grounds, erasure, plan
from affidavit.ledger.store import Store
from affidavit.model.draft import Submission, Workspace
from affidavit.server.threads import Threads

CLEAN_ATTEMPTS: Final = 100
CLEAN_PAUSE_SECONDS: Final = 0.05
"""Between two attempts to destroy what somebody is reading. What is left then, the indexing thread destroys."""


class Erased(msgspec.Struct, frozen=True):
    """What came of an order to erase.

    erased    the ids of the entries that it erased
    already   of those that had been
    said      the entries of the ledger's own that say so
    left      of how many copies may be left in files, since somebody goes on reading them
    """

    erased: list[bytes]
    already: list[bytes]
    said: list[Entry]
    left: int


class Erasing:
    """Owned by the event loop's thread."""

    def __init__(
        self,
        store: Store,
        append: Callable[[Submission], Awaitable[list[Entry]]],
        threads: Threads,
        forget: Callable[[Sequence[Entry]], None],
    ) -> None:
        """`append`: `Appender.append`. `forget` is given what was erased, as it was, for all that is kept in memory."""
        self._store = store
        self._append = append
        self._threads = threads
        self._forget = forget

    async def erase(
        self, identities: Iterable[bytes], grounds: Grounds, now: int, workspace: Workspace | None = None
    ) -> Erased:
        """Erase all of the entries with these ids, or none. `now`: µs since 1970. `workspace`: whose they must be.

        Raises NotFound, InvalidBody, ChainHeld: nothing was done. Unavailable: what was erased so far stays so, and the
        same order can be given again.
        """
        planned = await self._threads.run(plan, self._store, identities, workspace)
        said = [await self.erase_portion(portion, grounds, now) for portion in planned.portions]
        left = await self.clean()
        erased = [entry.id for portion in planned.portions for entry in portion]
        return Erased(erased, planned.already, said, left)

    async def erase_portion(self, portion: Sequence[Entry], grounds: Grounds, now: int) -> Entry:
        """One commit of what `plan` gave. Returns the entry that says so. Copies in files are left until `clean`.

        Whoever waits for it may go: what is committed is forgotten all the same.
        """
        return await asyncio.shield(asyncio.ensure_future(self._committed(portion, grounds, now)))

    async def _committed(self, portion: Sequence[Entry], grounds: Grounds, now: int) -> Entry:
        (said,) = await self._append(erasure(portion, grounds, now))
        self._forget(portion)
        return said

    async def clean(self) -> int:
        """Destroy the copies. Returns of how many entries some may be left."""
        left = await self._threads.run_surely(self._store.clean)
        for _ in range(CLEAN_ATTEMPTS):
            if not left:
                break
            await asyncio.sleep(CLEAN_PAUSE_SECONDS)
            left = await self._threads.run_surely(self._store.clean)
        return left
