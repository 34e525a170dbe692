"""Running the application: one event loop, a tick a second, a clean end on SIGINT and SIGTERM."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
from collections.abc import Callable, Sequence

import msgspec
import structlog

from affidavit.server.clients import Application, Clients, Timeouts
from affidavit.server.connection import Connection

SIGNALS = (signal.SIGINT, signal.SIGTERM)
TICK_SECONDS = 1.0
"""How often slow clients are looked for."""
BACKLOG = 2048
"""Connections that the system holds for us until we accept them."""
MAX_CONNECTIONS = 10_000
SPARE_FILES = 256
"""Of the files that the process may have open: what is left for the ledger."""


class Service(msgspec.Struct, frozen=True):
    """What is served: an application on each listener, and what must happen before they are drained."""

    applications: Sequence[tuple[socket.socket, Application]]
    end: Callable[[], None]


async def serve(
    make: Callable[[asyncio.AbstractEventLoop], Service], timeouts: Timeouts, *, started: Callable[[], None]
) -> None:
    """Serve until SIGINT or SIGTERM, then let requests under way finish; a second signal ends that too.

    `started` is called once requests are answered. The process is about to end when this returns: what is left to do
    is short, and no further signal interrupts it.
    """
    loop = asyncio.get_running_loop()
    service = make(loop)
    most = _most_connections() // len(service.applications)
    listening = [(listener, Clients(app, loop, timeouts, most)) for listener, app in service.applications]
    everybody = [clients for _, clients in listening]
    stop = asyncio.Event()

    def end() -> None:
        if stop.is_set():
            for clients in everybody:
                clients.give_up()
        stop.set()

    for number in SIGNALS:
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(end))
    servers = [await _listen(loop, listener, clients) for listener, clients in listening]
    ticking = loop.create_task(_tick(everybody))
    try:
        started()
        await stop.wait()
        service.end()
        for server in servers:
            server.close()
        left = sum(await asyncio.gather(*[clients.drain() for clients in everybody]))
        if left:
            structlog.get_logger().warning("clients left without an answer", connections=left)
    finally:
        ticking.cancel()
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


async def _listen(loop: asyncio.AbstractEventLoop, listener: socket.socket, clients: Clients) -> asyncio.Server:
    return await loop.create_server(lambda: Connection(clients), sock=listener, backlog=BACKLOG)


async def _tick(everybody: Sequence[Clients]) -> None:
    while True:
        await asyncio.sleep(TICK_SECONDS)
        for clients in everybody:
            clients.tell_time()
        late = sum(clients.cut_off_late() for clients in everybody)
        if late:
            structlog.get_logger().warning("slow clients cut off", connections=late)


def _most_connections() -> int:
    """As many as files can be open, of which as many are asked for as are of use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(MAX_CONNECTIONS, soft - SPARE_FILES))
