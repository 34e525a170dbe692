"""The committer: the drafts of many requests get chain, sequence, link, hash and position, in one commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from affidavit.core.entry import SALT_BYTES, Entry, chain_id
from affidavit.core.ids import Mint
from affidavit.ledger.building import Plan
from affidavit.ledger.store import Store
from affidavit.model.draft import Submission, Workspace
from affidavit.model.query import Head

MAX_CACHED_CHAINS = 200_000
"""Chains whose heads and ids are kept in memory; past that the cache starts anew."""


class Committer:
    """Appends to one store, one commit at a time. Its caches are what the last commit left, and never more."""

    def __init__(self, store: Store, origin: str, *, entropy: Callable[[int], bytes]) -> None:
        """`entropy(n)`: n random bytes (os.urandom)."""
        self._store = store
        self._origin = origin
        self._entropy = entropy
        # Where others append too, it follows nobody's ids: two that go on from the same one would give the same next.
        self._mint = Mint(None if store.shared else store.last_id())
        self._position = store.next_position()
        self._stale = False
        self._heads: dict[bytes, Head] = {}
        self._chain_ids: dict[tuple[int, str, str], bytes] = {}

    def commit(self, submissions: Sequence[Submission]) -> list[list[Entry]]:
        """The entries of each, durable. Raises what `Store.append` and reads of heads raise."""
        if self._stale:
            self._refresh()
        plan = self._plan(submissions)
        batch = plan.batch(self._position, self._heads)
        # Whether a failed commit left something behind is the store's to say: then its heads are read again.
        self._stale = True
        self._store.append(batch, partial(plan.batch, None))
        self._stale = False
        self._heads.update(plan.heads)
        if self._position is not None:
            self._position += len(batch.entries)
        if submissions[0].effect is not None:
            self._chain_ids.clear()  # their keys may be what was erased
        return plan.recorded

    def _plan(self, submissions: Sequence[Submission]) -> Plan:
        chains = self._chains_of(submissions)
        self._load_heads(chains)
        total = sum(len(submission.drafts) for submission in submissions)
        entropy = self._entropy(SALT_BYTES * total + 8)
        now_ms = max(submission.at for submission in submissions) // 1000
        identities = self._mint.ids(total, now_ms, entropy[-8:])
        salts = [entropy[at : at + SALT_BYTES] for at in range(0, SALT_BYTES * total, SALT_BYTES)]
        return Plan(self._origin, submissions, chains, identities, salts)

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
        self._position = self._store.next_position()
        if not self._store.shared:
            self._mint = Mint(self._store.last_id())
