"""The sequencer: gives drafts their chain, sequence, link, hash and position, and commits them in groups.

One owner, one thread. `submit` queues; `turn` takes everything that waits and commits it in one transaction, so
that many small requests share one fsync. The server calls `turn` once per turn of its event loop; tests crank it
by hand. Nobody is answered before `Store.append` has returned.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from affidavit.core.entry import (
    SALT_BYTES,
    Entry,
    chain_id,
    entry_hash,
    genesis,
    header,
    is_name,
    payload_commitment,
)
from affidavit.core.ids import Mint
from affidavit.errors import HeadMoved, KeyReused, StoreError, Unavailable
from affidavit.ledger.repeats import entries_of, recorded_before
from affidavit.ledger.store import Batch, ChainUpdate, Repeat, Store
from affidavit.model.draft import Submission, Workspace
from affidavit.model.query import Head

MAX_WAITING_DRAFTS = 50_000
"""Drafts that may wait for a commit; more are refused with 503."""
MAX_COMMIT_DRAFTS = 10_000
"""Drafts after which a commit takes no further request (one request is never split)."""
MAX_CACHED_CHAINS = 200_000
"""Chains whose heads and ids are kept in memory; past that the cache starts anew."""


class Ticket(Protocol):
    """Where an answer goes: concurrent.futures.Future and asyncio.Future both fit."""

    def done(self) -> bool: ...
    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: Any, /) -> None: ...


_Waiting = tuple[Submission, Ticket]


class Sequencer:
    """Appends to one store. Nothing else may."""

    def __init__(self, store: Store, origin: str, *, entropy: Callable[[int], bytes]) -> None:
        """`entropy(n)`: n random bytes (os.urandom)."""
        self._store = store
        self._origin = origin
        self._entropy = entropy
        self._waiting: deque[_Waiting] = deque()
        self._waiting_drafts = 0
        self._mint = Mint(store.last_id())
        self._size = store.size()
        self._stale = False
        self._heads: dict[bytes, Head] = {}
        self._chain_ids: dict[tuple[int, str, str], bytes] = {}

    @property
    def waiting(self) -> int:
        """Drafts in the queue."""
        return self._waiting_drafts

    def submit(self, submission: Submission, ticket: Ticket) -> None:
        """Queue a request's drafts. The ticket gets its entries, in order, or the exception.

        Raises Unavailable when the queue is full, ValueError for a `by` or `dialect` that no header may hold;
        nothing was queued then.
        """
        if not (is_name(submission.by) and is_name(submission.dialect)):
            raise ValueError(
                f"by {submission.by!r} and dialect {submission.dialect!r} must be names (docs/formats/entry.md)"
            )
        count = len(submission.drafts)
        if not count:
            ticket.set_result([])
            return
        if self._waiting_drafts + count > MAX_WAITING_DRAFTS:
            raise Unavailable("too many events are waiting to be written: send again in a second")
        self._waiting.append((submission, ticket))
        self._waiting_drafts += count

    def turn(self) -> int:
        """Commit what waits, in one transaction. Returns how many drafts were taken from the queue."""
        taken = self._take()
        fresh: Sequence[_Waiting] = taken
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

    def _settle(self, taken: Sequence[_Waiting]) -> Sequence[_Waiting]:
        """Answer those that were recorded before; what is left is to be recorded now.

        Of two that are the same, the second waits for the next turn, which finds what the first recorded.
        """
        if all(submission.once is None for submission, _ in taken):
            return taken
        known = self._known([submission for submission, _ in taken])
        fresh: list[_Waiting] = []
        under_way: set[bytes] = set()
        for submission, ticket in taken:
            key = submission.once.key if submission.once else None
            if key is None:
                fresh.append((submission, ticket))
            elif key in known:
                self._repeat(known[key], submission, ticket)
            elif key in under_way:
                self._waiting.append((submission, ticket))
                self._waiting_drafts += len(submission.drafts)
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
        while self._waiting:
            self.turn()

    def _take(self) -> list[_Waiting]:
        taken, drafts = [], 0
        while self._waiting and drafts < MAX_COMMIT_DRAFTS:
            submission, ticket = self._waiting.popleft()
            drafts += len(submission.drafts)
            taken.append((submission, ticket))
        self._waiting_drafts -= drafts
        return taken

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
        build = _Build(self._origin, self._size, self._heads)
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


class _Build:
    """The entries of one commit in the making. Touches nothing outside itself until the store has them."""

    def __init__(self, origin: str, position: int, known: dict[bytes, Head]) -> None:
        self._origin = origin
        self._position = position
        self._known = known
        self._updates: dict[bytes, tuple[int, int, str, str]] = {}
        self.heads: dict[bytes, Head] = {}

    def entries(
        self, submission: Submission, chains: Sequence[bytes], identities: Iterator[bytes], salts: Iterator[bytes]
    ) -> list[Entry]:
        """Sequence, link and hash the drafts of one request."""
        workspace, dialect, by, received = submission.workspace.id, submission.dialect, submission.by, submission.at
        entries, heads = [], self.heads
        for draft, chain in zip(submission.drafts, chains, strict=True):
            projection = draft.projection
            head = heads.get(chain) or self._open(chain, submission, projection.chain_key)
            salt, identity, seq = next(salts), next(identities), head.seq + 1
            at = received if received > head.at else head.at  # never backwards within a chain
            commitment = payload_commitment(salt, draft.payload)
            digest = entry_hash(header(at, by, chain, dialect, identity, commitment, head.hash, seq))
            entries.append(
                Entry(
                    self._position, chain, seq, at, identity, by, dialect, head.hash, digest, commitment, salt,
                    draft.payload, workspace, projection.agent, projection.session, projection.type,
                    projection.severity, at if projection.time is None else projection.time,
                )
            )  # fmt: skip
            heads[chain] = Head(seq, digest, at)
            self._position += 1
        return entries

    def _open(self, chain: bytes, submission: Submission, key: str) -> Head:
        """The head to build on, and a note of it for the store's check."""
        head = self._known.get(chain) or Head(0, genesis(self._origin, chain), 0)
        self._updates[chain] = (submission.workspace.id, head.seq, submission.dialect, key)
        return head

    def batch(self, submissions: Sequence[Submission], recorded: Sequence[Sequence[Entry]]) -> Batch:
        """What the store is to commit."""
        updates = [
            ChainUpdate(chain, workspace, dialect, key, expected_seq, self.heads[chain])
            for chain, (workspace, expected_seq, dialect, key) in self._updates.items()
        ]
        repeats = [
            Repeat(submission.once.key, submission.once.request, entries[0].position, len(entries), submission.at)
            for submission, entries in zip(submissions, recorded, strict=True)
            if submission.once is not None and entries
        ]
        return Batch([entry for entries in recorded for entry in entries], updates, repeats)
