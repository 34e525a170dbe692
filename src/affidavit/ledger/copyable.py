"""The seam of a copy: what is read of one store, and written to another, besides what every store does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from affidavit.core.entry import Entry
from affidavit.ledger.store import Checkpoint, Store
from affidavit.model.query import Chain

Cosignature = tuple[int, str, str, int]
"""Size, name, line, at: what `Store.add_cosignature` was given."""
Request = tuple[bytes, bytes, bytes, int]
"""Of a `Repeat`: key, digest, the ids of its entries one behind the other, at."""


class Source(Store, Protocol):
    """A store that nobody appends to, with what only a copy reads of it."""

    def all_cosignatures(self) -> Iterator[Cosignature]:
        """Of every checkpoint."""
        ...

    def all_timestamps(self) -> Iterator[tuple[int, bytes]]:
        """Size and token, of every checkpoint that has one."""
        ...

    def all_requests(self) -> Iterator[Request]:
        """All that may come again."""
        ...

    def retire(self) -> None:
        """From now on the ledger is elsewhere: refuse whoever asks for it here."""
        ...


class Owned(NamedTuple):
    """A chain, and to whom it belongs."""

    workspace: int
    dialect: str
    chain: Chain


class Beside(NamedTuple):
    """Everything of a ledger but its entries and keys. `tiles`: level, number, hashes. `holds`: chain, entry's id."""

    chains: Iterable[Owned]
    checkpoints: Iterable[Checkpoint]
    tiles: Iterable[tuple[int, int, bytes]]
    cosignatures: Iterable[Cosignature]
    timestamps: Iterable[tuple[int, bytes]]
    holds: Iterable[tuple[bytes, bytes]]
    requests: Iterable[Request]


class Target(Store, Protocol):
    """A store that a ledger is copied into. Until `complete` nobody but the copy can open it."""

    def add(self, entries: Sequence[Entry]) -> None:
        """A block, behind what is there. All or nothing, durable on return."""
        ...

    def erase_again(self, identities: Sequence[bytes]) -> None:
        """What the source has erased since these were added."""
        ...

    def put(self, beside: Beside) -> None:
        """In the place of all that an earlier try has put. All or nothing, durable on return."""
        ...

    def complete(self) -> None:
        """It is whole: from now on it is a ledger as any other."""
        ...
