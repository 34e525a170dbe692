"""Verification of heads: each entry of that type, while the ledger is read through, against where its chains stood.

What a heads entry commits to is the heads below its size, somewhat behind its own position. So the tree over the heads
follows behind the reading, up to the size that a heads entry speaks of. Only what moved is hashed anew: log2(chains)
hashes each, or all of them where a chain began. That is bounded: beyond some hashes for each entry read, heads are
passed over, and counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.core.merkle import node, root_of
from affidavit.core.verify import Problem
from affidavit.ledger.heads import heads_members
from affidavit.model import own

HASHES_FREE: Final = 1_000_000
HASHES_PER_ENTRY: Final = 4
"""What may be spent, at a microsecond a hash."""
MOST_BEHIND: Final = 65_536
"""Entries that the tree may be behind: heads that speak of an earlier size are passed over."""


class HeadsTrail:
    """Follows the entries from the first, in their order. `passed`: heads that were not compared, the newest aside."""

    def __init__(self) -> None:
        self._behind: deque[tuple[int, bytes, bytes, int]] = deque()  # position, chain, hash, seq: never payloads
        self._size = 0
        self._latest: dict[bytes, tuple[bytes, int]] = {}  # hash and seq, not hashed into a leaf yet
        self._moved: set[bytes] = set()
        self._leaves: dict[bytes, bytes] = {}
        self._tree = _Levels()
        self._spent = 0
        self._trusted = True
        self._is_passed = False
        self.passed = 0

    def distrust(self) -> None:
        """Something is wrong with an entry, and told: heads from here on would tell it again."""
        self._trusted = False

    def check(self, entry: Entry) -> Iterator[Problem]:
        """The next entry."""
        if entry.chain == own.CHAIN and (members := heads_members(entry)) is not None:
            yield from self._compare(entry, members["chains"], members["root"], members["size"])
        if not self._trusted:
            return
        self._behind.append((entry.position, entry.chain, entry.hash, entry.seq))
        if len(self._behind) > MOST_BEHIND:
            self._take(*self._behind.popleft())

    def _compare(self, entry: Entry, chains: int, root: str, size: int) -> Iterator[Problem]:
        self.passed += self._is_passed
        self._is_passed = False
        if self._trusted and size > entry.position:
            yield _problem(entry, f"it speaks of {size} entries, and is itself at position {entry.position}")
            return
        while self._behind and self._behind[0][0] < size:
            self._take(*self._behind.popleft())
        self._make_leaves()
        if not self._trusted or self._size > size or not self._is_affordable(entry.position):
            self._is_passed = True
            return
        self._spent += self._tree.put(self._leaves, self._moved)
        self._moved = set()
        if (len(self._leaves), self._tree.root().hex()) != (chains, root):
            yield _problem(entry, f"the heads of {chains} chains below position {size} were others")

    def _take(self, position: int, chain: bytes, head: bytes, seq: int) -> None:
        self._latest[chain] = (head, seq)
        self._size = position + 1

    def _make_leaves(self) -> None:
        for chain, (head, seq) in self._latest.items():
            fields = {"chain": chain.hex(), "head": head.hex(), "seq": seq}
            self._leaves[chain] = sha256(b"\x00" + canonical.encode(fields)).digest()
        self._moved |= self._latest.keys()
        self._latest = {}

    def _is_affordable(self, read: int) -> bool:
        cost = self._tree.cost(self._leaves, self._moved)
        return self._spent + cost <= HASHES_FREE + HASHES_PER_ENTRY * read


class _Levels:
    """RFC 6962's tree over leaves sorted by chain, all nodes in memory; a node without a sibling is its own parent."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}
        self._levels: list[list[bytes]] = [[]]

    def cost(self, leaves: dict[bytes, bytes], moved: set[bytes]) -> int:
        """Hashes that `put` makes, about."""
        return len(moved) * len(self._levels) if len(leaves) == len(self._places) else len(leaves)

    def put(self, leaves: dict[bytes, bytes], moved: set[bytes]) -> int:
        """Take over the leaves' hashes by chain, of which those that `moved` are others. Returns the cost."""
        cost = self.cost(leaves, moved)
        if len(leaves) != len(self._places):
            chains = sorted(leaves)
            self._places = {chain: place for place, chain in enumerate(chains)}
            self._levels = [[leaves[chain] for chain in chains]]
            while len(below := self._levels[-1]) > 1:
                self._levels.append([_parent(below, place) for place in range((len(below) + 1) >> 1)])
            return cost
        places = {self._places[chain] for chain in moved}
        for chain in moved:
            self._levels[0][self._places[chain]] = leaves[chain]
        for below, level in zip(self._levels, self._levels[1:], strict=False):
            places = {place >> 1 for place in places}
            for place in places:
                level[place] = _parent(below, place)
        return cost

    def root(self) -> bytes:
        """Over all of them."""
        return self._levels[-1][0] if self._places else root_of([])


def _parent(below: list[bytes], place: int) -> bytes:
    left = 2 * place
    return node(below[left], below[left + 1]) if left + 1 < len(below) else below[left]


def _problem(entry: Entry, message: str) -> Problem:
    return Problem("heads-mismatch", entry.position, own.CHAIN.hex(), entry.seq, message)
