"""The tree over the whole ledger, kept up with it: its root now, and proofs that entries are in it.

Nothing here is stored. Of every 256 leaves one node is kept in memory, and the few above it: 600 KB for a million
entries. The leaves below are read again for a proof, and must still give that node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Final, Protocol

from affidavit.core.entry import Entry
from affidavit.core.merkle import Frontier, Span, inclusion_spans, node, perfect, span_hash
from affidavit.errors import StoreUnreadable

TILE_LEVEL: Final = 8
"""Nodes are kept from this level on. A tile is the subtree below one of them."""
TILE: Final = 1 << TILE_LEVEL
"""Leaves of a tile."""
READ_HASHES: Final = 64 * TILE
"""Leaves read at once: 2 MiB on their way from the store."""
_TILES_AT_HAND: Final = 2
"""Tiles that the making of proofs holds: the entry's own, and the unfinished one at the end of the tree."""
_SPANS_AT_HAND: Final = 256

Tile = list[list[bytes]]
"""The nodes of a tile that are complete, level by level: its leaves, those above them, ..."""


class Leaves(Protocol):
    """What a tree needs of a store."""

    def hashes(self, start: int, limit: int) -> list[bytes]:
        """The hashes of at most `limit` entries from position `start` on, in position order; fewer only at the end."""
        ...


class Tree:
    """RFC 6962's tree over all entries of a ledger by position. One for a ledger; any thread may call it.

    What it says is about the entries that are committed: it never goes back. Raises StoreError as the store does.
    """

    def __init__(self, store: Leaves) -> None:
        self._store = store
        self._lock = Lock()
        self._frontier = Frontier()
        self._nodes: list[list[bytes]] = []  # from TILE_LEVEL on, level by level

    def root(self) -> tuple[bytes, int]:
        """The root over everything committed so far, and how many entries that is. Reads only what is new."""
        with self._lock:
            self._advance()
            return self._frontier.root(), self._frontier.size

    def inclusion(self, entries: Sequence[Entry], size: int) -> list[list[bytes]]:
        """For each entry, the proof that it is in the tree of the first `size` entries, which `root` gave once.

        A tile is read once for all entries in it, where they come in position order. Raises ValueError for an entry
        that is not among them, StoreUnreadable where the store has other hashes than it had.
        """
        if size > self._frontier.size:
            raise ValueError(f"the tree has {self._frontier.size} entries, not {size}")
        tile = lru_cache(_TILES_AT_HAND)(self._tile)

        def node_at(level: int, index: int) -> bytes:
            if level >= TILE_LEVEL:
                return self._nodes[level - TILE_LEVEL][index]
            number, inside = divmod(index, TILE >> level)
            return tile(number)[level][inside]

        @lru_cache(_SPANS_AT_HAND)
        def hash_of(span: Span) -> bytes:
            return span_hash(span, node_at)

        return [self._proof(entry, size, node_at, hash_of) for entry in entries]

    def _proof(
        self, entry: Entry, size: int, node_at: Callable[[int, int], bytes], hash_of: Callable[[Span], bytes]
    ) -> list[bytes]:
        spans = inclusion_spans(entry.position, size)
        if node_at(0, entry.position) != entry.hash:
            raise _changed(entry.position)
        return [hash_of(span) for span in spans]

    def _advance(self) -> None:
        """Take in what was committed since. Whoever calls holds the lock. If reading fails, the next call goes on."""
        while True:
            leaves = self._store.hashes(self._frontier.size, READ_HASHES)
            for leaf in leaves:
                completed = self._frontier.append(leaf)
                for level, digest in enumerate(completed[TILE_LEVEL - 1 :]):
                    if level == len(self._nodes):
                        self._nodes.append([])
                    self._nodes[level].append(digest)
            if len(leaves) < READ_HASHES:
                return

    def _tile(self, number: int) -> Tile:
        """Read a tile, as far as the tree goes. Raises StoreUnreadable where it is not what the tree was built on."""
        start = number * TILE
        with self._lock:
            end = min(start + TILE, self._frontier.size)
            known = (
                [self._nodes[0][number]] if end == start + TILE else self._frontier.peaks[-(end - start).bit_count() :]
            )
        leaves = self._store.hashes(start, end - start)
        if len(leaves) < end - start:
            raise _changed(start)
        levels = _levels(leaves)
        if [levels[level][index - (start >> level)] for level, index in perfect((start, end))] != known:
            raise _changed(start)
        return levels


def _levels(leaves: list[bytes]) -> Tile:
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
    return levels


def _changed(position: int) -> StoreUnreadable:
    return StoreUnreadable(
        f"the hashes of entries from position {position - position % TILE} on are not those that the ledger's tree was "
        "built on: run `affidavit verify`"
    )
