"""Running the application: one event loop, a tick a second, a clean end on SIGINT and SIGTERM."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
from collections.abc import Callable

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


async def serve(
    make_app: Callable[[asyncio.AbstractEventLoop], Application],
    listener: socket.socket,
    timeouts: Timeouts,
    *,
    started: Callable[[], None],
) -> None:
    """Serve until SIGINT or SIGTERM, then let requests under way finish; a second signal ends that too.

    `started` is called once requests are answered. The process is about to end when this returns: what is left to do
    is short, and no further signal interrupts it.
    """
    loop = asyncio.get_running_loop()
    clients = Clients(make_app(loop), loop, timeouts, _most_connections())
    stop = asyncio.Event()

    def end() -> None:
        if stop.is_set():
            clients.give_up()
        stop.set()

    for number in SIGNALS:
        loop.add_signal_handler(number, end)
    server = await loop.create_server(lambda: Connection(clients), sock=listener, backlog=BACKLOG)
    ticking = loop.create_task(_tick(clients))
    try:
        started()
        await stop.wait()
        server.close()
        left = await clients.drain()
        if left:
            structlog.get_logger().warning("clients left without an answer", connections=left)
    finally:
        ticking.cancel()
        _ignore_signals(loop)


def _ignore_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Without a moment in between at which one would kill the process."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    for number in SIGNALS:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


async def _tick(clients: Clients) -> None:
    while True:
        await asyncio.sleep(TICK_SECONDS)
        clients.tell_time()
        late = clients.cut_off_late()
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
