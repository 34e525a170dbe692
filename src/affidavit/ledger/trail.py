"""A trail: one agent's entries in ledger order, read from any place on.

In a dialect whose chains are agents, the trail is the chain, and a place is a seq: the next entry is known by its
number alone, and the newest few can be read without the rest. Elsewhere an agent's entries lie in many chains, and a
place is a position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from affidavit.core.entry import UNPLACED, Entry
from affidavit.core.ids import uuid_text
from affidavit.model.query import Head


class TrailStore(Protocol):
    """What trails need of a store."""

    def heads(self, chains: Sequence[bytes]) -> Mapping[bytes, Head]:
        """The heads of those chains that exist."""
        ...

    def scan_chain(self, chain: bytes, after_seq: int, limit: int) -> list[Entry]:
        """At most `limit` entries of a chain with a seq above `after_seq`, in seq order; a block, as `Store` has it."""
        ...

    def scan_agent(self, workspace: int, dialect: str, agent: str, after: int, limit: int) -> list[Entry]:
        """At most `limit` entries of an agent with a position above `after`, in position order; a block.

        `agent` as in `Entry.agent`. Complete up to the last commit.
        """
        ...


class Trail(Protocol):
    """Reads one agent's entries."""

    @property
    def origin(self) -> int:
        """The place before the first entry."""
        ...

    def place(self, entry: Entry) -> int:
        """Where an entry of this trail lies: higher than any before it."""
        ...

    def is_next(self, entry: Entry, place: int) -> bool:
        """Whether no other entry can lie between a place and this entry."""
        ...

    def back(self, count: int, upto: int | None) -> int:
        """A place with at least the newest `count` entries after it; of those up to `upto`, where it is given."""
        ...

    def after(self, place: int, upto: int | None, limit: int) -> list[Entry]:
        """At most `limit` entries after a place, in order, none beyond `upto`; unless `is_full`, all there are."""
        ...


class ChainTrail:
    """The trail of an agent that has a chain of its own."""

    origin = 0

    def __init__(self, store: TrailStore, chain: bytes) -> None:
        self._store = store
        self._chain = chain

    def place(self, entry: Entry) -> int:
        """Its seq."""
        return entry.seq

    def is_next(self, entry: Entry, place: int) -> bool:
        """A chain has no gaps."""
        return entry.seq == place + 1

    def back(self, count: int, upto: int | None) -> int:
        """Counted from the head."""
        if upto is None:
            head = self._store.heads([self._chain]).get(self._chain)
            upto = head.seq if head else 0
        return max(self.origin, upto - count)

    def after(self, place: int, upto: int | None, limit: int) -> list[Entry]:
        """The next entries of the chain."""
        if upto is not None:
            limit = min(limit, upto - place)
        return self._store.scan_chain(self._chain, place, limit) if limit > 0 else []


class AgentTrail:
    """The trail of an agent whose entries lie in many chains."""

    origin = -1

    def __init__(self, store: TrailStore, workspace: int, dialect: str, agent: str) -> None:
        self._store = store
        self._workspace = workspace
        self._dialect = dialect
        self._agent = agent

    def place(self, entry: Entry) -> int:
        """Its position. Raises ValueError where it has none yet: it must be read again."""
        if entry.position == UNPLACED:
            raise ValueError(f"entry {uuid_text(entry.id)} was not read since its commit: where it lies is not known")
        return entry.position

    def is_next(self, entry: Entry, place: int) -> bool:
        """Nothing tells but reading."""
        return False

    def back(self, count: int, upto: int | None) -> int:
        """The beginning: how far back the newest few go is not known either."""
        return self.origin

    def after(self, place: int, upto: int | None, limit: int) -> list[Entry]:
        """The agent's next entries."""
        if upto is not None and upto <= place:
            return []
        found = self._store.scan_agent(self._workspace, self._dialect, self._agent, place, limit)
        return found if upto is None else [entry for entry in found if entry.position <= upto]
