"""The storage seam, at the domain's verbs. tests/contract/ is the contract: every store passes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.errors import ChainHeld
from affidavit.model.draft import Effect
from affidavit.model.query import Chain, Group, GroupKind, Head, Page, Query


class ChainUpdate(msgspec.Struct, frozen=True, gc=False):
    """A chain that a batch extends: the head it was built on (seq 0 for a new chain), and the head after it."""

    chain: bytes
    workspace: int
    dialect: str
    key: str
    expected_seq: int
    head: Head


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """What a request records that may come again: `count` of its batch's entries, from the one with index `first` on.

    `key`, `request`: its `Once`. `at`: when it was received, µs since 1970.
    """

    key: bytes
    request: bytes
    first: int
    count: int
    at: int


class Batch(msgspec.Struct, frozen=True, gc=False):
    """What one commit writes. `effect`: on what is there already.

    Positions are consecutive from the store's `next_position`; where it has none, all are UNPLACED.
    """

    entries: Sequence[Entry]
    chains: Sequence[ChainUpdate]
    repeats: Sequence[Repeat] = ()
    effect: Effect | None = None


Rebuild = Callable[[Mapping[bytes, Head]], Batch]
"""Builds a batch anew on the heads of its chains as they are; on none for a chain that is not among them."""


def held(identity: bytes, chain: bytes, position: int) -> ChainHeld:
    """The refusal to erase an entry of a chain that the entry at `position` put under legal hold."""
    return ChainHeld(
        f"entry {uuid_text(identity)} belongs to chain {chain.hex()}, under legal hold by the entry at position "
        f"{position} (`affidavit show {position}`): nothing was erased. Release the chain first, or leave the entry out"
    )


class Checkpoint(msgspec.Struct, frozen=True, gc=False):
    """What the ledger signed: it has `size` entries, and their tree this root (32 bytes).

    `note`: the signed note without witnesses' lines. `at`: when it was signed, µs since 1970.
    """

    size: int
    root: bytes
    note: bytes
    at: int


Tiles = Mapping[tuple[int, int], bytes]
"""(level, number) -> the hashes of a tile, 32 bytes each, as many as there are (C2SP tlog-tiles, height 8)."""


class Store(Protocol):
    """One ledger's entries. Writes come from one thread; reads may come from any.

    What scans return is a block: as many entries as there are, up to `limit`, and up to the one that brings their
    payloads to BLOCK_BYTES (model.query, whose `is_full` tells whether more may follow). A page of `find` is one of
    `Query.most_bytes`, or of MAX_PAGE_BYTES.
    Raises StoreFailed when a call did not happen and may be tried again, StoreUnreadable when it never will.

    `shared`: whether other processes append to it too. Then an entry gets its position after its commit, an order that
    keeps every chain's; every read comes after that, so that what it returns is all that was committed, in place.
    """

    shared: bool

    def size(self) -> int:
        """How many entries are committed: those with a position, which is below this."""
        ...

    def next_position(self) -> int | None:
        """The position that the next entry gets; None where entries get theirs after they are committed."""
        ...

    def last_id(self) -> bytes | None:
        """The id of the newest entry."""
        ...

    def heads(self, chains: Sequence[bytes]) -> Mapping[bytes, Head]:
        """The heads of those chains that exist."""
        ...

    def repeats(self, keys: Sequence[bytes], since: int) -> Mapping[bytes, bytes]:
        """Those of the keys that were recorded at or after `since`, with the digest of the request; older ones may be
        forgotten. The digest is empty where something that it recorded was erased.
        """
        ...

    def repeated(self, key: bytes) -> list[Entry]:
        """What the request with this key recorded, in its order; nothing where the key is forgotten."""
        ...

    def append(self, batch: Batch, rebuild: Rebuild | None = None) -> None:
        """All or nothing, durable on return.

        What the batch erases is empty for every read from then on; the rest of it is for `clean`. Raises HeadMoved if a
        chain is not at its expected seq, ChainHeld if an entry to erase is of a chain under legal hold, StoreFailed if
        there is no such entry.

        A shared store that is given `rebuild` does not refuse where a chain has moved: it keeps the batch's chains from
        moving, and commits what `rebuild` makes of their heads, the same drafts with the same ids. It raises HeadMoved
        where another process has recorded one of the batch's repeats meanwhile, as `repeats` says from then on.
        """
        ...

    def clean(self) -> int:
        """Destroy what copies there are of what was erased: in derived tables, in files. Returns of how many entries
        some may be left, because somebody is reading them: 0 when all is done.

        Called off the commit's path, beside `index`. What a crash cuts short is done at the next call.
        """
        ...

    def holds(self) -> Mapping[bytes, int]:
        """The chains under legal hold, and the position of the entry that says so."""
        ...

    def storage_bytes(self) -> int | None:
        """What the ledger takes where it is kept, its indexes too; None where several workspaces share that."""
        ...

    def entry(self, identity: bytes) -> Entry | None:
        """The entry with this id."""
        ...

    def entry_at(self, position: int) -> Entry | None:
        """The entry at this position."""
        ...

    def scan(self, start: int, limit: int) -> list[Entry]:
        """At most `limit` entries from position `start` on, in position order."""
        ...

    def hashes(self, start: int, limit: int) -> list[bytes]:
        """The hashes of at most `limit` entries from position `start` on, in position order; fewer only at the end.

        Raises StoreUnreadable where one of them is missing or is no hash.
        """
        ...

    def scan_chain(self, chain: bytes, after_seq: int, limit: int) -> list[Entry]:
        """At most `limit` entries of a chain with a seq above `after_seq`, in seq order."""
        ...

    def scan_agent(self, workspace: int, dialect: str, agent: str, after_position: int, limit: int) -> list[Entry]:
        """At most `limit` entries of an agent from beyond a position on, in position order."""
        ...

    def find(self, workspace: int, query: Query) -> Page:
        """A page of entries. Complete up to the last commit, whatever `index` has seen."""
        ...

    def chains(self, workspace: int, dialect: str) -> list[Chain]:
        """The chains of a dialect, by chain key; those that were erased whole, which have none, by id."""
        ...

    def chain(self, workspace: int, identity: bytes) -> tuple[str, Chain] | None:
        """The workspace's chain with this id, and its dialect."""
        ...

    def groups(
        self, workspace: int, dialect: str, kind: GroupKind, since: int | None, until: int | None
    ) -> list[Group]:
        """The agents or sessions of a dialect with entries in a span of time (µs, inclusive), by name."""
        ...

    def census(self) -> tuple[int, list[Chain]]:
        """The ledger's size and every chain with its head at that size: one moment, whoever writes meanwhile."""
        ...

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile that was sealed, 32 bytes each, as many as there are; none where there is no such tile.

        `level` is at least 1: the tiles of level 0 are the entries' `hashes`.
        """
        ...

    def checkpoint(self, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or the one of exactly this size."""
        ...

    def checkpoints(self, after: int, limit: int) -> list[Checkpoint]:
        """At most `limit` checkpoints of a size beyond `after`, in ascending order."""
        ...

    def lead(self) -> bool:
        """Whether it is for this process to seal and to record heads, now and for some seconds; asked before each seal.

        True where no other process may. In a shared store one process leads at a time, until it has not asked for so
        long that another may take over.
        """
        ...

    def seal(self, expected: int, checkpoint: Checkpoint, tiles: Tiles) -> None:
        """Keep a checkpoint and put its tiles in the place of those that they grew from. All or nothing, durable.

        Raises CheckpointMoved unless the newest checkpoint is that of the size `expected` (0: there is none), and the
        new one's size lies beyond it and not beyond the entries, or if another process leads by now. From one thread of
        its own, not the one that appends.
        """
        ...

    def cosignatures(self, size: int) -> list[str]:
        """The witnesses' lines under the checkpoint of this size, by witness, each with its line feed."""
        ...

    def cosigned(self, limit: int) -> list[int]:
        """At most `limit` sizes that a witness has cosigned, the newest first."""
        ...

    def timestamp(self, size: int) -> bytes | None:
        """The time stamp of the checkpoint of this size: a TimeStampResp, DER (RFC 3161 section 2.4.2)."""
        ...

    def add_cosignature(self, size: int, name: str, line: str, at: int) -> None:
        """Keep a witness's line under a checkpoint, in the place of what it said of it before.

        `name`: of the witness's key; `at`: µs since 1970. From one thread of its own, as `add_timestamp`; a power cut
        may take either away.
        """
        ...

    def add_timestamp(self, size: int, token: bytes) -> None:
        """Keep a time stamp of a checkpoint."""
        ...

    def roll(self) -> tuple[int, list[bytes]]:
        """The ledger's size, and every chain's leaf of the heads tree at that size, sorted by chain id.

        A leaf is canonical JSON, {"chain":"<32 hex>","head":"<64 hex>","seq":N}, without a newline.
        """
        ...

    def index(self, limit: int, *, texts: bool = True) -> int:
        """Bring derived tables forward by at most `limit` entries; returns how many. 0: nothing left to do.

        What makes pages fast comes first; with `texts`, what makes the text search fast follows when that is up to
        date. Called off the commit's path, from one thread of its own.
        """
        ...

    def audit(self) -> Iterator[tuple[int | None, str]]:
        """Compare everything derived (indexes, search) with the entries, and check the file's own structure.

        Yields (position or None, what is wrong).
        """
        ...

    def close(self) -> None:
        """Release the file. Nothing may be called after it."""
        ...
