"""One proof for many leaves: what it holds, that it leads to the root, and that nothing changed does."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.merkle import EMPTY_ROOT, Span, inclusion_spans, root_of
from affidavit.core.multiproof import multiproof_root, multiproof_spans

LEAVES = [sha256(b"\x00" + number.to_bytes(2, "big")).digest() for number in range(700)]


def mth(start: int, end: int) -> bytes:
    """The root over some of LEAVES, as RFC 6962 section 2.1 defines it."""
    return root_of(LEAVES[start:end])


def recursive(start: int, end: int, shown: set[int]) -> list[Span]:
    """The rule in its own words."""
    if not shown & set(range(start, end)):
        return [(start, end)]
    if end - start == 1:
        return []
    half = 1
    while half * 2 < end - start:
        half *= 2
    return recursive(start, start + half, shown) + recursive(start + half, end, shown)


def proved(positions: list[int], size: int) -> bytes:
    nodes = [mth(*span) for span in multiproof_spans(positions, size)]
    return multiproof_root([(at, LEAVES[at]) for at in positions], nodes, size)


@pytest.mark.parametrize("size", range(1, 9))
def test_every_choice_of_leaves_of_small_trees(size: int) -> None:
    for chosen in range(1 << size):
        positions = [at for at in range(size) if chosen >> at & 1]
        assert list(multiproof_spans(positions, size)) == recursive(0, size, set(positions))
        assert proved(positions, size) == mth(0, size)


@given(st.data())
def test_larger_trees(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    positions = sorted(data.draw(st.sets(st.integers(0, size - 1))))
    assert list(multiproof_spans(positions, size)) == recursive(0, size, set(positions))
    assert proved(positions, size) == mth(0, size)


def test_the_ends() -> None:
    assert list(multiproof_spans([], 0)) == []
    assert multiproof_root([], [], 0) == EMPTY_ROOT
    assert list(multiproof_spans([], 9)) == [(0, 9)]
    assert multiproof_root([], [LEAVES[0]], 9) == LEAVES[0]
    assert list(multiproof_spans(range(9), 9)) == []


@given(st.data())
def test_of_one_leaf_it_is_the_inclusion_proof_in_another_order(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 2**63 - 1))
    index = data.draw(st.integers(0, size - 1))
    assert list(multiproof_spans([index], size)) == sorted(inclusion_spans(index, size))


Change = Callable[[list[tuple[int, bytes]], list[bytes]], object]
CHANGES: list[tuple[Change, str]] = [
    (lambda leaves, nodes: nodes.pop(), "need a hash"),
    (lambda leaves, nodes: nodes.append(LEAVES[0]), "left over"),
    (lambda leaves, nodes: leaves.append((30, LEAVES[30])), "need a hash|left over"),
    (lambda leaves, nodes: leaves.pop(), "left over|need a hash"),
    (
        lambda leaves, nodes: leaves.append((40, LEAVES[40])),
        "position 40 does not ascend, or is not below the size, 40",
    ),
    (lambda leaves, nodes: leaves.insert(0, leaves[1]), "position 3 does not ascend"),
    (lambda leaves, nodes: leaves.append(leaves[-1]), "position 20 does not ascend"),
    (lambda leaves, nodes: leaves.insert(0, (-1, LEAVES[0])), "position -1 does not ascend"),
    (lambda leaves, nodes: nodes.__setitem__(0, nodes[0][:-1]), "32 bytes, not 31"),
    (lambda leaves, nodes: leaves.__setitem__(1, (8, LEAVES[8] + b"\0")), "32 bytes, not 33"),
]


@pytest.mark.parametrize(("change", "why"), CHANGES)
def test_a_proof_that_is_none(change: Change, why: str) -> None:
    leaves = [(at, LEAVES[at]) for at in (3, 8, 20)]
    nodes = [mth(*span) for span in multiproof_spans([3, 8, 20], 40)]
    assert multiproof_root(leaves, nodes, 40) == mth(0, 40)
    change(leaves, nodes)
    with pytest.raises(ValueError, match=why):
        multiproof_root(leaves, nodes, 40)


@given(st.data())
def test_a_changed_leaf_node_or_place_gives_another_root(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 200))
    positions = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1)))
    nodes = [mth(*span) for span in multiproof_spans(positions, size)]
    leaves = [(at, LEAVES[at]) for at in positions]
    at = data.draw(st.integers(0, len(leaves) + len(nodes) - 1))
    bit = data.draw(st.integers(0, 255))
    if at < len(leaves):
        leaves[at] = (leaves[at][0], flipped(leaves[at][1], bit))
    else:
        nodes[at - len(leaves)] = flipped(nodes[at - len(leaves)], bit)
    assert multiproof_root(leaves, nodes, size) != mth(0, size)


def flipped(digest: bytes, bit: int) -> bytes:
    return (int.from_bytes(digest, "big") ^ 1 << bit).to_bytes(32, "big")


@pytest.mark.parametrize(("positions", "size"), [([5], 5), ([2, 1], 5), ([1, 1], 5), ([-1], 5), ([0], 0)])
def test_positions_that_no_tree_has(positions: list[int], size: int) -> None:
    with pytest.raises(ValueError, match="does not ascend"):
        list(multiproof_spans(positions, size))


def test_it_reads_one_leaf_ahead_and_keeps_next_to_nothing() -> None:
    """Of 20,000 leaves in a tree of 10^12, neither end ever holds more than a few hashes a level."""
    count, size, step = 20_000, 10**12, 3

    def shown() -> Iterator[tuple[int, bytes]]:
        for number in range(count):
            yield number * step, LEAVES[number % 700]

    def nodes() -> Iterator[bytes]:
        for span in multiproof_spans(range(0, count * step, step), size):
            yield LEAVES[span[0] % 700]

    tracemalloc.start()
    try:
        root = multiproof_root(shown(), nodes(), size)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(root) == 32
    assert peak < 100_000
