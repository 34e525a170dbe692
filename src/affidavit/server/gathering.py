"""The thread that asks others about checkpoints, off the sealer's path: witnesses, time-stamping authorities.

Everybody is asked about the newest checkpoint at once, and one round is under way at a time, so that the witnesses of
a quorum see the same checkpoints; what was sealed meanwhile but is not the newest any more is not asked about. Who has
no answer when the round's time is over, or had none of use last time, is not waited for: its answer is taken when it
comes, and until then it is not asked again. Nothing here makes a seal or an ingest wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol

import structlog

from affidavit.errors import AffidavitError
from affidavit.ledger.store import Checkpoint

FAULT_SECONDS: Final = 10.0
"""How long somebody is left alone who gave no answer of use."""
LOG_SECONDS: Final = 60.0
"""For so long nothing more is said of the same one."""
_LOOK_SECONDS: Final = 1.0
"""How often it is looked who may be asked again."""


class Source(Protocol):
    """Somebody to ask. `rest_seconds`: between two answers at least."""

    name: str
    rest_seconds: float

    def ask(self, checkpoint: Checkpoint) -> Any:
        """What it says of a checkpoint. Takes as long as it takes, in a thread of its own; never twice at once."""
        ...

    def keep(self, checkpoint: Checkpoint, said: Any) -> None:
        """Store that. From the gathering thread."""
        ...


class _Turn:
    """Whose turn it is when. `size`: of the newest checkpoint that it has spoken of. Monotonic seconds."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.size = 0
        self.is_asked = False
        self.is_faulty = False
        self.due = 0.0
        self.quiet_until = 0.0

    def is_next(self, checkpoint: Checkpoint) -> bool:
        return not self.is_asked and self.size < checkpoint.size and time.monotonic() >= self.due


class Gathering(threading.Thread):
    """Runs until `stop`."""

    def __init__(self, sources: Sequence[Source], round_seconds: float) -> None:
        super().__init__(name="gathering", daemon=True)
        self._turns = [_Turn(source) for source in sources]
        self._round_seconds = round_seconds
        self._newest: Checkpoint | None = None
        self._news = threading.Event()
        self._answers: SimpleQueue[tuple[_Turn, Checkpoint, Any] | None] = SimpleQueue()
        self._stopping = False

    def begin(self) -> None:
        """Start, if there is anybody to ask."""
        if self._turns:
            self.start()

    def sealed(self, checkpoint: Checkpoint) -> None:
        """There is this checkpoint, or still is. From any thread; returns at once."""
        if self._newest is None or checkpoint.size > self._newest.size:
            self._newest = checkpoint
            self._news.set()

    def run(self) -> None:
        """Round by round."""
        while not self._stopping:
            self._news.wait(_LOOK_SECONDS)
            self._news.clear()
            self._take_late()
            if self._newest is not None:
                self._round(self._newest)

    def _round(self, checkpoint: Checkpoint) -> None:
        until = time.monotonic() + self._round_seconds
        asked = [turn for turn in self._turns if turn.is_next(checkpoint)]
        for turn in asked:
            turn.is_asked = True
            threading.Thread(target=self._ask, args=(turn, checkpoint), name=turn.source.name, daemon=True).start()
        while any(turn.is_asked and not turn.is_faulty for turn in asked) and not self._stopping:
            try:
                self._take(self._answers.get(timeout=max(0.0, until - time.monotonic())))
            except Empty:
                break
        for turn in asked:
            if turn.is_asked and not turn.is_faulty and not self._stopping:
                self._complain(turn, f"it has not answered within {self._round_seconds:g} s")

    def _ask(self, turn: _Turn, checkpoint: Checkpoint) -> None:
        try:
            said = turn.source.ask(checkpoint)
        except Exception as error:
            said = error
        self._answers.put((turn, checkpoint, said))

    def _take_late(self) -> None:
        while not self._answers.empty():
            self._take(self._answers.get())

    def _take(self, answer: tuple[_Turn, Checkpoint, Any] | None) -> None:
        if answer is None:  # from `stop`
            return
        turn, checkpoint, said = answer
        turn.is_asked = False
        try:
            if isinstance(said, Exception):
                raise said
            turn.source.keep(checkpoint, said)
        except AffidavitError as error:
            self._complain(turn, str(error))
        except Exception:
            structlog.get_logger().error("gathering", source=turn.source.name, exc_info=True)
            turn.is_faulty, turn.due = True, time.monotonic() + LOG_SECONDS
        else:
            turn.is_faulty, turn.size = False, checkpoint.size
            turn.due = time.monotonic() + turn.source.rest_seconds

    def _complain(self, turn: _Turn, why: str) -> None:
        now = time.monotonic()
        turn.is_faulty, turn.due = True, now + FAULT_SECONDS
        if now >= turn.quiet_until:
            turn.quiet_until = now + LOG_SECONDS
            structlog.get_logger().warning("no answer", source=turn.source.name, why=why)

    def stop(self) -> None:
        """End. Who is being asked is not waited for."""
        self._stopping = True
        self._news.set()
        self._answers.put(None)
        if self.is_alive():
            self.join()
