"""From the event loop to the sequencer and back: one turn of the sequencer for all requests that wait."""

from __future__ import annotations

import asyncio

from affidavit.core.entry import Entry
from affidavit.ledger.repeats import Repeated
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Submission
from affidavit.server.live import Live


class Appender:
    """Owned by the event loop's thread, like the sequencer it turns.

    The commit runs on this thread on purpose: in a thread of its own, beside a busy interpreter, each row would wait
    for the GIL (docs/decisions/0002-commit-on-the-loop.md).
    """

    def __init__(self, sequencer: Sequencer, loop: asyncio.AbstractEventLoop, live: Live) -> None:
        """`live` is told of what was committed."""
        self._live = live
        self._sequencer = sequencer
        self._loop = loop
        self._scheduled = False

    async def append(self, submission: Submission) -> list[Entry]:
        """Returns once the entries are durable, in the drafts' order. Raises Unavailable; nothing was stored then."""
        ticket: asyncio.Future[list[Entry]] = self._loop.create_future()
        self._sequencer.submit(submission, ticket)
        if not self._scheduled:
            self._scheduled = True
            # Behind everything that is ready now, so that all requests of this turn share one commit.
            self._loop.call_soon(self._turn)
        entries = await ticket
        if not isinstance(entries, Repeated):
            self._live.publish(entries)
        return entries

    def _turn(self) -> None:
        self._scheduled = False
        self._sequencer.turn()
        if self._sequencer.waiting:
            self._scheduled = True
            self._loop.call_soon(self._turn)
