"""Tiles: their names, which of them a tree has, and that a real tree's give its root."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.checkpoint import parse_checkpoint
from affidavit.core.merkle import root_of
from affidavit.core.note import parse_note
from affidavit.core.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    decode_entries,
    encode_entries,
    is_tile_of,
    parse_tile,
    tile_width,
    tiles_of,
)
from affidavit.errors import MalformedProof

SHARED = Path(__file__).parents[3] / "shared" / "vectors" / "tlog-tiles-api"
PUBLIC: dict[str, Any] = json.loads((SHARED / "paths.json").read_text()) if SHARED.exists() else {}
REAL = SHARED / "mirror300"

FROZEN = {
    "tile/0/000": Tile(0, 0),
    "tile/0/x001/x234/067": Tile(0, 1234067),
    "tile/0/x001/x234/067.p/1": Tile(0, 1234067, 1),
    "tile/7/999.p/255": Tile(7, 999, 255),
    "tile/63/x001/000": Tile(63, 1000),
    "tile/entries/x010/255.p/8": Tile(ENTRIES, 10255, 8),
}


@pytest.mark.parametrize(("path", "tile"), FROZEN.items())
def test_frozen_paths(path: str, tile: Tile) -> None:
    assert tile.path == path
    assert parse_tile(path) == tile


@pytest.mark.parametrize(("number", "path"), PUBLIC.get("index_to_path", {}).items())
def test_public_paths(number: str, path: str) -> None:
    assert Tile(0, int(number)).path == f"tile/0/{path}"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/",
        "/tile/0/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/x0/000",
        "tile/entry/000",
        "tile/data/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/../000",
        "tile/0/" + "x999/" * 7 + "999",
    ],
)
def test_no_other_path_is_a_tile(path: str) -> None:
    assert parse_tile(path) is None


tiles = st.builds(Tile, st.integers(-1, 63), st.integers(0, 10**21 - 1), st.integers(1, 256))


@given(tiles)
def test_paths_are_read_as_written(tile: Tile) -> None:
    assert parse_tile(tile.path) == tile


@pytest.mark.parametrize("vector", PUBLIC.get("partial_widths", []), ids=lambda vector: str(vector["size"]))
def test_public_widths(vector: dict[str, Any]) -> None:
    for level, counts in vector["tiles"].items():
        widths = [tile.width for tile in tiles_of(int(level), vector["size"])]
        partial = [counts["partial"]] if counts["partial"] else []
        assert widths == [TILE_WIDTH] * counts["full"] + partial
    assert list(tiles_of(len(vector["tiles"]), vector["size"])) == []


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_what_a_tree_has_and_what_is_new_in_it(one: int, other: int) -> None:
    since, size = sorted((one, other))
    for level in range(ENTRIES, 4):
        now, before = list(tiles_of(level, size)), list(tiles_of(level, since))
        items = size // 256 ** max(level, 0)
        assert [tile.number for tile in now] == list(range(-(-items // TILE_WIDTH)))
        assert sum(tile.width for tile in now) == items
        assert all(is_tile_of(tile, size) for tile in now + before)
        assert list(tiles_of(level, size, since)) == [tile for tile in now if tile not in before]


@given(tiles, st.integers(0, 2**63 - 1))
def test_no_tile_is_wider_than_its_tree(tile: Tile, size: int) -> None:
    width = tile_width(tile.level, tile.number, size)
    assert 0 <= width <= TILE_WIDTH
    assert is_tile_of(tile, size) == (tile.width <= width)
    assert not is_tile_of(Tile(tile.level, tile.number, width + 1), size)
    assert not is_tile_of(Tile(tile.level, tile.number, 0), size)


@given(st.lists(st.binary(max_size=600), max_size=TILE_WIDTH))
def test_entries_are_read_as_written(headers: list[bytes]) -> None:
    assert decode_entries(encode_entries(headers)) == headers


def test_entries_have_their_length_before_them() -> None:
    assert encode_entries([b"", b"{}", b"x" * 258]) == b"\0\0" + b"\0\2{}" + b"\1\2" + b"x" * 258
    with pytest.raises(OverflowError):
        encode_entries([bytes(65_536)])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\0", "ends inside entry 0, at byte 1"),
        (b"\0\1", "ends inside entry 0, at byte 2"),
        (b"\0\1x\0", "ends inside entry 1, at byte 4"),
        (b"\0\1x\0\3xx", "ends inside entry 1, at byte 7"),
        (b"\0\0" * 257, "257 entries, the limit is 256"),
    ],
)
def test_tiles_that_are_none(data: bytes, why: str) -> None:
    with pytest.raises(MalformedProof, match=why):
        decode_entries(data)


@pytest.mark.skipif(not REAL.exists(), reason="the public vectors are not here")
def test_a_real_tree_of_another_program() -> None:
    """300 leaves in two tiles, the node over the first, and the root that was signed and cosigned."""
    head = parse_checkpoint(parse_note((REAL / "checkpoint").read_bytes()).text)
    leaves: list[bytes] = []
    for tile in tiles_of(0, head.size):
        data = (REAL / tile.path).read_bytes()
        assert len(data) == tile.width * 32
        leaves += [data[at : at + 32] for at in range(0, len(data), 32)]
    assert root_of(leaves) == head.root
    (above,) = tiles_of(1, head.size)
    assert (REAL / above.path).read_bytes() == root_of(leaves[:TILE_WIDTH])
    assert head.root == b64decode("gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=")
