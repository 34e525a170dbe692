"""Files that are made while they are sent: a piece is made when the client has taken most of the one before.

Nobody waits for one beyond its making: it takes as long as it takes, in threads of its own, until the client goes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

from affidavit.dialects.contract import Answer
from affidavit.errors import Unavailable
from affidavit.model.proving import File
from affidavit.server.exchange import Exchange
from affidavit.server.hangup import while_wanted
from affidavit.server.threads import Threads

MAX_DOWNLOADS = 16
"""Files under way at once; each may need 8 bytes of memory for every entry in it."""
MAX_DOWNLOADS_OF_ONE = 4
"""Those of one key, so that no client has all places."""


class Downloads:
    """Owned by the event loop's thread."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._under_way: list[str] = []

    async def begin(self, exchange: Exchange, make: Callable[[], File], receive: Any) -> Answer:
        """The answer with the first piece; the others are the exchange's parts. Raises as `make`, Unavailable."""
        if len(self._under_way) >= MAX_DOWNLOADS or self._under_way.count(exchange.by) >= MAX_DOWNLOADS_OF_ONE:
            raise Unavailable("too many files are being made at once: ask again when one of yours is done")
        parts = self._parts(exchange, make, receive)
        name = (await anext(parts)).decode()
        first = await anext(parts)
        exchange.parts = parts
        headers = (
            ("Content-Type", "application/zip"),
            ("Content-Disposition", f'attachment; filename="{name}"'),
            ("Cache-Control", "no-store"),
        )
        return Answer(200, first, headers)

    async def _parts(self, exchange: Exchange, make: Callable[[], File], receive: Any) -> AsyncGenerator[bytes, None]:
        """The file's name, then its pieces. For HEAD the first of them is all there is."""
        self._under_way.append(exchange.by)
        try:
            file = await while_wanted(exchange.headers, receive, self._threads.run_surely(make))
            yield file.name.encode()
            while (piece := await self._piece(exchange, file.pieces, receive)) is not None:
                yield piece
                if exchange.method == "HEAD":
                    return
        finally:
            self._under_way.remove(exchange.by)

    async def _piece(self, exchange: Exchange, pieces: Iterator[bytes], receive: Any) -> bytes | None:
        return await while_wanted(exchange.headers, receive, self._threads.run_surely(next, pieces, None))
