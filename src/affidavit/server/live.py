"""Entries as they are committed, to whoever listens: Server-Sent Events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from affidavit.core.entry import Entry
from affidavit.dialects.contract import Request, Stream
from affidavit.errors import Unavailable
from affidavit.model.draft import Workspace
from affidavit.server.hangup import hung_up

MAX_LISTENERS = 1_000
MAX_LISTENERS_OF_ONE = 250
"""Listeners of one workspace, so that no tenant has all places."""
MAX_WAITING_ENTRIES = 10_000
MAX_WAITING_BYTES = 32 << 20
"""What may wait for one listener; one that falls further behind is hung up on, and may come again."""
PART_BYTES = 64 << 10
"""Events are written out in parts of about this size: for a client that does not read, no more is held."""


class Listener:
    """Who listens, and what waits for it: the entries of one request at a time, and behind the last an empty sequence.

    `entries`, `size`: how many wait, and how many bytes of payloads they have. `waiting`: they themselves, in order.
    """

    __slots__ = ("dialect", "entries", "queue", "size", "waiting", "workspace")

    def __init__(self, workspace: int, dialect: str) -> None:
        self.workspace = workspace
        self.dialect = dialect
        self.queue: asyncio.Queue[Sequence[Entry]] = asyncio.Queue()
        self.entries = self.size = 0
        self.waiting: deque[Sequence[Entry]] = deque()

    def offer(self, entries: Sequence[Entry], size: int) -> bool:
        """Whether there was room. What comes while nothing waits may be larger."""
        if self.entries and (self.entries + len(entries) > MAX_WAITING_ENTRIES or self.size + size > MAX_WAITING_BYTES):
            return False
        self.entries += len(entries)
        self.size += size
        self.waiting.append(entries)
        self.queue.put_nowait(entries)
        return True

    def drop(self) -> None:
        """Nothing waits any more."""
        self.waiting.clear()
        while not self.queue.empty():
            self.queue.get_nowait()

    def taken(self, entries: Sequence[Entry]) -> None:
        """These were written out: those that waited longest."""
        if self.waiting:  # else it was hung up on
            self.waiting.popleft()
        self.entries -= len(entries)
        self.size -= _size(entries)


class Live:
    """Everybody who listens. Owned by the event loop's thread."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._ended = False

    @property
    def listened_to(self) -> bool:
        """Whether anybody listens. From any thread."""
        return bool(self._listeners)

    def publish(self, entries: Sequence[Entry]) -> None:
        """These were committed, in this order: all are of one workspace and one dialect, and nobody else's concern."""
        owner = (entries[0].workspace, entries[0].dialect)
        theirs = [listener for listener in self._listeners if (listener.workspace, listener.dialect) == owner]
        size = _size(entries) if theirs else 0
        for listener in theirs:
            if not listener.offer(entries, size):
                self._hang_up(listener)

    def forget(self, identities: Collection[bytes]) -> None:
        """Entries with these ids were erased: who still waits to be told of one is hung up on, and may come again."""
        for listener in list(self._listeners):
            if any(entry.id in identities for entries in listener.waiting for entry in entries):
                listener.drop()
                self._hang_up(listener)

    def end(self) -> None:
        """Hang up on everybody: the server ends."""
        self._ended = True
        for listener in list(self._listeners):
            self._hang_up(listener)

    def _hang_up(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        listener.queue.put_nowait(())

    @contextmanager
    def listen(self, workspace: int, dialect: str) -> Iterator[Listener]:
        """Gets what is committed from now on for this workspace and dialect."""
        of_one = sum(listener.workspace == workspace for listener in self._listeners)
        if self._ended or len(self._listeners) >= MAX_LISTENERS or of_one >= MAX_LISTENERS_OF_ONE:
            raise Unavailable("there are too many listeners, or the server ends: try again in a second")
        listener = Listener(workspace, dialect)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)


def _size(entries: Sequence[Entry]) -> int:
    return sum([len(entry.payload) for entry in entries])


async def follow(
    live: Live,
    stream: Stream,
    request: Request,
    dialect: str,
    workspace: Workspace,
    receive: Any,
    admitted: Callable[[], Awaitable[bool]],
) -> AsyncGenerator[bytes, None]:
    """The parts of a streamed answer, until the client goes, its key counts no more, or the server ends.

    The first part comes when the client listens: nothing committed after it has come is missed. `admitted` is asked
    before anything else is sent: a stream may outlive its key.
    """
    wants = stream.wants(request)
    gone = asyncio.ensure_future(hung_up(receive))
    try:
        with live.listen(workspace.id, dialect) as listener:
            yield stream.first
            while True:
                entries = await _next(listener.queue, gone, stream.heartbeat_seconds)
                if (entries is not None and not entries) or not await admitted():
                    return
                if entries is None:
                    yield stream.heartbeat
                    continue
                for part in _parts(stream.render(entry, workspace.name) for entry in entries if wants(entry)):
                    yield part
                listener.taken(entries)
    finally:
        gone.cancel()


def _parts(events: Iterable[bytes]) -> Iterator[bytes]:
    """The events, joined up to PART_BYTES; none is made before the one before it was taken."""
    waiting: list[bytes] = []
    size = 0
    for event in events:
        waiting.append(event)
        size += len(event)
        if size >= PART_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


async def _next(
    queue: asyncio.Queue[Sequence[Entry]], gone: asyncio.Future[None], seconds: float
) -> Sequence[Entry] | None:
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
