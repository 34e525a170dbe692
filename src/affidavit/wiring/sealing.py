"""What seals a ledger: its tree, its signer and its files, put together; and the last seal of all."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from affidavit.core.entry import Entry
from affidavit.errors import OlderCopy, OtherHistory
from affidavit.ledger.heads import heads_due
from affidavit.ledger.published import Published
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.store import Checkpoint, Store
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Submission
from affidavit.server.append import Appender
from affidavit.server.sealing import Checkpoints, Sealing
from affidavit.server.threads import Threads
from affidavit.settings import Settings
from affidavit.wiring.ledger import Ledger, held, open_store, take_lead
from affidavit.wiring.place import Place
from affidavit.wiring.signing import settled_signer


def sealer_of(store: Ledger, directory: Path, tree: Tree) -> Sealer:
    """The sealer of a data directory's ledger, which is ours to append to; a rotation that was cut short is ended.

    Raises DataDirectoryError where its signer cannot be used.
    """
    return Sealer(store, tree, settled_signer(store, directory, store.origin), Published(directory))


def sealing_of(store: Store, sealer: Sealer, settings: Settings) -> Sealing:
    """The thread for it, which does not run yet."""
    return Sealing(
        sealer.seal,
        partial(_heads_due, store, sealer),
        seal_seconds=settings.seal_seconds,
        heads_seconds=settings.heads_seconds,
    )


def _heads_due(store: Store, sealer: Sealer, at: int, rest: Callable[[], None] = lambda: None) -> Submission | None:
    """Who seals has heads recorded, and nobody else."""
    return heads_due(store, at, rest) if sealer.leads() else None


def begin_sealing(
    sealing: Sealing,
    sealer: Sealer,
    store: Store,
    appender: Appender,
    loop: asyncio.AbstractEventLoop,
    threads: Threads,
    gather: Callable[[Checkpoint], None],
) -> Checkpoints:
    """Start the thread beside an event loop, which alone appends, and is told what comes of it.

    `threads`: where the store is asked. `gather` gets each checkpoint that is ours to seal, on the sealing thread: it
    returns at once.
    """
    checkpoints = Checkpoints(sealing.wake, partial(threads.run_surely, store.size))
    newest = store.checkpoint()
    if newest is not None:
        checkpoints.note(newest)

    def tell(callback: Callable[..., None], what: object) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(callback, what)

    def sealed(checkpoint: Checkpoint) -> None:
        tell(checkpoints.note, checkpoint)
        if sealer.led:
            gather(checkpoint)

    def failed(error: Exception) -> None:
        if isinstance(error, OlderCopy | OtherHistory):
            tell(appender.refuse, error)
        tell(checkpoints.fail, error)

    sealing.begin(
        lambda submission: asyncio.run_coroutine_threadsafe(appender.append(submission), loop),
        sealed,
        failed,
    )
    return checkpoints


def seal_all(store: Store, sequencer: Sequencer, sealer: Sealer) -> Checkpoint | None:
    """Heads where they are due, then a checkpoint over everything, if it is for this process to seal."""
    now = time.time_ns() // 1000
    submission = _heads_due(store, sealer, now)
    if submission is not None:
        ticket: Future[list[Entry]] = Future()
        sequencer.submit(submission, ticket)
        sequencer.drain()
        ticket.result(0)
    return sealer.seal(now)


def seal_place(place: Place) -> Checkpoint | None:
    """The same where no server runs. Raises DirectoryInUse for one on the directory, DataDirectoryError for others."""
    with held(place), closing(open_store(place, exclusive=True)) as store:
        take_lead(store, place, "POST /v1/affidavit/seal makes a checkpoint at once")
        sealer = sealer_of(store, place.directory, Tree(store))
        return seal_all(store, Sequencer(store, store.origin, entropy=os.urandom), sealer)
