"""The tree kept up with a ledger: its roots, its proofs, what it reads, and what it says of changed hashes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.entry import Entry
from affidavit.core.merkle import EMPTY_ROOT, root_of, verify_inclusion
from affidavit.errors import StoreFailed, StoreUnreadable
from affidavit.ledger.tree import READ_HASHES, TILE, Tree


class Ledger:
    """The hashes of a ledger. `reads`: the stretches that were asked for."""

    def __init__(self, size: int = 0) -> None:
        self.leaves: list[bytes] = []
        self.reads: list[tuple[int, int]] = []
        self.fails = False
        self.grow(size)

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
        assert sum(size for _, size in ledger.reads) == count
        assert min(start for start, _ in ledger.reads) == before


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
    assert sorted(ledger.reads) == [(TILE, TILE), (2 * TILE, TILE), (10 * TILE, 3)]


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
    """In a finished tile and in the one at the end; whoever asks for a proof there is told, nobody gets a wrong one."""
    ledger = Ledger(300)
    tree = Tree(ledger)
    _, size = tree.root()
    tile = range(changed // TILE * TILE, min(300, (changed // TILE + 1) * TILE))
    entries = [ledger.entry(position) for position in tile]
    ledger.leaves[changed] = bytes(32)
    for entry in entries:
        with pytest.raises(StoreUnreadable, match=f"from position {tile.start} on are not those"):
            tree.inclusion([entry], size)


@pytest.mark.parametrize("left", [0, 3, 256, 290])
def test_hashes_that_are_gone(left: int) -> None:
    ledger = Ledger(300)
    tree = Tree(ledger)
    _, size = tree.root()
    entry = ledger.entry(299)
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
    """What is kept of a million entries: a node for each tile, and fewer than that above them."""
    tree = Tree(_Repeating(4_096 * TILE))
    tree.root()
    assert sum(map(len, tree._nodes)) < 2 * 4_096


class _Repeating:
    def __init__(self, size: int) -> None:
        self.size = size

    def hashes(self, start: int, limit: int) -> list[bytes]:
        return [b"\0" * 32] * max(0, min(limit, self.size - start))
