"""What a dialect may ask of the ledger. Bound to one workspace, so that no dialect can look into another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from affidavit.core.entry import Entry
from affidavit.model.draft import Workspace
from affidavit.model.proving import Proofs
from affidavit.model.query import Chain, ChainReport, Group, GroupKind, Page, Query
from affidavit.model.score import Score


class Held(msgspec.Struct, frozen=True):
    """A chain under legal hold, its dialect, and the ledger's own entry that says so."""

    dialect: str
    chain: Chain
    entry: Entry


class Reading(Protocol):
    """Reads see everything that was committed before they were called."""

    @property
    def workspace(self) -> Workspace:
        """The tenant it is bound to."""
        ...

    @property
    def dialects(self) -> tuple[str, ...]:
        """Every dialect that records, by name."""
        ...

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What `score` can compute."""
        ...

    @property
    def proofs(self) -> Proofs:
        """What the ledger shows of itself: of all workspaces together, and nothing of what they recorded."""
        ...

    def entry(self, dialect: str | None, identity: bytes) -> Entry | None:
        """The entry with this id (16 bytes), if it is this dialect's (None: any's) and in this workspace."""
        ...

    def entry_at(self, position: int) -> Entry | None:
        """The entry at this position of the ledger, if it is in this workspace."""
        ...

    def find(self, query: Query) -> Page:
        """The page of entries that a query asks for.

        Raises InvalidBody where it would have MAX_PAGE_BYTES, and the query does not say that a page may be cut.
        """
        ...

    def scan(self, query: Query) -> Iterator[Entry]:
        """Every entry of a query in its order, read in blocks; limit and offset do not count."""
        ...

    def groups(
        self, dialect: str, kind: GroupKind, *, since: int | None = None, until: int | None = None
    ) -> list[Group]:
        """The agents or the sessions of a dialect with entries in a span of time (µs, inclusive), by name."""
        ...

    def chains(self, dialect: str) -> list[Chain]:
        """Every chain of the dialect, by chain key."""
        ...

    def chain(self, identity: bytes) -> tuple[str, Chain] | None:
        """The chain with this id (16 bytes) and its dialect, if it is in this workspace."""
        ...

    def holds(self, after: bytes, limit: int) -> list[Held]:
        """At most `limit` of the workspace's chains under legal hold with an id beyond `after`, by id."""
        ...

    def verify_chain(self, dialect: str, chain_key: str) -> ChainReport:
        """Re-read and re-hash the whole chain, whatever was verified before."""
        ...

    def verify_chains(self, dialect: str) -> list[tuple[Chain, ChainReport]]:
        """Every chain of the dialect with its report.

        What was found sound before is not read again while the chain still builds on it.
        """
        ...

    def score(self, algorithm: str, dialect: str, agent: str, *, upto: Entry | None = None) -> Score:
        """An agent's score now, or as it was answered when `upto` was its newest entry."""
        ...

    def scores(self, algorithm: str, entries: Sequence[Entry]) -> list[Score]:
        """The score of each entry's agent as of that entry, in the order given; all of one agent for one reading.

        Raises ValueError for an entry that names no agent.
        """
        ...

    def is_known(self, dialect: str, chain_key: str) -> bool:
        """Whether any workspace has a chain with this key: for names that are unique over the whole ledger."""
        ...

    def root(self) -> tuple[bytes, int]:
        """The root (32 bytes) of the tree over the whole ledger, every workspace's entries by position; its size."""
        ...

    def inclusion(self, entries: Sequence[Entry], size: int) -> list[list[bytes]]:
        """For each entry, the proof that it is leaf `Entry.position` of the tree of a `size` that `root` gave.

        A proof is the hashes (32 bytes each) of the siblings from the leaf to the root, as `core.merkle` verifies it.
        Entries in position order cost the least.
        """
        ...

    def storage_bytes(self) -> int | None:
        """What the ledger takes where it is kept; None where another workspace has a part in it."""
        ...

    def ping(self) -> int:
        """Touch the store. Returns how long it took, in µs; raises StoreError if it does not answer."""
        ...
