"""The heads: entries of the ledger's own chain that commit to where every chain stood.

With one of them a bundle of one chain proves where that chain ended. The tree over the heads is RFC 6962's, with a leaf
a chain, sorted by chain id: docs/formats/ledger-chain.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.errors import InvalidBody
from affidavit.ledger.opentiles import OpenTiles
from affidavit.ledger.store import Store
from affidavit.model import own
from affidavit.model.draft import Submission

_REST_LEAVES: Final = 2_000
"""Leaves hashed between two rests, in about 3 ms."""


def heads_due(store: Store, at: int, rest: Callable[[], None] = lambda: None) -> Submission | None:
    """The heads to record now, `at` in µs since 1970; None while the newest that are recorded cover the ledger.

    `rest` is called in between where there is much to do.
    """
    if store.size() == _covered(store):
        return None
    size, leaves = store.roll()
    members = {"chains": len(leaves), "root": heads_root(leaves, rest).hex(), "size": size}
    return own.submission("heads", members, at)


def heads_root(leaves: Sequence[bytes], rest: Callable[[], None] = lambda: None) -> bytes:
    """The root of the heads tree over `Store.roll`'s leaves: a leaf's hash is SHA-256(0x00 ‖ leaf)."""
    tree = OpenTiles()
    for start in range(0, len(leaves), _REST_LEAVES):
        tree.take([sha256(b"\x00" + leaf).digest() for leaf in leaves[start : start + _REST_LEAVES]])
        rest()
    return tree.root()


def _covered(store: Store) -> int:
    """How many entries the newest heads cover: those below their size, and themselves where they came right after.

    Of the ledger's own entries only the newest is looked at: if it is not heads, nothing is covered.
    """
    head = store.heads([own.CHAIN]).get(own.CHAIN)
    newest = store.scan_chain(own.CHAIN, head.seq - 1, 1) if head else []
    size = claimed_size(newest[0]) if newest else None
    if size is None:
        return 0
    return size + 1 if newest[0].position == size else size


def claimed_size(entry: Entry) -> int | None:
    """The size that a heads entry is about; None for any other, and for one that somebody edited."""
    members = heads_members(entry)
    return None if members is None else members["size"]


def heads_members(entry: Entry) -> dict[str, Any] | None:
    """What a heads entry says: "chains", "root" and "size"; None for any other, and for one that somebody edited."""
    try:
        payload = canonical.parse(entry.payload)
    except InvalidBody:
        return None
    if not isinstance(payload, dict) or payload.get("type") != "heads":
        return None
    is_whole = isinstance(payload.get("size"), int) and isinstance(payload.get("root"), str)
    return payload if is_whole and isinstance(payload.get("chains"), int) else None
