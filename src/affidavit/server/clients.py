"""All client connections of a server: what they share, which are too slow, and how they end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from email.utils import formatdate
from typing import Any, Protocol

import msgspec

from affidavit.access.addresses import network_of
from affidavit.errors import Unavailable
from affidavit.server.limits import Budget

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class Timeouts(msgspec.Struct, frozen=True):
    """Seconds; the settings of the same names say what each is for."""

    head_seconds: float
    body_seconds: float
    idle_seconds: float
    drain_seconds: float


class Client(Protocol):
    """A connection, as those see it that look after all of them."""

    def is_late(self, now: float) -> bool:
        """Whether the client has owed us bytes, or left ours untaken, for too long. `now` in loop time."""

    def finish(self) -> None:
        """Answer what was asked, and hang up."""

    def abort(self) -> None:
        """Hang up now."""


class Clients:
    """Owned by the event loop's thread. `date`: the Date header line. `draining`: no request may follow any more."""

    def __init__(
        self, app: Application, loop: asyncio.AbstractEventLoop, timeouts: Timeouts, most_connections: int
    ) -> None:
        self.app = app
        self.loop = loop
        self.timeouts = timeouts
        self.draining = False
        self.date = b""
        self._places = Budget(most_connections, "too many connections")
        self._networks: dict[Client, str] = {}
        self._connections: set[Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[None] = loop.create_future()
        self.tell_time()

    def tell_time(self) -> None:
        """Bring `date` forward."""
        self.date = f"date: {formatdate(time.time(), usegmt=True)}\r\n".encode()

    def add(self, connection: Client, address: str) -> bool:
        """Whether it is welcome: the server does not end, and there is room, also for those who come from elsewhere.

        `address`: where it comes from. An address (of IPv6 a /64) has as many places as it leaves: alone a half.
        """
        self._connections.add(connection)
        if self.draining:
            return False
        network = network_of(address)
        try:
            self._places.take(network, 0, 1)
        except Unavailable:
            return False
        self._networks[connection] = network
        return True

    def remove(self, connection: Client) -> None:
        """It is closed."""
        self._connections.discard(connection)
        network = self._networks.pop(connection, None)
        if network is not None:
            self._places.give(network, 1)
        if self.draining and not self._connections:
            self.give_up()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it as a task of its own."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cut_off_late(self) -> int:
        """Hang up on clients that are late. Returns how many."""
        now = self.loop.time()
        late = [connection for connection in self._connections if connection.is_late(now)]
        for connection in late:
            connection.abort()
        return len(late)

    async def drain(self) -> int:
        """Let every request under way have its answer, within `drain_seconds`. Returns how many clients got none."""
        self.draining = True
        until = self.loop.time() + self.timeouts.drain_seconds
        for connection in list(self._connections):
            connection.finish()
        if self._connections:
            await asyncio.wait([self._ended], timeout=self.timeouts.drain_seconds)
        left = list(self._connections)
        for connection in left:
            # Before their tasks are cancelled: what became of these requests is not known, so nothing may be said.
            connection.abort()
        if self._tasks:
            # Of clients that have gone by themselves: what they sent may be on its way into the ledger.
            await asyncio.wait(self._tasks, timeout=0 if left else max(0.0, until - self.loop.time()))
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(left)

    def give_up(self) -> None:
        """Wait no longer for those that are left."""
        if not self._ended.done():
            self._ended.set_result(None)
