"""From the event loop to the sequencer and back: one turn of the sequencer for all requests that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from affidavit.core.entry import Entry
from affidavit.errors import Unavailable
from affidavit.ledger.repeats import Repeated
from affidavit.ledger.sequencer import Outcomes, Sequencer
from affidavit.ledger.waiting import Waiting
from affidavit.model.draft import Submission
from affidavit.server.live import Live


class Appender:
    """Owned by the event loop's thread, like the sequencer it turns.

    Where the ledger is this process's own, the commit runs on this thread on purpose: in a thread of its own, beside a
    busy interpreter, each row would wait for the GIL (docs/decisions/0002-commit-on-the-loop.md). Where it is shared, a
    commit is mostly waiting for the network and for another machine's disk: that has a thread, and the requests that
    come meanwhile are the next commit.
    """

    def __init__(self, sequencer: Sequencer, loop: asyncio.AbstractEventLoop, live: Live) -> None:
        """`live` is told of what was committed, unless others commit too: then it is told of theirs and ours alike, by
        who follows the ledger (server.following).
        """
        self._live = live
        self._sequencer = sequencer
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, "commits") if sequencer.shared else None
        self._scheduled = False
        self._refusal: Exception | None = None

    @property
    def shared(self) -> bool:
        """Whether other servers append to the ledger too."""
        return self._sequencer.shared

    async def append(self, submission: Submission) -> list[Entry]:
        """Returns once the entries are durable, in the drafts' order. Raises Unavailable; nothing was stored then.

        On a shared ledger they have no position yet.
        """
        self.check()
        ticket: asyncio.Future[list[Entry]] = self._loop.create_future()
        self._sequencer.submit(submission, ticket)
        if not self._scheduled:
            self._schedule()
        entries = await ticket
        if self._thread is None and not isinstance(entries, Repeated):
            self._live.publish(entries)
        return entries

    def check(self) -> None:
        """Raises Unavailable where nothing is recorded any more."""
        if self._refusal is not None:
            raise Unavailable(f"nothing is recorded until the server is started again: {self._refusal}")

    def refuse(self, error: Exception) -> None:
        """From now on nothing is recorded, since what is there is not this ledger any more: that does not pass."""
        self._refusal = error

    def _schedule(self) -> None:
        """Behind everything that is ready now, so that all requests of this turn share one commit."""
        self._scheduled = True
        self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        if self._thread is None:
            try:
                self._sequencer.turn()
            finally:
                self._go_on()
            return
        taken = self._sequencer.take()
        work = self._loop.run_in_executor(self._thread, self._sequencer.work, taken)
        work.add_done_callback(lambda done: self._settle(taken, done))

    def _settle(self, taken: Sequence[Waiting], done: asyncio.Future[Outcomes]) -> None:
        """The one time that the loop is woken for a turn, whoever waits for it."""
        try:
            if not done.cancelled():  # else the loop has ended
                self._sequencer.settle(taken, done.result())
        finally:
            self._go_on()

    def _go_on(self) -> None:
        self._scheduled = False
        if self._sequencer.waiting:
            self._schedule()
