"""Who waits for checkpoints on the event loop, and the thread that makes them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

import pytest

from affidavit.core.entry import UNPLACED, Entry
from affidavit.errors import StoreFailed, Unavailable
from affidavit.ledger.store import Checkpoint
from affidavit.model import own
from affidavit.model.draft import Submission
from affidavit.server.sealing import Checkpoints, Sealing

WAIT_SECONDS = 30


def checkpoint(size: int) -> Checkpoint:
    """Of this size."""
    return Checkpoint(size, bytes(32), b"note", 0)


def _sizes(size: int) -> Callable[[], Awaitable[int]]:
    async def read() -> int:
        return size

    return read


def entry(position: int) -> Entry:
    """At this position."""
    return Entry(position, b"", 1, 0, b"", "", "", b"", b"", b"", b"", b"", 1, None, None, "", None, 0)


@pytest.mark.parametrize(
    ("positions", "size"), [([3, 6, 4], 7), ([UNPLACED, UNPLACED], 9)], ids=["where it is known", "where it is not"]
)
def test_a_checkpoint_over_what_was_just_committed(positions: list[int], size: int) -> None:
    """Where others commit too, it is one over all that is committed by then."""

    async def wait() -> None:
        checkpoints = Checkpoints(lambda: None, _sizes(9))
        waiting = asyncio.ensure_future(checkpoints.over([entry(position) for position in positions]))
        for short in (0, size - 1):
            checkpoints.note(checkpoint(short))
            await asyncio.sleep(0)
            assert not waiting.done()
        checkpoints.note(checkpoint(size))
        assert await waiting == checkpoint(size)

    asyncio.run(wait())


def test_a_checkpoint_that_covers_what_was_recorded() -> None:
    async def wait() -> None:
        checkpoints = Checkpoints(lambda: None, _sizes(0))
        waiting = [asyncio.ensure_future(checkpoints.covering(size)) for size in (1, 5, 6)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        checkpoints.note(checkpoint(5))
        assert await waiting[1] == checkpoint(5)
        assert await checkpoints.covering(4) == checkpoint(5)
        assert not waiting[2].done()
        checkpoints.fail(StoreFailed("the disk is full"))
        with pytest.raises(Unavailable, match="recorded, but the ledger cannot be sealed now: the disk is full"):
            await waiting[2]

    asyncio.run(wait())


def test_seal_now() -> None:
    async def wait() -> None:
        woken: list[int] = []
        size = 0

        async def committed() -> int:
            return size

        checkpoints = Checkpoints(lambda: woken.append(size), committed)
        assert await checkpoints.seal_now() is None
        assert woken == []
        size = 3
        waiting = asyncio.ensure_future(checkpoints.seal_now())
        await asyncio.sleep(0)
        assert woken == [3]
        checkpoints.note(checkpoint(3))
        assert await waiting == checkpoint(3)

    asyncio.run(wait())


class Loop:
    """What the thread is told to do, and what it does."""

    def __init__(self, heads_seconds: float = 1_000) -> None:
        self.told = threading.Event()
        self.sealed: list[Checkpoint] = []
        self.failed: list[Exception] = []
        self.recorded: list[Submission] = []
        self.fault: Exception | None = None
        self.thread = Sealing(self._seal, self._due, seal_seconds=1_000, heads_seconds=heads_seconds)

    def begin(self, record: Callable[[Submission], Future[list[Entry]]]) -> None:
        """Start the thread."""
        self.thread.begin(record, self._noted, self._noted_failure)

    def _seal(self, now: int, rest: Callable[[], None]) -> Checkpoint | None:
        rest()
        if self.fault is not None:
            raise self.fault
        return checkpoint(len(self.sealed) + 1)

    def _due(self, at: int, rest: Callable[[], None]) -> Submission | None:
        return own.submission("heads", {"chains": 0, "root": "", "size": 0}, at)

    def _noted(self, made: Checkpoint) -> None:
        self.sealed.append(made)
        self.told.set()

    def _noted_failure(self, error: Exception) -> None:
        self.failed.append(error)
        self.told.set()

    def wake(self) -> None:
        """One step, to its end."""
        self.told.clear()
        self.thread.wake()
        assert self.told.wait(WAIT_SECONDS)


def test_it_works_when_it_is_woken_and_goes_on_after_a_fault() -> None:
    loop = Loop()
    loop.begin(lambda submission: Future())
    try:
        loop.wake()
        loop.fault = StoreFailed("the disk is full")
        loop.wake()
        loop.fault = None
        loop.wake()
    finally:
        loop.thread.stop()
    assert [made.size for made in loop.sealed] == [1, 2]
    assert [str(error) for error in loop.failed] == ["the disk is full"]
    assert not loop.thread.is_alive()


def test_heads_are_recorded_before_the_seal_and_an_end_waits_for_nobody() -> None:
    """The event loop that does not answer any more does not keep the thread from ending."""
    loop = Loop(heads_seconds=0)
    asked = threading.Event()
    answers: list[Future[list[Entry]]] = []

    def record(submission: Submission) -> Future[list[Entry]]:
        answers.append(Future())
        if len(answers) == 1:
            answers[0].set_result([])
        else:
            asked.set()
        return answers[-1]

    loop.begin(record)
    loop.wake()
    assert len(answers) == len(loop.sealed) == 1
    until = time.monotonic() + WAIT_SECONDS
    while not asked.wait(0.05) and time.monotonic() < until:  # heads rest the longer the slower the first were
        loop.thread.wake()
    assert asked.is_set()
    loop.thread.stop()
    assert not loop.thread.is_alive()
