"""Entries as they are committed, to whoever listens: Server-Sent Events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from affidavit.core.entry import Entry
from affidavit.dialects.contract import Request, Stream
from affidavit.errors import Unavailable
from affidavit.model.draft import Workspace

MAX_LISTENERS = 1_000
MAX_WAITING_ENTRIES = 10_000
"""Entries that may wait for one listener; one that falls further behind is hung up on, and may come again."""

_Queue = asyncio.Queue[Sequence[Entry]]


class Live:
    """Everybody who listens. Owned by the event loop's thread."""

    def __init__(self) -> None:
        self._listeners: dict[_Queue, int] = {}
        self._ended = False

    def publish(self, entries: Sequence[Entry]) -> None:
        """These were committed."""
        for queue in list(self._listeners):
            self._listeners[queue] += len(entries)
            if self._listeners[queue] > MAX_WAITING_ENTRIES:
                self._hang_up(queue)
            else:
                queue.put_nowait(entries)

    def end(self) -> None:
        """Hang up on everybody: the server ends."""
        self._ended = True
        for queue in list(self._listeners):
            self._hang_up(queue)

    def _hang_up(self, queue: _Queue) -> None:
        del self._listeners[queue]
        queue.put_nowait(())

    @contextmanager
    def listen(self) -> Iterator[_Queue]:
        """A queue of what is committed from now on; nothing more comes behind an empty sequence."""
        if self._ended or len(self._listeners) >= MAX_LISTENERS:
            raise Unavailable("there are too many listeners, or the server ends: try again in a second")
        queue: _Queue = asyncio.Queue()
        self._listeners[queue] = 0
        try:
            yield queue
        finally:
            self._listeners.pop(queue, None)

    def taken(self, queue: _Queue, count: int) -> None:
        """A listener has written so many entries out."""
        if queue in self._listeners:
            self._listeners[queue] -= count


async def follow(
    live: Live, stream: Stream, request: Request, dialect: str, workspace: Workspace, receive: Any
) -> AsyncGenerator[bytes, None]:
    """The parts of a streamed answer, until the client goes or the server ends.

    The first part comes when the client listens: nothing committed after it has come is missed.
    """
    wants = stream.wants(request)
    gone = asyncio.ensure_future(_gone(receive))
    try:
        with live.listen() as queue:
            yield stream.first
            while True:
                entries = await _next(queue, gone, stream.heartbeat_seconds)
                if entries is None:
                    yield stream.heartbeat
                    continue
                if not entries:
                    return
                mine = [entry for entry in entries if _is_for(entry, dialect, workspace) and wants(entry)]
                if mine:
                    yield b"".join([stream.render(entry, workspace.name) for entry in mine])
                live.taken(queue, len(entries))
    finally:
        gone.cancel()


def _is_for(entry: Entry, dialect: str, workspace: Workspace) -> bool:
    return entry.workspace == workspace.id and entry.dialect == dialect


async def _next(queue: _Queue, gone: asyncio.Future[None], seconds: float) -> Sequence[Entry] | None:
    """What comes next: entries, nothing more (empty), or nothing for so long (None)."""
    coming = asyncio.ensure_future(queue.get())
    try:
        waiting: set[asyncio.Future[Any]] = {coming, gone}
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            return ()
        return coming.result() if coming.done() else None
    finally:
        coming.cancel()


async def _gone(receive: Callable[[], Any]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
