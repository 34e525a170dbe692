"""Running the application: one event loop, a thread that indexes, a clean end on SIGINT and SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Generator
from typing import Any, cast

import msgspec
import structlog
import uvicorn

from affidavit.server.protocol import Connection, cut_off_slow

SWEEP_SECONDS = 1.0
"""How often slow clients are looked for."""


class Timeouts(msgspec.Struct, frozen=True):
    """Seconds; the settings of the same names say what each is for."""

    head_seconds: float
    body_seconds: float
    idle_seconds: int
    drain_seconds: int


class _Server(uvicorn.Server):
    """uvicorn, except that it says when it listens, and that a signal ends it with exit code 0 once it is drained."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()


async def serve(
    make_app: Callable[[asyncio.AbstractEventLoop], Any],
    listeners: list[socket.socket],
    timeouts: Timeouts,
    *,
    started: Callable[[], None],
) -> None:
    """Serve until SIGINT or SIGTERM, then let requests under way finish. `started` is called once it listens."""
    loop = asyncio.get_running_loop()
    config = uvicorn.Config(
        make_app(loop),
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=timeouts.idle_seconds,
        timeout_graceful_shutdown=timeouts.drain_seconds,
        backlog=2048,
    )
    server = _Server(config, started)
    sweep = loop.create_task(_sweep(server, timeouts))
    try:
        await server.serve(sockets=listeners)
    finally:
        sweep.cancel()


async def _sweep(server: uvicorn.Server, timeouts: Timeouts) -> None:
    log = structlog.get_logger()
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        cut = cut_off_slow(server.server_state.connections, loop.time(), timeouts.head_seconds, timeouts.body_seconds)
        if cut:
            log.warning("slow clients cut off", connections=cut)


class Indexing(threading.Thread):
    """Brings the store's derived tables forward, off the commit's path, in a thread of its own."""

    IDLE_SECONDS = 0.2
    """Pause when there was nothing to do."""

    def __init__(self, index: Callable[[int], int], step: int) -> None:
        """`index(step)` moves forward by at most `step` entries and says by how many."""
        super().__init__(name="indexing", daemon=True)
        self._index = index
        self._step = step
        self._stopping = threading.Event()

    def run(self) -> None:
        log = structlog.get_logger()
        while not self._stopping.is_set():
            moved = 0
            try:
                moved = self._index(self._step)
            except Exception:  # reads stay right without it, only slower; the next round tries again
                log.error("indexing", exc_info=True)
                self._stopping.wait(5)
            if not moved:
                self._stopping.wait(self.IDLE_SECONDS)

    def stop(self) -> None:
        """Finish the step under way and end."""
        self._stopping.set()
        self.join()
