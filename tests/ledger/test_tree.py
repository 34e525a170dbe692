"""The tree kept up with a ledger: its roots, its proofs, what it reads, and what it says of changed hashes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.entry import Entry
from affidavit.core.merkle import EMPTY_ROOT, root_of, verify_consistency, verify_inclusion
from affidavit.core.tiles import TILE_WIDTH as TILE
from affidavit.core.tiles import tiles_of
from affidavit.errors import OlderCopy, OtherHistory, StoreFailed, StoreUnreadable
from affidavit.ledger.store import Checkpoint
from affidavit.ledger.tree import READ_HASHES, Tree


class Ledger:
    """The hashes of a ledger. `reads`: the stretches that were asked for."""

    def __init__(self, size: int = 0) -> None:
        self.leaves: list[bytes] = []
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.newest: Checkpoint | None = None
        self.reads: list[tuple[int, int]] = []
        self.fails = False
        self.grow(size)

    def tile(self, level: int, number: int) -> bytes:
        """As a store does."""
        return self.tiles.get((level, number), b"")

    def checkpoint(self) -> Checkpoint | None:
        """As a store does."""
        return self.newest

    def seal(self, tree: Tree) -> int:
        """As the sealer does; the size."""
        growth = tree.growth()
        self.tiles |= growth.tiles
        self.newest = Checkpoint(growth.size, growth.root, b"", 0)
        tree.note_sealed(growth.size)
        return growth.size

    def grow(self, count: int) -> None:
        """So many entries are committed."""
        size = len(self.leaves)
        self.leaves += [sha256(number.to_bytes(4, "big")).digest() for number in range(size, size + count)]

    def hashes(self, start: int, limit: int) -> list[bytes]:
        """As a store does."""
        if self.fails:
            raise StoreFailed("the disk refused to read")
        found = self.leaves[start : start + limit]
        self.reads.append((start, len(found)))
        return found

    def entry(self, position: int) -> Entry:
        """As much of an entry as a tree looks at."""
        return entry_at(position, self.leaves[position])


def entry_at(position: int, digest: bytes) -> Entry:
    """An entry of which only these two matter."""
    empty = b""
    return Entry(position, empty, 1, 0, empty, "", "", empty, digest, empty, empty, empty, 1, None, None, "", None, 0)


def proves(ledger: Ledger, tree: Tree, positions: list[int], size: int, root: bytes) -> bool:
    """Whether the tree's proofs show that these are in the ledger of this size and root."""
    entries = [ledger.entry(position) for position in positions]
    proofs = tree.inclusion(entries, size)
    return len(proofs) == len(entries) and all(
        verify_inclusion(entry.hash, entry.position, size, proof, root)
        for entry, proof in zip(entries, proofs, strict=True)
    )


def test_a_ledger_without_entries() -> None:
    tree = Tree(Ledger())
    assert tree.root() == (EMPTY_ROOT, 0)
    assert tree.inclusion([], 0) == []


def test_it_grows_with_the_ledger_and_reads_only_what_is_new() -> None:
    ledger = Ledger()
    tree = Tree(ledger)
    for count in (1, 254, 1, 1, 0, 300, 2 * READ_HASHES):
        before = len(ledger.leaves)
        ledger.grow(count)
        ledger.reads.clear()
        assert tree.root() == (root_of(ledger.leaves), len(ledger.leaves))
        assert sum(size for _, size in ledger.reads) <= count + len(ledger.reads), "the last of before, in each step"
        assert min(start for start, _ in ledger.reads) == max(0, before - 1)


@pytest.mark.parametrize("size", [1, 255, 256, 300, 512])
@pytest.mark.parametrize("resumed", [False, True], ids=["grown", "resumed"])
def test_a_ledger_that_is_not_the_one_it_was(size: int, resumed: bool) -> None:
    """A database is restored from a backup while its server runs."""
    ledger = Ledger(size)
    tree = Tree(ledger)
    ledger.seal(tree)
    if resumed:
        tree = Tree(ledger)
        tree.advance()
    newest = ledger.leaves
    ledger.leaves = newest[:-1]
    with pytest.raises(OlderCopy, match=f"less than the {size} entries that it had: this is an older copy"):
        tree.advance()
    ledger.leaves = newest[:-1] + [bytes(32)] * 7
    with pytest.raises(OtherHistory, match=f"the first {size} entries of this ledger are not those that were there"):
        tree.growth()
    assert tree.size == size
    ledger.leaves = newest
    ledger.grow(1)
    assert tree.root() == (root_of(ledger.leaves), size + 1)


def test_tiles_that_somebody_else_has_stored_need_not_be_kept() -> None:
    ledger = Ledger(1000)
    ours, theirs = Tree(ledger), Tree(ledger)
    ours.advance()
    ours.note_sealed(ledger.seal(theirs))
    assert ours.growth().tiles == {}
    ledger.grow(70_000)
    ours.advance()
    assert ours.growth().tiles.keys() == {(1, 0), (1, 1), (2, 0)}
    ours.note_sealed(66_000)
    assert ours.growth().tiles.keys() == {(1, 1)}
    assert ours.root() == (root_of(ledger.leaves), 71_000)


@given(st.data())
def test_any_entry_at_any_size_so_far(data: st.DataObject) -> None:
    ledger = Ledger()
    tree = Tree(ledger)
    roots = {}
    for _ in range(data.draw(st.integers(1, 4))):
        ledger.grow(data.draw(st.integers(1, 3 * TILE)))
        root, size = tree.root()
        roots[size] = root
    size = data.draw(st.sampled_from(sorted(roots)))
    positions = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=20))
    assert proves(ledger, tree, positions, size, roots[size])


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 1_023, 1_024, 1_025])
def test_every_entry_around_the_ends_of_tiles(size: int) -> None:
    ledger = Ledger(size)
    tree = Tree(ledger)
    root, _ = tree.root()
    assert proves(ledger, tree, list(range(size)), size, root)


def test_a_tile_is_read_once_for_all_its_entries() -> None:
    ledger = Ledger(10 * TILE + 3)
    tree = Tree(ledger)
    _, size = tree.root()
    ledger.reads.clear()
    tree.inclusion([ledger.entry(position) for position in range(TILE, 3 * TILE)], size)
    assert sorted(ledger.reads) == [(TILE, TILE), (2 * TILE, TILE)]


def test_an_entry_that_is_not_in_it_yet() -> None:
    ledger = Ledger(300)
    tree = Tree(ledger)
    with pytest.raises(ValueError, match="the tree has 0 entries, not 300"):
        tree.inclusion([ledger.entry(0)], 300)
    tree.root()
    with pytest.raises(ValueError, match="299 leaves has no leaf 299"):
        tree.inclusion([ledger.entry(299)], 299)


@pytest.mark.parametrize("changed", [0, 100, 255, 256, 299])
def test_hashes_that_changed_since(changed: int) -> None:
    """In a full tile whoever asks for a proof is told; the open one is in memory. Nobody gets a wrong proof."""
    ledger = Ledger(300)
    tree = Tree(ledger)
    root, size = tree.root()
    tile = range(changed // TILE * TILE, min(300, (changed // TILE + 1) * TILE))
    entries = [ledger.entry(position) for position in tile]
    ledger.leaves[changed] = bytes(32)
    for entry in entries:
        if changed < TILE:
            with pytest.raises(StoreUnreadable, match=f"from position {tile.start} on are not those"):
                tree.inclusion([entry], size)
        else:
            (proof,) = tree.inclusion([entry], size)
            assert verify_inclusion(entry.hash, entry.position, size, proof, root)


@pytest.mark.parametrize("left", [0, 3, 255])
def test_hashes_that_are_gone(left: int) -> None:
    ledger = Ledger(300)
    tree = Tree(ledger)
    _, size = tree.root()
    entry = ledger.entry(2)
    del ledger.leaves[left:]
    with pytest.raises(StoreUnreadable, match="run `affidavit verify`"):
        tree.inclusion([entry], size)


def test_an_entry_with_another_hash_than_its_leaf() -> None:
    ledger = Ledger(300)
    tree = Tree(ledger)
    tree.root()
    with pytest.raises(StoreUnreadable, match="from position 256 on"):
        tree.inclusion([entry_at(257, ledger.leaves[258])], 300)


def test_it_goes_on_where_a_read_failed() -> None:
    ledger = Ledger(100)
    tree = Tree(ledger)
    tree.root()
    ledger.grow(400)
    ledger.fails = True
    with pytest.raises(StoreFailed):
        tree.root()
    ledger.fails = False
    assert tree.root() == (root_of(ledger.leaves), 500)


def test_many_threads_at_once() -> None:
    """While the ledger grows, every root is that of its size, and every proof fits the root it was made for."""
    ledger = Ledger()
    tree = Tree(ledger)

    def ask(turn: int) -> bool:
        ledger.grow(0 if turn % 4 else 97)
        root, size = tree.root()
        if not size:
            return True
        return root == root_of(ledger.leaves[:size]) and proves(ledger, tree, [0, size // 2, size - 1], size, root)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, range(80)))


def test_memory() -> None:
    """Of a million entries that are sealed only the open tiles are kept; before that, a node for each 256."""
    ledger = _Repeating(4_095 * TILE + 255)
    tree = Tree(ledger)
    growth = tree.growth()
    assert sum(map(len, growth.tiles.values())) < 32 * 2 * 4_096
    tree.note_sealed(growth.size)
    assert tree._unsealed == {}
    assert tree._open is not None
    assert sum(map(len, tree._open._levels)) <= 3 * 255 * 32


class _Repeating(Ledger):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def hashes(self, start: int, limit: int) -> list[bytes]:
        return [b"\0" * 32] * max(0, min(limit, self.size - start))


LARGE = 2 * TILE * TILE + 3 * TILE + 7
"""Entries that fill two tiles of level 1, and begin one of level 2."""


@pytest.fixture(scope="module")
def large() -> Ledger:
    """A ledger of three levels of tiles, sealed on the way and at its end."""
    ledger = Ledger()
    tree = Tree(ledger)
    for size in (1, TILE, TILE * TILE - 1, TILE * TILE, TILE * TILE + 300, LARGE):
        ledger.grow(size - len(ledger.leaves))
        assert ledger.seal(tree) == size
    return ledger


def test_the_tiles_are_those_of_the_tree(large: Ledger) -> None:
    """Every hash in them is the root over the leaves below it; those of a level are full but for the last."""
    names = {(tile.level, tile.number): tile.width for level in (1, 2) for tile in tiles_of(level, LARGE)}
    assert {name: len(hashes) // 32 for name, hashes in large.tiles.items()} == names
    for (level, number), hashes in large.tiles.items():
        leaves = TILE**level
        for index in {0, 1, len(hashes) // 64, len(hashes) // 32 - 1} & set(range(len(hashes) // 32)):
            first = (number * TILE + index) * leaves
            assert hashes[32 * index : 32 * index + 32] == root_of(large.leaves[first : first + leaves])


def test_a_start_goes_on_from_the_tiles(large: Ledger) -> None:
    """It reads the end of the ledger alone, and finds the same roots and proofs as one that read everything."""
    large.reads.clear()
    tree = Tree(large)
    root, size = tree.root()
    assert (root, size) == (root_of(large.leaves), LARGE)
    assert large.reads == [(LARGE - 7, 7), (LARGE - 1, 1)]
    assert tree.growth().tiles == {}
    positions = [0, 1, TILE * TILE - 1, TILE * TILE, LARGE - 8, LARGE - 1]
    assert proves(large, tree, positions, size, root)
    assert sum(count for _, count in large.reads) <= 9 + 4 * TILE


@given(sizes=st.tuples(st.integers(1, LARGE), st.integers(1, LARGE)).map(sorted), data=st.data())
def test_any_two_sizes(large: Ledger, sizes: list[int], data: st.DataObject) -> None:
    """Roots, inclusion and consistency in the tree of a size that it had, whether or not it was sealed then."""
    tree = Tree(large)
    tree.advance()
    old, new = sizes
    roots = {size: tree.root_at(size) for size in sizes}
    assert roots[old] == root_of(large.leaves[:old])
    assert verify_consistency(old, roots[old], new, roots[new], tree.consistency(old, new))
    assert proves(large, tree, [data.draw(st.integers(0, old - 1))], old, roots[old])


@pytest.mark.parametrize("name", [(1, 0), (1, 1), (1, 2), (2, 0)])
@pytest.mark.parametrize("change", ["a byte", "cut off", "gone"])
def test_tiles_that_somebody_edited(large: Ledger, name: tuple[int, int], change: str) -> None:
    """A full one is found when it is asked for; where it is an open one, everything is read anew. No proof is wrong."""
    ledger = Ledger()
    ledger.leaves, ledger.tiles, ledger.newest = large.leaves, dict(large.tiles), large.newest
    tile = ledger.tiles[name]
    ledger.tiles[name] = {"a byte": b"\xff" * 5 + tile[5:], "cut off": tile[:-32], "gone": b""}[change]
    tree = Tree(ledger)
    root, size = tree.root()
    assert root == root_of(ledger.leaves)
    position = name[1] * TILE * TILE if name[0] == 1 else 0
    if name in ((1, 0), (1, 1)):
        with pytest.raises(StoreUnreadable, match=f"in tile {name[1]} of level 1, the hashes of entries from"):
            tree.inclusion([ledger.entry(position)], size)
    else:
        assert proves(ledger, tree, [position], size, root)
        ledger.seal(tree)
        assert ledger.tiles == large.tiles


def test_entries_that_changed_before_a_start(large: Ledger) -> None:
    """At the end of the ledger: what is read anew gives another root than was sealed, and does not hide it."""
    ledger = Ledger()
    ledger.leaves, ledger.tiles, ledger.newest = list(large.leaves), large.tiles, large.newest
    ledger.leaves[-1] = bytes(32)
    assert large.newest is not None
    tree = Tree(ledger)
    tree.advance()
    assert tree.root_at(LARGE) == root_of(ledger.leaves) != large.newest.root
    assert tree.root_at(LARGE - 7) == root_of(large.leaves[:-7])


def test_it_rests_between_steps() -> None:
    rests: list[int] = []
    tree = Tree(Ledger(2 * READ_HASHES + 1))
    tree.advance(lambda: rests.append(tree.size))
    assert rests == [READ_HASHES, 2 * READ_HASHES]
