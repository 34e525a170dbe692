"""The open tiles: the right edge of a tree that grows, one tile a level, which is all that its root needs.

A tile is 256 hashes of one level in 8: the entries' own in level 0, the roots of full tiles of the level below in the
others (C2SP tlog-tiles). With less than 256 hashes it is open. Pure: who owns a tree does the reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from affidavit.core.merkle import HASH_BYTES, joined, perfect
from affidavit.core.tiles import TILE_LEVEL, TILE_WIDTH

_LEVELS_AT_HAND = 16
"""Open tiles with all their nodes, 16 KiB each."""

TileName = tuple[int, int]
"""Level and number."""


def nodes_of(hashes: bytes) -> list[bytes]:
    """The complete nodes of a tile, level by level: its hashes, joined; the nodes above them, joined; ..."""
    levels = [hashes]
    while len(below := levels[-1]) >= 2 * HASH_BYTES:
        ends = range(0, len(below) - HASH_BYTES, 2 * HASH_BYTES)
        levels.append(b"".join([sha256(b"\x01" + below[at : at + 2 * HASH_BYTES]).digest() for at in ends]))
    return levels


def hash_at(hashes: bytes, index: int) -> bytes:
    """One of joined hashes."""
    return hashes[index * HASH_BYTES : (index + 1) * HASH_BYTES]


nodes_of_open = lru_cache(_LEVELS_AT_HAND)(nodes_of)
"""The same, remembered: an open tile is asked for at every root and every proof."""


class OpenTiles:
    """The right edge of a tree of `size` leaves. Not for several threads."""

    def __init__(self, levels: Sequence[bytes] = ()) -> None:
        """`levels`: the hashes of the open tile of each level, joined; that of level 0 first."""
        self._levels = list(levels)
        self.size = sum(len(hashes) // HASH_BYTES << TILE_LEVEL * level for level, hashes in enumerate(levels))

    def take(self, leaves: Sequence[bytes]) -> dict[TileName, bytes]:
        """Leaves behind the last. Returns the tiles of level 1 and above that became full."""
        full: dict[TileName, bytes] = {}
        taken = 0
        while taken < len(leaves):
            few = leaves[taken : taken + TILE_WIDTH - self.size % TILE_WIDTH]
            taken += len(few)
            self.size += len(few)
            self._put(b"".join(few), full)
        return full

    def _put(self, hashes: bytes, full: dict[TileName, bytes]) -> None:
        """Behind what is in level 0, which they fill at most. The root of a full tile goes into the next level."""
        level = 0
        while hashes:
            if level == len(self._levels):
                self._levels.append(b"")
            self._levels[level] += hashes
            tile = self._levels[level]
            if len(tile) < TILE_WIDTH * HASH_BYTES:
                return
            if level:
                full[level, (self.size >> TILE_LEVEL * (level + 1)) - 1] = tile
            hashes, self._levels[level] = nodes_of(tile)[TILE_LEVEL], b""
            level += 1

    def root(self) -> bytes:
        """The root over all leaves so far."""
        peaks: list[bytes] = []
        for hashes in reversed(self._levels):
            nodes = nodes_of_open(hashes)
            peaks += [hash_at(nodes[level], index) for level, index in perfect((0, len(hashes) // HASH_BYTES))]
        return joined(peaks)

    def tile(self, level: int, number: int) -> bytes | None:
        """The tile, if it is an open one."""
        if level < len(self._levels) and number == self.size >> TILE_LEVEL * (level + 1):
            return self._levels[level]
        return None

    def changed_since(self, size: int) -> dict[TileName, bytes]:
        """The open tiles of level 1 and above that are not as they were when the tree had this size."""
        return {
            (level, self.size >> TILE_LEVEL * (level + 1)): hashes
            for level, hashes in enumerate(self._levels)
            if level and hashes and self.size >> TILE_LEVEL * level != size >> TILE_LEVEL * level
        }
