"""The tree over the ledger: RFC 6962's, whose leaves are the entries in position order. Its roots and its proofs.

A leaf hash is an entry's hash, SHA-256(0x00 ‖ header); a node is SHA-256(0x01 ‖ left ‖ right). All hashes are 32 bytes.

A subtree is perfect if it has 2^level leaves; (level, index) names the one over the leaves from index·2^level on.
A span (start, end) is the subtree over the leaves from `start` up to but not including `end`. Every proof is the hashes
of a list of spans, which the sizes alone determine: who makes a proof and who verifies it read the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

Span = tuple[int, int]


def node(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right) (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows, known by as little as its root needs: 32 bytes for each bit of its size.

    size   its leaves
    peaks  the hashes of the perfect subtrees that it consists of, from left to right, each smaller than the one before
    """

    __slots__ = ("peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, leaf: bytes) -> list[bytes]:
        """One leaf more. Returns the nodes that it completes, those of level 1, 2, ...: on average one."""
        completed = []
        peak = leaf
        complete = self.size
        while complete & 1:
            peak = node(self.peaks.pop(), peak)
            completed.append(peak)
            complete >>= 1
        self.peaks.append(peak)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return joined(self.peaks)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def joined(peaks: Sequence[bytes]) -> bytes:
    """The hash of a subtree from those of the perfect subtrees that it consists of, left to right."""
    if not peaks:
        return EMPTY_ROOT
    digest = peaks[-1]
    for peak in reversed(peaks[:-1]):
        digest = node(peak, digest)
    return digest


def perfect(span: Span) -> list[tuple[int, int]]:
    """The (level, index) of the perfect subtrees that a span of a tree consists of, left to right."""
    start, end = span
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def span_hash(span: Span, node_at: Callable[[int, int], bytes]) -> bytes:
    """The hash of a span. `node_at`: (level, index) -> the hash of that perfect subtree."""
    return joined([node_at(level, index) for level, index in perfect(span)])


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The spans whose hashes prove that leaf `index` is in the tree of `size`: its siblings, from the leaf to the root.

    PATH of RFC 6962 section 2.1.1. Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    spans = []
    start, end = 0, size
    while end - start > 1:
        middle = start + left_leaves(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The spans whose hashes prove that the tree of size `new` begins with that of size `old`.

    PROOF of RFC 6962 section 2.1.2: from the last subtree that both have, to the root; that subtree is left out where
    it is the whole old tree. Raises ValueError unless 0 < old <= new: everything begins with nothing.
    """
    if not 0 < old <= new:
        raise ValueError(f"there is no proof that a tree of {new} leaves begins with one of {old}")
    spans = []
    start, end = 0, new
    while end != old:
        middle = start + left_leaves(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    if start:
        spans.append((start, end))
    return spans[::-1]


def left_leaves(leaves: int) -> int:
    """Of two or more leaves, how many the left subtree has: the greatest power of two below their number."""
    return 1 << ((leaves - 1).bit_length() - 1)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that `leaf` is leaf `index` of the tree of `size` with this root. Never raises."""
    if not (0 <= index < size and _are_hashes(leaf, root, *proof)):
        return False
    spans = inclusion_spans(index, size)
    if len(spans) != len(proof):
        return False
    digest = leaf
    for (start, _), sibling in zip(spans, proof, strict=True):
        digest = node(digest, sibling) if start > index else node(sibling, digest)
    return digest == root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the tree of size `new` begins with that of size `old`. Never raises.

    An empty old tree proves nothing, and is refused.
    """
    if not (0 < old <= new and _are_hashes(old_root, new_root, *proof)):
        return False
    spans = consistency_spans(old, new)
    if len(spans) != len(proof):
        return False
    nodes = list(zip(spans, proof, strict=True))
    if spans and spans[0][1] == old:  # the last subtree that both have
        (_, shared), *nodes = nodes
    else:
        shared = old_root
    old_digest = new_digest = shared
    for (start, _), sibling in nodes:
        if start >= old:
            new_digest = node(new_digest, sibling)
        else:
            old_digest, new_digest = node(sibling, old_digest), node(sibling, new_digest)
    return old_digest == old_root and new_digest == new_root


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(digest) == HASH_BYTES for digest in hashes)
