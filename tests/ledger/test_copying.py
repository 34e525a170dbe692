"""What a copy takes of a tree: every tile that there is, of trees higher than those of other tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from affidavit.ledger.copying import beside
from affidavit.ledger.opentiles import OpenTiles
from affidavit.ledger.store import Checkpoint
from affidavit.storage.memory import MemoryStore

LEAF = bytes(32)
SIZES = (0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 65_792, 131_072)


class Sealed(MemoryStore):
    """Of no entries, but with the tiles of some."""

    def __init__(self, size: int) -> None:
        super().__init__({})
        opened = OpenTiles()
        self.tiles = opened.take([LEAF] * size) | opened.changed_since(0)
        self._newest = Checkpoint(size, LEAF, b"", 0) if size else None

    def checkpoint(self, size: int | None = None) -> Checkpoint | None:
        return self._newest

    def tile(self, level: int, number: int) -> bytes:
        return self.tiles[level, number]

    def all_cosignatures(self) -> Iterator[Any]:
        """None, and none of the others."""
        return iter(())

    all_timestamps = all_requests = all_cosignatures

    def retire(self) -> None:
        raise AssertionError


@pytest.mark.parametrize("size", SIZES)
def test_every_tile_is_taken(size: int) -> None:
    source = Sealed(size)
    taken = {(level, number): hashes for level, number, hashes in beside(source, {}).tiles}
    assert taken == source.tiles
    assert max((level for level, _ in taken), default=0) == (size >= 256) + (size >= 65_536)
