"""What seals a ledger: its tree, its signer and its files, put together; and the last seal of all."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path

from affidavit.core.entry import Entry
from affidavit.ledger.heads import heads_due
from affidavit.ledger.published import Published
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.store import Checkpoint
from affidavit.ledger.tree import Tree
from affidavit.server.append import Appender
from affidavit.server.sealing import Checkpoints, Sealing
from affidavit.settings import Settings
from affidavit.storage.sqlite import SqliteStore
from affidavit.wiring.directory import open_store
from affidavit.wiring.signing import settled_signer


def sealer_of(store: SqliteStore, directory: Path, tree: Tree) -> Sealer:
    """The sealer of a data directory's ledger, which is ours to append to; a rotation that was cut short is ended.

    Raises DataDirectoryError where its signer cannot be used.
    """
    return Sealer(store, tree, settled_signer(store, directory, store.origin), Published(directory))


def sealing_of(store: SqliteStore, sealer: Sealer, settings: Settings) -> Sealing:
    """The thread for it, which does not run yet."""
    return Sealing(
        sealer.seal,
        partial(heads_due, store),
        seal_seconds=settings.seal_seconds,
        heads_seconds=settings.heads_seconds,
    )


def begin_sealing(
    sealing: Sealing,
    store: SqliteStore,
    appender: Appender,
    loop: asyncio.AbstractEventLoop,
    gather: Callable[[Checkpoint], None],
) -> Checkpoints:
    """Start the thread beside an event loop, which alone appends, and is told what comes of it.

    `gather` gets each checkpoint too, on the sealing thread: it returns at once.
    """
    checkpoints = Checkpoints(sealing.wake, store.size)
    newest = store.checkpoint()
    if newest is not None:
        checkpoints.note(newest)

    def tell(callback: Callable[..., None], what: object) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(callback, what)

    def sealed(checkpoint: Checkpoint) -> None:
        tell(checkpoints.note, checkpoint)
        gather(checkpoint)

    sealing.begin(
        lambda submission: asyncio.run_coroutine_threadsafe(appender.append(submission), loop),
        sealed,
        partial(tell, checkpoints.fail),
    )
    return checkpoints


def seal_all(store: SqliteStore, sequencer: Sequencer, sealer: Sealer) -> Checkpoint | None:
    """Heads where they are due, then a checkpoint over everything. Only where nobody else appends or seals."""
    now = time.time_ns() // 1000
    submission = heads_due(store, now)
    if submission is not None:
        ticket: Future[list[Entry]] = Future()
        sequencer.submit(submission, ticket)
        sequencer.drain()
        ticket.result(0)
    return sealer.seal(now)


def seal_directory(directory: Path) -> Checkpoint | None:
    """The same for a data directory that no server runs on. Raises DataDirectoryError where one does."""
    store = open_store(directory, exclusive=True)
    try:
        return seal_all(
            store, Sequencer(store, store.origin, entropy=os.urandom), sealer_of(store, directory, Tree(store))
        )
    finally:
        store.close()
