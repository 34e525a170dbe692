"""The tree over the whole ledger, kept up with it: roots, proofs, and tiles for the sealer to store.

In memory are the open tiles, and full ones until they are sealed. All others are the store's: one that is read must
still give the node above it, and so on up to an open tile, so that a proof is right or is not made. A start goes on
from the tiles under the newest checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import count
from threading import Lock
from typing import Final, Protocol

import msgspec

from affidavit.core.entry import Entry
from affidavit.core.merkle import HASH_BYTES, Span, consistency_spans, inclusion_spans, span_hash
from affidavit.core.tiles import TILE_LEVEL, TILE_WIDTH
from affidavit.errors import StoreUnreadable
from affidavit.ledger.copies import older_copy, other_history
from affidavit.ledger.opentiles import OpenTiles, TileName, hash_at, nodes_of, nodes_of_open
from affidavit.ledger.store import Checkpoint, Tiles

READ_HASHES: Final = 8 * TILE_WIDTH
"""Leaves taken in at once, in about 3 ms."""
_TILES_AT_HAND: Final = 64
"""Tiles of the store with all their nodes, 16 KiB each."""
_SPANS_AT_HAND: Final = 256


class Leaves(Protocol):
    """What a tree needs of a store."""

    def hashes(self, start: int, limit: int) -> list[bytes]:
        """The hashes of at most `limit` entries from position `start` on, in position order; fewer only at the end."""
        ...

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile of level 1 or above that was sealed."""
        ...

    def checkpoint(self) -> Checkpoint | None:
        """The newest."""
        ...


class Growth(msgspec.Struct, frozen=True):
    """What a tree is now: its size, its root, and those of its tiles that are not stored so."""

    size: int
    root: bytes
    tiles: Tiles


class Tree:
    """RFC 6962's tree over all entries of a ledger by position. One for a ledger; any thread may call it.

    What it says is about committed entries: it never goes back. Raises StoreError as the store does, StoreUnreadable
    where the store has other hashes than it had, OlderCopy where it has less of them, ValueError for a size that the
    tree has not reached.
    """

    def __init__(self, store: Leaves) -> None:
        self._store = store
        self._lock = Lock()
        self._open: OpenTiles | None = None  # until somebody asks
        self._last: bytes | None = None
        self._sealed_size = 0
        self._unsealed: dict[TileName, bytes] = {}
        self._stored = lru_cache(_TILES_AT_HAND)(self._read)

    @property
    def size(self) -> int:
        """How many entries it has."""
        return 0 if self._open is None else self._open.size

    def advance(self, rest: Callable[[], None] = lambda: None) -> None:
        """Take in what was committed since, with a `rest` between steps. Where reading fails, the next call goes on."""
        while self._step():
            rest()

    def root(self) -> tuple[bytes, int]:
        """The root over everything committed so far, and how many entries that is. Reads only what is new."""
        growth = self.growth()
        return growth.root, growth.size

    def root_at(self, size: int) -> bytes:
        """The root over the first `size` entries."""
        self._refuse_beyond(size)
        return span_hash((0, size), self._node)

    def inclusion(self, entries: Sequence[Entry], size: int) -> list[list[bytes]]:
        """For each entry, the proof that it is in the tree of the first `size` entries.

        Entries in position order cost the least. Raises ValueError for an entry that is not among them.
        """
        self._refuse_beyond(size)
        hash_of = lru_cache(_SPANS_AT_HAND)(self._hash)
        return [self._proof(entry, size, hash_of) for entry in entries]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of the first `new` entries begins with that of the first `old`, at least one."""
        self._refuse_beyond(new)
        return self.nodes(consistency_spans(old, new))

    def nodes(self, spans: Iterable[Span]) -> list[bytes]:
        """The hashes of spans within the tree."""
        return list(map(self._hash, spans))

    def growth(self, rest: Callable[[], None] = lambda: None) -> Growth:
        """Take in what was committed, as `advance` does; what to sign, and to store with it."""
        self.advance(rest)
        with self._lock:
            opened = self._opened()
            tiles = self._unsealed | opened.changed_since(self._sealed_size)
            return Growth(opened.size, opened.root(), tiles)

    def note_sealed(self, size: int) -> None:
        """The tiles of the first `size` entries are stored, and need not be kept here."""
        with self._lock:
            self._sealed_size = size
            for level, number in list(self._unsealed):
                if number + 1 << TILE_LEVEL * (level + 1) <= size:
                    del self._unsealed[level, number]

    def _proof(self, entry: Entry, size: int, hash_of: Callable[[Span], bytes]) -> list[bytes]:
        spans = inclusion_spans(entry.position, size)
        if self._node(0, entry.position) != entry.hash:
            raise _changed(0, entry.position >> TILE_LEVEL)
        return [hash_of(span) for span in spans]

    def _refuse_beyond(self, size: int) -> None:
        if size > self.size:
            raise ValueError(f"the tree has {self.size} entries, not {size}")

    def _hash(self, span: Span) -> bytes:
        return span_hash(span, self._node)

    def _node(self, level: int, index: int) -> bytes:
        """The root of a perfect subtree, which is complete."""
        tile_level, height = divmod(level, TILE_LEVEL)
        number, inside = divmod(index, TILE_WIDTH >> height)
        return hash_at(self._nodes(tile_level, number)[height], inside)

    def _nodes(self, level: int, number: int) -> list[bytes]:
        with self._lock:
            at_hand = self._opened().tile(level, number) or self._unsealed.get((level, number))
        return self._stored(level, number) if at_hand is None else nodes_of_open(at_hand)

    def _read(self, level: int, number: int) -> list[bytes]:
        """The nodes of a full tile of the store. Raises StoreUnreadable where it is not what the tree is built on."""
        if level:
            hashes = self._store.tile(level, number)
        else:
            hashes = b"".join(self._store.hashes(number * TILE_WIDTH, TILE_WIDTH))
        nodes = nodes_of(hashes)
        if len(nodes) <= TILE_LEVEL or nodes[TILE_LEVEL] != self._node(TILE_LEVEL * (level + 1), number):
            raise _changed(level, number)
        return nodes

    def _step(self) -> bool:
        """Take in a few more entries. Returns whether there may be more."""
        with self._lock:
            opened = self._opened()
            known = min(opened.size, 1)  # the last leaf is read again: it tells whether this is the ledger that it was
            leaves = self._store.hashes(opened.size - known, known + READ_HASHES)
            if known:
                self._refuse_other(opened.size, leaves[:known])
            self._unsealed |= opened.take(leaves[known:])
            self._last = leaves[-1] if leaves else None
            return len(leaves) == known + READ_HASHES

    def _refuse_other(self, size: int, last: Sequence[bytes]) -> None:
        """`last`: what the store has for the last leaf. Of a start at full tiles, the first that is read is that."""
        if not last:
            raise older_copy(f"this ledger has less than the {size:,} entries that it had")
        if self._last is not None and last[0] != self._last:
            raise other_history(f"the first {size:,} entries of this ledger are not those that were there before")

    def _opened(self) -> OpenTiles:
        """Whoever calls holds the lock."""
        if self._open is None:
            self._open = resumed(self._store)
            self._sealed_size = self._open.size
            self._last = (self._open.tile(0, self._open.size >> TILE_LEVEL) or b"")[-HASH_BYTES:] or None
        return self._open


def resumed(store: Leaves) -> OpenTiles:
    """The right edge of the tree under the newest checkpoint; of an empty tree where what is stored does not give its
    root: then everything is read again, and whose fault that is shows.
    """
    checkpoint = store.checkpoint()
    levels: list[bytes] = []
    size = checkpoint.size if checkpoint else 0
    for level in count():
        number, width = divmod(size >> TILE_LEVEL * level, TILE_WIDTH)
        if not (number or width):
            break
        hashes = store.tile(level, number) if level else b"".join(store.hashes(number * TILE_WIDTH, width))
        levels.append(hashes[: width * HASH_BYTES])
    opened = OpenTiles(levels)
    is_whole = checkpoint is None or (opened.size, opened.root()) == (size, checkpoint.root)
    return opened if is_whole else OpenTiles()


def _changed(level: int, number: int) -> StoreUnreadable:
    hashes = f"the hashes of entries from position {number << TILE_LEVEL * (level + 1)} on are not those"
    if level:
        hashes = f"in tile {number} of level {level}, {hashes}"
    return StoreUnreadable(f"{hashes} that the ledger's tree was built on: run `affidavit verify`")
