"""One proof for many leaves: the nodes that a tree's root needs beside the leaves that are shown.

The tree is walked as RFC 6962 computes its root, left subtree before right. A subtree without a leaf that is shown is
one node of the proof; of any other the two halves are walked. The positions and the size alone determine which nodes
these are, and every node and leaf is needed once, from left to right: both ends go through a ledger of any length with
no more than a few hashes a level in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from affidavit.core.merkle import EMPTY_ROOT, HASH_BYTES, Span, left_leaves, node

Leaf = tuple[int, bytes]
"""(position, leaf hash)"""


def multiproof_spans(positions: Iterable[int], size: int) -> Iterator[Span]:
    """The spans whose hashes prove, with the leaves at these ascending positions, the root of the tree of `size`.

    None where every leaf is shown; the whole tree where none is. Raises ValueError, once it gets there, for a position
    that does not ascend or is not below `size`.
    """
    for span, leaf in _walk(((position, b"") for position in positions), size):
        if leaf is None:
            yield span


def multiproof_root(leaves: Iterable[Leaf], nodes: Iterable[bytes], size: int) -> bytes:
    """The root of the tree of `size`, from the leaves that are shown, ascending, and the proof's nodes in order.

    Compare it with a root that is trusted. Raises ValueError as `multiproof_spans` does, for a node too few or too
    many, and for what has not the length of a hash.
    """
    rest = iter(nodes)
    done: list[tuple[int, int, bytes]] = []  # the subtrees known so far whose siblings are still to come
    for (start, end), leaf in _walk(leaves, size):
        digest = next(rest, b"") if leaf is None else leaf
        if len(digest) != HASH_BYTES:
            raise ValueError(
                f"the leaves from {start} to {end - 1} need a hash of {HASH_BYTES} bytes, not {len(digest)}"
            )
        while done and _are_siblings(done[-1][0], start, end, size):
            start, _, left = done.pop()
            digest = node(left, digest)
        done.append((start, end, digest))
    if next(rest, None) is not None:
        raise ValueError("the proof has nodes left over that no subtree lacks")
    return done[0][2] if done else EMPTY_ROOT


def _are_siblings(left: int, middle: int, end: int, size: int) -> bool:
    """Whether [left, middle) and [middle, end) are the halves of a subtree: equal, or the right one cut by the end.

    Only left halves wait for their siblings, and what ends where the tree ends is the sibling of the last that waits.
    """
    return end - middle == middle - left or end == size


def _walk(leaves: Iterable[Leaf], size: int) -> Iterator[tuple[Span, bytes | None]]:
    """The subtrees that the root is computed from, left to right: a shown leaf with its hash, a node with None."""
    shown = iter(leaves)
    leaf = next(shown, None)
    pending = [(0, size)] if size else []
    while pending:
        start, end = pending.pop()
        if leaf is not None and leaf[0] < start:
            raise ValueError(f"position {leaf[0]} does not ascend, or is below 0")
        if leaf is None or leaf[0] >= end:
            yield (start, end), None
        elif end - start == 1:
            yield (start, end), leaf[1]
            leaf = next(shown, None)
        else:
            middle = start + left_leaves(end - start)
            pending += [(middle, end), (start, middle)]
    if leaf is not None:
        raise ValueError(f"position {leaf[0]} does not ascend, or is not below the size, {size}")
