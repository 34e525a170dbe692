"""The sequencer: gives drafts their chain, sequence, link, hash and position, and commits them in groups.

One owner, one thread. `submit` queues; `turn` takes everything that waits and commits it in one transaction, so
that many small requests share one fsync. The server calls `turn` once per turn of its event loop; tests crank it
by hand. Nobody is answered before `Store.append` has returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from affidavit.core.entry import SALT_BYTES, Entry, chain_id, is_name
from affidavit.core.ids import Mint
from affidavit.errors import HeadMoved, KeyReused, StoreError, Unavailable
from affidavit.ledger.building import Build
from affidavit.ledger.repeats import entries_of, recorded_before
from affidavit.ledger.store import Repeat, Store
from affidavit.ledger.waiting import Queue, Ticket, Waiting
from affidavit.model.draft import Submission, Workspace
from affidavit.model.query import Head

MAX_CACHED_CHAINS = 200_000
"""Chains whose heads and ids are kept in memory; past that the cache starts anew."""


class Sequencer:
    """Appends to one store. Nothing else may."""

    def __init__(self, store: Store, origin: str, *, entropy: Callable[[int], bytes]) -> None:
        """`entropy(n)`: n random bytes (os.urandom)."""
        self._store = store
        self._origin = origin
        self._entropy = entropy
        self._queue = Queue()
        self._mint = Mint(store.last_id())
        self._size = store.size()
        self._stale = False
        self._heads: dict[bytes, Head] = {}
        self._chain_ids: dict[tuple[int, str, str], bytes] = {}

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
        taken = self._queue.take()
        fresh: Sequence[Waiting] = taken
        try:
            fresh = self._settle(taken)
            recorded = self._commit([submission for submission, _ in fresh]) if fresh else []
        except Exception as error:  # whatever it is, nobody may wait for ever
            for _, ticket in fresh:
                if not ticket.done():
                    ticket.set_exception(error)
        else:
            for (_, ticket), entries in zip(fresh, recorded, strict=True):
                if not ticket.done():  # its client has gone; the entries stay
                    ticket.set_result(entries)
        return sum(len(submission.drafts) for submission, _ in taken)

    def _settle(self, taken: Sequence[Waiting]) -> Sequence[Waiting]:
        """Answer those that were recorded before; what is left is to be recorded now.

        Of two that are the same, the second waits for the next turn, which finds what the first recorded.
        """
        if all(submission.once is None for submission, _ in taken):
            return taken
        known = self._known([submission for submission, _ in taken])
        fresh: list[Waiting] = []
        under_way: set[bytes] = set()
        for submission, ticket in taken:
            key = submission.once.key if submission.once else None
            if key is None:
                fresh.append((submission, ticket))
            elif key in known:
                self._repeat(known[key], submission, ticket)
            elif key in under_way:
                self._queue.put_back(submission, ticket)
            else:
                under_way.add(key)
                fresh.append((submission, ticket))
        return fresh

    def _known(self, submissions: Sequence[Submission]) -> Mapping[bytes, Repeat]:
        try:
            return recorded_before(self._store, submissions)
        except StoreError as error:
            raise Unavailable(f"the ledger could not be read: {error}. Send again later") from error

    def _repeat(self, repeat: Repeat, submission: Submission, ticket: Ticket) -> None:
        if ticket.done():
            return
        try:
            ticket.set_result(entries_of(self._store, repeat, submission))
        except (StoreError, KeyReused) as error:
            ticket.set_exception(error)

    def drain(self) -> None:
        """Commit everything that waits, however many turns it takes."""
        while self._queue:
            self.turn()

    def _commit(self, submissions: Sequence[Submission]) -> list[list[Entry]]:
        try:
            try:
                return self._append(submissions)
            except HeadMoved:  # somebody else wrote to the same store: build on what is there now
                return self._append(submissions)
        except StoreError as error:
            raise Unavailable(f"the ledger could not write: {error}. Send again later") from error

    def _append(self, submissions: Sequence[Submission]) -> list[list[Entry]]:
        if self._stale:
            self._refresh()
        chains = self._chains_of(submissions)
        self._load_heads(chains)
        build = Build(self._origin, self._size, self._heads)
        total = sum(len(submission.drafts) for submission in submissions)
        entropy = self._entropy(SALT_BYTES * total + 8)
        now_ms = max(submission.at for submission in submissions) // 1000
        identities = iter(self._mint.ids(total, now_ms, entropy[-8:]))
        salts = iter([entropy[at : at + SALT_BYTES] for at in range(0, SALT_BYTES * total, SALT_BYTES)])
        recorded = [
            build.entries(submission, keys, identities, salts)
            for submission, keys in zip(submissions, chains, strict=True)
        ]
        # Whether a failed commit left something behind is the store's to say: then its heads are read again.
        self._stale = True
        self._store.append(build.batch(submissions, recorded))
        self._stale = False
        self._heads.update(build.heads)
        self._size += total
        if submissions[0].effect is not None:
            self._chain_ids.clear()  # their keys may be what was erased
        return recorded

    def _chains_of(self, submissions: Sequence[Submission]) -> list[list[bytes]]:
        """The chain id of every draft."""
        if len(self._chain_ids) > MAX_CACHED_CHAINS:
            self._chain_ids.clear()
        return [
            [
                self._chain_of(submission.workspace, submission.dialect, draft.projection.chain_key)
                for draft in submission.drafts
            ]
            for submission in submissions
        ]

    def _chain_of(self, workspace: Workspace, dialect: str, key: str) -> bytes:
        found = self._chain_ids.get((workspace.id, dialect, key))
        if found is None:
            found = self._chain_ids[workspace.id, dialect, key] = chain_id(workspace.salt, dialect, key)
        return found

    def _load_heads(self, chains: Sequence[Sequence[bytes]]) -> None:
        wanted = {chain for keys in chains for chain in keys}
        if len(self._heads) + len(wanted) > MAX_CACHED_CHAINS:
            self._heads.clear()
        missing = [chain for chain in wanted if chain not in self._heads]
        if missing:
            self._heads.update(self._store.heads(missing))

    def _refresh(self) -> None:
        self._heads.clear()
        self._size = self._store.size()
        self._mint = Mint(self._store.last_id())
