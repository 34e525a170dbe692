"""A running server: every part made once, handed what it needs, and ended in order."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable

import uvloop

from affidavit import dialects
from affidavit.access.admission import Admission
from affidavit.access.rates import Rates
from affidavit.errors import SettingError
from affidavit.ledger.asking import Asking, home_of
from affidavit.ledger.reader import VerifiedChains
from affidavit.ledger.repeats import REMEMBERED
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.signer import load_signer
from affidavit.server import log
from affidavit.server.app import App, Memory
from affidavit.server.append import Appender
from affidavit.server.clients import Timeouts
from affidavit.server.endpoints import Endpoints
from affidavit.server.gate import Gate
from affidavit.server.indexing import Indexing
from affidavit.server.limits import Budget
from affidavit.server.log import RequestLog
from affidavit.server.router import Router
from affidavit.server.run import serve
from affidavit.server.threads import Threads
from affidavit.settings import Settings
from affidavit.storage.sqlite import SqliteStore
from affidavit.wiring.directory import DEFAULT_WORKSPACE, SIGNER_FILE, open_store, workspace_named
from affidavit.wiring.scores import note_committed, scores_of
from affidavit.wiring.secrets import signing_secrets

MAX_WAITING_READS = 1_000
MAX_WAITING_BODIES = 1_000
"""What may wait for a thread; more are answered 503."""
SWITCH_INTERVAL_SECONDS = 0.0005
"""How long a thread may keep the GIL from the event loop's. Python's default, 5 ms, is a long time for a commit."""


def run_server(settings: Settings, announce: Callable[[str, SqliteStore], None]) -> None:
    """Serve until SIGINT or SIGTERM. `announce` gets the base URL and the ledger once requests are answered.

    Raises DataDirectoryError, StoreUnreadable, SettingError before anything is served.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    log.start()
    store = open_store(settings.data, exclusive=True)
    try:
        load_signer(settings.data / SIGNER_FILE, store.origin)
        with _listen(settings) as listener:
            host, port = listener.getsockname()[:2]
            base = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            _serve(settings, store, listener, lambda: announce(base, store))
    finally:
        store.close()


def _listen(settings: Settings) -> socket.socket:
    host = settings.host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise SettingError(
            f"cannot listen on {host} port {settings.port}: {error.strerror}. Choose another with --port or --host"
        ) from None
    except UnicodeError:
        raise SettingError(f"cannot listen on {host!r}: it is no address and no host name") from None


def _serve(settings: Settings, store: SqliteStore, listener: socket.socket, started: Callable[[], None]) -> None:
    sequencer = Sequencer(store, store.origin, entropy=os.urandom)
    indexing = Indexing(store.index)
    timeouts = Timeouts(settings.head_seconds, settings.body_seconds, settings.idle_seconds, settings.drain_seconds)
    with (
        Threads("large bodies", 1, MAX_WAITING_BODIES) as decoders,
        Threads("reads", settings.read_threads, MAX_WAITING_READS) as readers,
    ):

        def make_app(loop: asyncio.AbstractEventLoop) -> App:
            return _app(settings, store, Appender(sequencer, loop), decoders, readers, RequestLog(loop))

        indexing.start()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve(make_app, listener, timeouts, started=started))
            sequencer.drain()
        finally:
            indexing.stop()


def _app(
    settings: Settings,
    store: SqliteStore,
    appender: Appender,
    decoders: Threads,
    readers: Threads,
    requests: RequestLog,
) -> App:
    known = dialects.load()
    default = workspace_named(store, DEFAULT_WORKSPACE)
    verified = VerifiedChains(store.origin)
    scores = scores_of(store, known.values())
    gate = Gate(
        admission=Admission(store, time.time, everyone=default if settings.open else None),
        rates=Rates(settings.rate_per_minute, time.time),
        public=default,
        public_reads=settings.public_reads,
        home=lambda dialect, key: home_of(store, store.workspaces(), dialect, key),
    )
    endpoints = Endpoints(
        gate,
        appender,
        reading=lambda workspace, now: Asking(store, workspace, verified, scores, store.workspaces, now),
        committed=lambda entries: note_committed(scores, entries),
        recorded=lambda once, now: bool(store.repeats([once.key], now - REMEMBERED)),
        secret=signing_secrets(settings.data),
        entropy=os.urandom,
        decoders=decoders,
        readers=readers,
        body_bytes=settings.body_bytes,
    )
    most = max(settings.inflight_bytes, settings.body_bytes)
    memory = Memory(
        bodies=Budget(most, "too many large requests at once"), answers=Budget(most, "too many large answers at once")
    )
    return App(Router(known.values()), endpoints, memory, requests, ready=store.ping)
