"""The application without a socket: over a store in memory, with routes that do what a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest.mock import Mock

from msgspec.structs import replace

from affidavit.access.admission import Admission
from affidavit.access.rates import Rates
from affidavit.core.entry import Entry
from affidavit.dialects.agentlens import DIALECT
from affidavit.dialects.contract import Dialect, Ingest, Read
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Workspace
from affidavit.model.reading import Reading
from affidavit.server.app import App, Memory
from affidavit.server.append import Appender
from affidavit.server.bodies import Bodies
from affidavit.server.documents import Documents
from affidavit.server.downloads import Downloads
from affidavit.server.endpoints import Endpoints
from affidavit.server.erasing import Erasing
from affidavit.server.gate import Gate
from affidavit.server.limits import Budget
from affidavit.server.live import Live
from affidavit.server.log import RequestLog
from affidavit.server.orders import Orders
from affidavit.server.preferences import Preferences
from affidavit.server.recording import Recording
from affidavit.server.router import Router
from affidavit.server.sealing import Checkpoints
from affidavit.server.threads import Threads
from affidavit.storage.memory import MemoryStore
from tests.server.raw import Gone, Reply

ORIGIN = "affidavit.local/edge"
EVERYONE = Workspace(1, "default", b"s" * 16)
EVENT = b'{"events":[{"sessionId":"s","agentId":"a","eventType":"session_started"}]}'
INGEST, READ = DIALECT.ingests[0], DIALECT.reads[0]


def dialect(*, ingest: Ingest = INGEST, read: Read = READ, **fields: Any) -> Dialect:
    """AgentLens with other routes or parts."""
    return replace(DIALECT, ingests=(ingest,), reads=(read,), **fields)


def ask(
    spoken: Dialect,
    method: str = "GET",
    content: bytes = b"",
    *,
    path: str = "/api/events",
    store: MemoryStore | None = None,
    ready: Callable[[], None] = lambda: None,
    committed: Callable[[Sequence[Entry]], bool] = lambda entries: False,
    readers: Threads | None = None,
    stays: bool = True,
) -> Reply:
    """The answer to one request. Raises Gone where a client that does not stay gets none."""
    return asyncio.run(_ask(spoken, method, path, content, store or MemoryStore(), ready, committed, readers, stays))


async def _ask(
    spoken: Dialect,
    method: str,
    path: str,
    content: bytes,
    store: MemoryStore,
    ready: Callable[[], None],
    committed: Callable[[Sequence[Entry]], bool],
    readers: Threads | None,
    stays: bool,
) -> Reply:
    loop = asyncio.get_running_loop()
    with ExitStack() as threads:
        unlimited = Rates(0, lambda: 0.0)
        gate = Gate(Admission(store, lambda: 0.0, everyone=EVERYONE), unlimited, unlimited, EVERYONE, True, _nowhere)
        live = Live()
        decoders = threads.enter_context(Threads("large bodies", 1, 10))
        checkers = threads.enter_context(Threads("checks", 1, 10))
        reads = threads.enter_context(readers or Threads("reads", 1, 10))
        makers = threads.enter_context(Threads("files", 1, 10))
        bodies = Bodies(decoders, 1 << 20)
        appender = Appender(Sequencer(store, ORIGIN, entropy=bytes), loop, live)
        checkpoints = Checkpoints(lambda: None, partial(checkers.run_surely, store.size))
        recording = Recording(
            appender,
            bodies,
            Preferences(checkpoints.over, lambda entries: b"", checkers),
            reading=lambda workspace, now: Mock(spec=Reading),
            committed=committed,
            recorded=lambda once, now: False,
            secret=lambda dialect, key, generation: None,
            entropy=bytes,
            decoders=decoders,
            checkers=checkers,
        )
        erasing = Erasing(store, appender.append, reads, lambda entries: None)
        endpoints = Endpoints(
            gate,
            recording,
            live,
            Orders(store, appender.append, erasing, checkpoints, reads),
            Downloads(makers),
            bodies,
            reading=lambda workspace, now: Mock(spec=Reading),
            readers=reads,
        )
        budget = Budget(1 << 20, "too much")

        async def answers() -> None:
            ready()

        app = App(Router([spoken]), endpoints, Documents({}), Memory(budget, budget, budget), RequestLog(loop), answers)
        sent: list[dict[str, Any]] = []

        messages = iter([{"type": "http.request", "body": content, "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in messages:
                return message
            if stays:
                await loop.create_future()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
            "client": ("127.0.0.1", 1),
        }
        await app(scope, receive, send)
    if not sent:
        raise Gone
    start, *rest = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], headers, b"".join(message["body"] for message in rest))


def _nowhere(dialect: str, chain_key: str) -> Workspace | None:
    return None


def logged(text: bytes) -> list[dict[str, Any]]:
    """The lines of a log."""
    return [json.loads(line) for line in text.splitlines()]
