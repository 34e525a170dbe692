"""Tiles: the tree in files of 256 hashes, and the entries in files of 256 headers (C2SP tlog-tiles).

    tile/<level>/<number>[.p/<width>]         hashes of the subtrees of 256^level leaves each
    tile/entries/<number>[.p/<width>]         entries, each after its length

A tile is partial, `.p/<width>`, while it has less than 256 of them. Nothing partial is hashed into the level above.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from affidavit.errors import MalformedProof

TILE_LEVEL: Final = 8
"""Levels of the tree in one of tiles."""
TILE_WIDTH: Final = 1 << TILE_LEVEL
MAX_LEVEL: Final = 63
ENTRIES: Final = -1
"""The level of a tile of entries, which stand where those of level 0 do."""
_LENGTH_BYTES = 2
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?", re.ASCII)


class Tile(msgspec.Struct, frozen=True, order=True):
    """A tile's name. `level` 0 to MAX_LEVEL, or ENTRIES; `number` from 0; `width` 1 to TILE_WIDTH, full."""

    level: int
    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Where it is served, below the ledger's prefix."""
        digits = str(self.number)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        *parents, last = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "".join(f"x{parent}/" for parent in parents) + last
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{number}" + ("" if self.width == TILE_WIDTH else f".p/{self.width}")


def parse_tile(path: str) -> Tile | None:
    """The tile at a path; None for any other text, and for other ways to write a path."""
    if not (found := _PATH.fullmatch(path)):
        return None
    level, number, width = found.groups()
    tile = Tile(
        ENTRIES if level == "entries" else int(level),
        int(re.sub("[x/]", "", number)),
        TILE_WIDTH if width is None else int(width),
    )
    return tile if tile.path == path and tile.level <= MAX_LEVEL and 1 <= tile.width <= TILE_WIDTH else None


def tile_width(level: int, number: int, size: int) -> int:
    """How many hashes, or entries, the tile has in the tree of `size`: 0 to TILE_WIDTH."""
    return min(max(_items(level, size) - number * TILE_WIDTH, 0), TILE_WIDTH)


def is_tile_of(tile: Tile, size: int) -> bool:
    """Whether the tree of `size` has the tile in this width: full, or as its level's partial one, or cut from a wider.

    Who holds an older checkpoint asks for the narrower tile of then: any width that the tree has outgrown is right.
    """
    return 1 <= tile.width <= tile_width(tile.level, tile.number, size)


def tiles_of(level: int, size: int, since: int = 0) -> Iterator[Tile]:
    """The tiles of a level in the tree of `size`, ascending: all, or those that a tree of size `since` has not so."""
    before, items = _items(level, since), _items(level, size)
    for number in range(before // TILE_WIDTH, -(-items // TILE_WIDTH)):
        width = tile_width(level, number, size)
        if width > tile_width(level, number, since):
            yield Tile(level, number, width)


def _items(level: int, size: int) -> int:
    return size >> (TILE_LEVEL * max(level, 0))


def encode_entries(headers: Iterable[bytes]) -> bytes:
    """A tile of entries: each header after its length, 2 bytes, big-endian. Raises OverflowError beyond 65,535."""
    return b"".join(len(header).to_bytes(_LENGTH_BYTES, "big") + header for header in headers)


def decode_entries(data: bytes) -> list[bytes]:
    """The headers in a tile of entries. Raises MalformedProof where it ends inside one, or has more than TILE_WIDTH."""
    headers: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + _LENGTH_BYTES + int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
        if end > len(data):
            raise MalformedProof(f"the tile ends inside entry {len(headers)}, at byte {len(data)}: fetch it again")
        headers.append(data[at + _LENGTH_BYTES : end])
        at = end
    if len(headers) > TILE_WIDTH:
        raise MalformedProof(f"the tile has {len(headers):,} entries, the limit is {TILE_WIDTH}: fetch it again")
    return headers
