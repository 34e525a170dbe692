"""The sequencer: what waits is committed in groups, and who waits is told.

`submit` queues; `turn` takes everything that waits and commits it in one transaction, so that many small requests share
one fsync. The server calls `turn` once per turn of its event loop, or its parts: `take` and `settle` are for the thread
that submits and owns the tickets; `work`, which reads and writes the store, may run in another, one at a time. Tests
crank it by hand. Nobody is answered before `Store.append` has returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from affidavit.core.entry import Entry, is_name
from affidavit.errors import (
    Contended,
    Forbidden,
    HeadMoved,
    KeyReused,
    Refused,
    RoleRefused,
    StoreError,
    Unavailable,
)
from affidavit.ledger.committing import Committer
from affidavit.ledger.repeats import entries_of, recorded_before
from affidavit.ledger.store import Store
from affidavit.ledger.waiting import Queue, Ticket, Waiting
from affidavit.model.draft import Once, Submission

Outcomes = Mapping[int, list[Entry] | Exception]
"""What came of each that was taken, by its index. One that is not among them waits for the next turn."""


class Sequencer:
    """Appends to one store. Nothing else of its process may."""

    def __init__(self, store: Store, origin: str, *, entropy: Callable[[int], bytes]) -> None:
        """`entropy(n)`: n random bytes (os.urandom)."""
        self._store = store
        self._committer = Committer(store, origin, entropy=entropy)
        self._queue = Queue()
        self._working = Lock()

    @property
    def shared(self) -> bool:
        """Whether other processes append to the store too."""
        return self._store.shared

    @property
    def waiting(self) -> int:
        """Drafts in the queue."""
        return self._queue.drafts

    def submit(self, submission: Submission, ticket: Ticket) -> None:
        """Queue a request's drafts. The ticket gets its entries, in order, or the exception.

        Raises Unavailable when the queue is full, ValueError for a `by` or `dialect` that no header may hold;
        nothing was queued then.
        """
        if not (is_name(submission.by) and is_name(submission.dialect)):
            raise ValueError(
                f"by {submission.by!r} and dialect {submission.dialect!r} must be names (docs/formats/entry.md)"
            )
        if submission.drafts:
            self._queue.put(submission, ticket)
        else:
            ticket.set_result([])

    def turn(self) -> int:
        """Commit what waits, in one transaction. Returns how many drafts were taken from the queue."""
        taken = self.take()
        self.settle(taken, self.work(taken))
        return sum(len(submission.drafts) for submission, _ in taken)

    def drain(self) -> None:
        """Commit everything that waits, however many turns it takes; returns when nobody works any more."""
        while self._queue:
            self.turn()
        with self._working:
            return

    def take(self) -> list[Waiting]:
        """What the next commit is of, out of the queue."""
        return self._queue.take()

    def work(self, taken: Sequence[Waiting]) -> Outcomes:
        """Commit it, but for what was recorded before. Whatever goes wrong is an outcome: nobody may wait for ever."""
        submissions = [submission for submission, _ in taken]
        try:
            with self._working:
                return self._record(submissions, again=True)
        except Exception as error:
            return dict.fromkeys(range(len(submissions)), error)

    def settle(self, taken: Sequence[Waiting], outcomes: Outcomes) -> None:
        """Tell everybody, and queue again what waits for the next turn."""
        for index, (submission, ticket) in enumerate(taken):
            outcome = outcomes.get(index)
            if outcome is None:
                self._queue.put_back(submission, ticket)
            elif ticket.done():  # its client has gone; the entries stay
                continue
            elif isinstance(outcome, Exception):
                ticket.set_exception(outcome)
            else:
                ticket.set_result(outcome)

    def _record(self, submissions: Sequence[Submission], *, again: bool) -> Outcomes:
        """`again`: whether to begin anew, once, where somebody else wrote to the same store meanwhile."""
        outcomes, fresh = self._look_back(submissions)
        try:
            recorded = self._committer.commit([submissions[index] for index in fresh]) if fresh else []
        except HeadMoved as error:
            return self._record(submissions, again=False) if again else outcomes | dict.fromkeys(fresh, _failed(error))
        except StoreError as error:
            return outcomes | dict.fromkeys(fresh, _failed(error))
        except Exception as error:
            return outcomes | dict.fromkeys(fresh, error)
        return outcomes | dict(zip(fresh, recorded, strict=True))

    def _look_back(self, submissions: Sequence[Submission]) -> tuple[dict[int, list[Entry] | Exception], Sequence[int]]:
        """What came of those that were recorded before; and which are to be recorded now.

        Of two that are the same, the second is neither: the next turn finds what the first recorded.
        """
        if all(submission.once is None and not submission.claim for submission in submissions):
            return {}, range(len(submissions))
        try:
            known = recorded_before(self._store, submissions)
        except StoreError as error:
            raise Unavailable(f"the ledger could not be read: {error}. Send again later") from error
        outcomes: dict[int, list[Entry] | Exception] = {}
        fresh: list[int] = []
        under_way: set[bytes] = set()
        for index, submission in enumerate(submissions):
            once, claim = submission.once, submission.claim
            keys = {key for key in (claim, once.key if once else b"") if key}
            if once is not None and once.key in known:
                outcomes[index] = self._repeated(known[once.key], once)
            elif known.get(claim):  # what was erased claims nothing any more
                outcomes[index] = Contended("another server has just recorded the same: send again")
            elif not keys & under_way:
                under_way |= keys
                fresh.append(index)
        return outcomes, fresh

    def _repeated(self, request: bytes, once: Once) -> list[Entry] | Exception:
        try:
            return entries_of(self._store, request, once)
        except (StoreError, KeyReused) as error:
            return error


def _failed(error: StoreError) -> Refused:
    failed: Refused
    if isinstance(error, RoleRefused):
        failed = Forbidden(f"the ledger may not write that here: {error}")
    else:
        failed = Unavailable(f"the ledger could not write: {error}. Send again later")
    failed.__cause__ = error
    return failed
