"""What a client prefers of the answer to what it had recorded (RFC 7240), in any dialect.

    Prefer: wait=checkpoint      the answer comes when its entries are under a signed checkpoint
    Prefer: receipt              it has a signed receipt, in the header Affidavit-Receipt

What was honoured stands in Preference-Applied. Nothing is refused for a preference: the entries are recorded.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer
from affidavit.errors import StoreError, Unavailable
from affidavit.ledger.store import Checkpoint
from affidavit.server.body import ClientGone
from affidavit.server.hangup import hung_up
from affidavit.server.threads import Threads

WAIT_SECONDS = 10.0
"""How long an answer waits for a checkpoint at most."""
INLINE_ENTRIES = 500
"""Entries of a receipt that is signed by the event loop's thread, in a millisecond."""
WAIT, RECEIPT = "wait=checkpoint", "receipt"


class Preferences:
    """Owned by the event loop's thread."""

    def __init__(
        self,
        covering: Callable[[Sequence[Entry]], Awaitable[Checkpoint]],
        receipt: Callable[[Sequence[Entry]], bytes],
        threads: Threads,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """`covering`: `Checkpoints.over`. `receipt`: entries in an answer's order -> a signed note."""
        self._covering = covering
        self._receipt = receipt
        self._threads = threads
        self._wait_seconds = wait_seconds

    async def honour(self, prefer: str, entries: Sequence[Entry], answer: Answer, receive: Any) -> Answer:
        """The answer to a request with the header `prefer` that recorded these entries. Raises ClientGone."""
        wanted = {preference.partition(";")[0].replace('"', "").strip().lower() for preference in prefer.split(",")}
        headers: list[tuple[str, str]] = []
        applied = []
        if RECEIPT in wanted and entries:
            headers.append(("Affidavit-Receipt", b64encode(await self._signed(entries)).decode()))
            applied.append(RECEIPT)
        if WAIT in wanted and entries and await self._is_covered(entries, receive):
            applied.append(WAIT)
        if not applied:
            return answer
        headers.append(("Preference-Applied", ", ".join(applied)))
        return replace(answer, headers=answer.headers + tuple(headers))

    async def _signed(self, entries: Sequence[Entry]) -> bytes:
        if len(entries) <= INLINE_ENTRIES:
            return self._receipt(entries)
        return await self._threads.run_surely(self._receipt, entries)

    async def _is_covered(self, entries: Sequence[Entry], receive: Any) -> bool:
        """Whether a checkpoint over the entries came in time."""
        covered = asyncio.ensure_future(self._covering(entries))
        gone = asyncio.ensure_future(hung_up(receive))
        try:
            waiting: set[asyncio.Future[Any]] = {covered, gone}
            await asyncio.wait(waiting, timeout=self._wait_seconds, return_when=asyncio.FIRST_COMPLETED)
            if covered.done():
                covered.result()
                return True
            if gone.done():
                raise ClientGone
            return False
        except (Unavailable, StoreError):  # it cannot be sealed now; it is recorded all the same
            return False
        finally:
            covered.cancel()
            gone.cancel()
