"""A running server: every part made once, handed what it needs, and ended in order."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing

import structlog
import uvloop

from affidavit import dialects
from affidavit.errors import AffidavitError
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.tree import Tree
from affidavit.server import log
from affidavit.server.append import Appender
from affidavit.server.clients import Timeouts
from affidavit.server.downloads import MAX_DOWNLOADS
from affidavit.server.erasing import Erasing
from affidavit.server.indexing import Indexing
from affidavit.server.live import Live
from affidavit.server.log import RequestLog
from affidavit.server.run import Service, serve
from affidavit.server.threads import Threads
from affidavit.settings import Settings
from affidavit.wiring.application import Pools, applications
from affidavit.wiring.database import refuse_incomplete
from affidavit.wiring.following import following_of
from affidavit.wiring.gathering import gathering_of
from affidavit.wiring.ledger import Ledger, held, open_copy, open_store
from affidavit.wiring.listeners import base_url, listen, ports_for
from affidavit.wiring.place import Place, note_place
from affidavit.wiring.retention import forgetting, retaining_of
from affidavit.wiring.scores import scores_of
from affidavit.wiring.sealing import begin_sealing, seal_all, sealer_of, sealing_of

DECODING_THREADS = 2
"""For large bodies. One key has one of them: what takes a second a MiB keeps no other key waiting."""
CHECKING_THREADS = 2
"""For what the ledger is asked before something is recorded, or answered. No client's read gets in their way."""
MAKING_THREADS = 2
"""For files that are made while they are sent."""
ADMITTING_THREADS = 4
"""For keys, where the ledger is across a network. Nothing that takes long gets in their way."""
MAX_WAITING_READS = 1_000
MAX_WAITING_BODIES = 1_000
"""What may wait for a thread; more are answered 503."""
GARBAGE_THRESHOLDS = (50_000, 20, 100)
"""How seldom garbage in cycles is looked for: requests leave next to none. Python's default, 700, costs them 5 %."""
SWITCH_INTERVAL_SECONDS = 0.0005
"""How long a thread may keep the GIL from the event loop's. Python's default, 5 ms, is a long time for a commit."""


def run_server(settings: Settings, place: Place, announce: Callable[[Mapping[str, str], Ledger], None]) -> None:
    """Serve until SIGINT or SIGTERM. `announce` gets the base URLs and the ledger once requests are answered.

    The URL of the port that all dialects share has the name ""; a port of a dialect's own has its name. Raises
    DataDirectoryError, StoreUnreadable, SettingError before anything is served.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    log.start()
    ports = {"": settings.port, **ports_for(settings.port_for, dialects.load())}
    with ExitStack() as opened:
        opened.enter_context(held(place))
        store = opened.enter_context(closing(open_store(place, exclusive=True)))
        shown = opened.enter_context(closing(open_copy(place))) if place.read_url else store
        if place.url:
            refuse_incomplete(place)
        tree = Tree(store)
        sealer = sealer_of(store, settings.data, tree)
        sealer.seal(time.time_ns() // 1000)  # what a crash left undone, or a refusal to go on from an older copy
        if place.url:
            note_place(place)  # by now it is sure to be the ledger of this directory's keys
        listeners = {name: opened.enter_context(listen(settings, port)) for name, port in ports.items()}
        bases = {name: base_url(listener) for name, listener in listeners.items()}
        _serve(settings, store, shown, tree, sealer, listeners, lambda: announce(bases, store))


def _serve(
    settings: Settings,
    store: Ledger,
    shown: Ledger,
    tree: Tree,
    sealer: Sealer,
    listeners: Mapping[str, socket.socket],
    started: Callable[[], None],
) -> None:
    sequencer = Sequencer(store, store.origin, entropy=os.urandom)
    indexing = Indexing(store.index)
    scores = scores_of(store, dialects.load().values())
    sealing = sealing_of(store, sealer, settings)
    gathering = gathering_of(store, tree, settings)
    timeouts = Timeouts(settings.head_seconds, settings.body_seconds, settings.idle_seconds, settings.drain_seconds)
    with (
        Threads("large bodies", DECODING_THREADS, MAX_WAITING_BODIES) as decoders,
        Threads("reads", settings.read_threads, MAX_WAITING_READS, settings.read_seconds) as readers,
        Threads("checks", CHECKING_THREADS, MAX_WAITING_READS) as checkers,
        Threads("files", MAKING_THREADS, MAX_DOWNLOADS) as makers,
        Threads("keys", ADMITTING_THREADS, MAX_WAITING_READS) as porters,
        ExitStack() as ending,
    ):

        def make(loop: asyncio.AbstractEventLoop) -> Service:
            live = Live()
            appender = Appender(sequencer, loop, live)
            checkpoints = begin_sealing(sealing, sealer, store, appender, loop, checkers, gathering.sealed)
            erasing = Erasing(store, appender.append, readers, forgetting(scores, live))
            apps = applications(
                settings, store, shown, tree, appender, live, checkpoints, erasing,
                Pools(decoders, readers, checkers, makers, porters), RequestLog(loop), listeners, scores,
            )  # fmt: skip
            _retain(settings, store, erasing, loop, ending)
            if store.shared:
                following = following_of(store, live, scores, loop)
                ending.callback(following.stop)
                following.start()
            return Service([(listeners[name], app) for name, app in apps.items()], live.end)

        indexing.start()
        gathering.begin()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve(make, timeouts, started=started))
            sequencer.drain()
            sealing.stop()
            _seal_last(store, sequencer, sealer)
        finally:
            sealing.stop()
            gathering.stop()
            indexing.stop()


def _retain(
    settings: Settings, store: Ledger, erasing: Erasing, loop: asyncio.AbstractEventLoop, ending: ExitStack
) -> None:
    """Begin to erase what grows too old, where the operator wants that, until `ending`."""
    if settings.retention_days:
        retaining = retaining_of(store, erasing, settings.retention_days, loop)
        ending.callback(retaining.stop)
        retaining.start()


def _seal_last(store: Ledger, sequencer: Sequencer, sealer: Sealer) -> None:
    """What cannot be sealed now is sealed at the next start: everything that was answered is durable."""
    try:
        seal_all(store, sequencer, sealer)
    except AffidavitError as error:
        structlog.get_logger().error("the last entries are not sealed", why=str(error))
