"""The thread that seals the ledger, off the commit's path, and who waits for it on the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Final, Protocol

import structlog

from affidavit.core.entry import UNPLACED, Entry
from affidavit.errors import AffidavitError, Unavailable
from affidavit.ledger.store import Checkpoint
from affidavit.model.draft import Submission

REST_SECONDS: Final = 0.003
"""How long it lets the event loop be after each piece of work, which takes about as long."""
HEADS_REST: Final = 50
"""Between two heads at least so many times as long as making them took: a fiftieth of a processor is their share."""
_LOOK_SECONDS: Final = 0.1
"""How often it looks whether it is to stop while the event loop records something for it."""


class Seal(Protocol):
    """`Sealer.seal`."""

    def __call__(self, now: int, rest: Callable[[], None]) -> Checkpoint | None: ...


class HeadsDue(Protocol):
    """`heads_due` of the store."""

    def __call__(self, at: int, rest: Callable[[], None]) -> Submission | None: ...


class Checkpoints:
    """The newest checkpoint, and everybody who waits for one. Owned by the event loop's thread."""

    def __init__(self, wake: Callable[[], None], size: Callable[[], Awaitable[int]]) -> None:
        """`wake` has the sealer work at once; `size`: how many entries are committed, which may be a read."""
        self._wake = wake
        self._size = size
        self._waiting: list[tuple[int, asyncio.Future[Checkpoint]]] = []
        self.newest: Checkpoint | None = None

    async def covering(self, size: int) -> Checkpoint:
        """The first checkpoint over at least `size` entries, as soon as there is one.

        Raises Unavailable where the ledger cannot be sealed now: what was recorded stays, and is sealed later.
        """
        if self.newest is not None and self.newest.size >= size:
            return self.newest
        future: asyncio.Future[Checkpoint] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, future))
        return await future

    async def over(self, entries: Sequence[Entry]) -> Checkpoint:
        """The first checkpoint over entries that were committed, at least one. Raises Unavailable, as `covering`.

        Where they are is not known yet in a ledger that is shared: then it is one over all that is committed now.
        """
        if any(entry.position == UNPLACED for entry in entries):
            return await self.covering(await self._size())
        return await self.covering(max(entry.position for entry in entries) + 1)

    async def seal_now(self) -> Checkpoint | None:
        """A checkpoint over all that is committed, without waiting for the next in turn; None for an empty ledger.

        Raises Unavailable, as `covering`.
        """
        size = await self._size()
        if not size:
            return None
        self._wake()
        return await self.covering(size)

    def note(self, checkpoint: Checkpoint) -> None:
        """There is another."""
        self.newest = checkpoint
        waiting, self._waiting = self._waiting, []
        for size, future in waiting:
            if size > checkpoint.size:
                self._waiting.append((size, future))
            elif not future.done():  # else its client has gone
                future.set_result(checkpoint)

    def fail(self, error: Exception) -> None:
        """There will be none for now: nobody waits for ever."""
        waiting, self._waiting = self._waiting, []
        why = str(error) if isinstance(error, AffidavitError) else "a fault of ours, which the program's log has"
        for _, future in waiting:
            if not future.done():
                future.set_exception(Unavailable(f"recorded, but the ledger cannot be sealed now: {why}"))


class Sealing(threading.Thread):
    """Heads when they are due, then a seal; runs until `stop`."""

    FAULT_SECONDS = 5.0
    """Pause before it is tried again."""

    def __init__(self, seal: Seal, heads_due: HeadsDue, *, seal_seconds: float, heads_seconds: float) -> None:
        super().__init__(name="sealing", daemon=True)
        self._seal = seal
        self._heads_due = heads_due
        self._seal_seconds = seal_seconds
        self._heads_seconds = heads_seconds
        self._heads_at = 0.0
        self._woken = threading.Event()
        self._stopping = threading.Event()

    def begin(
        self,
        record: Callable[[Submission], Future[list[Entry]]],
        sealed: Callable[[Checkpoint], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Start. `record` has the event loop append, which alone may; the others are told it. From this thread."""
        self._record = record
        self._sealed = sealed
        self._failed = failed
        self._heads_at = time.monotonic() + self._heads_seconds
        self.start()

    def wake(self) -> None:
        """Seal at once. From any thread."""
        self._woken.set()

    def run(self) -> None:
        """Step by step."""
        log = structlog.get_logger()
        due = time.monotonic() + self._seal_seconds
        while True:
            self._woken.wait(max(0.0, due - time.monotonic()))
            if self._stopping.is_set():
                return
            self._woken.clear()
            due = time.monotonic() + self._seal_seconds
            try:
                self._step()
            except Exception as error:
                log.error("sealing", exc_info=True)
                self._failed(error)
                due = time.monotonic() + self.FAULT_SECONDS

    def _step(self) -> None:
        if time.monotonic() >= self._heads_at:
            self._record_heads()
        checkpoint = self._seal(_now(), _rest)
        if checkpoint is not None:
            self._sealed(checkpoint)

    def _record_heads(self) -> None:
        started = time.monotonic()
        submission = self._heads_due(_now(), _rest)
        ended = time.monotonic()
        self._heads_at = ended + max(self._heads_seconds, HEADS_REST * (ended - started))
        if submission is None:
            return
        recorded = self._record(submission)
        while not self._stopping.is_set():
            try:
                recorded.result(_LOOK_SECONDS)
            except TimeoutError:
                continue
            return

    def stop(self) -> None:
        """Finish the step under way and end."""
        self._stopping.set()
        self._woken.set()
        if self.is_alive():
            self.join()


def _rest() -> None:
    time.sleep(REST_SECONDS)


def _now() -> int:
    return time.time_ns() // 1000
