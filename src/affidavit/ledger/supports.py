"""Entries of the ledger's own chain that a bundle needs beside its scope, and what they prove."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import takewhile
from typing import TypeVar

import msgspec

from affidavit.core import canonical, ids
from affidavit.core.entry import Entry
from affidavit.core.merkle import inclusion_spans, node, span_hash
from affidavit.core.multiproof import multiproof_spans
from affidavit.errors import InvalidJson, StoreUnreadable
from affidavit.ledger.scopes import pages, scan
from affidavit.ledger.store import Store
from affidavit.model import own
from affidavit.model.draft import LEDGER
from affidavit.model.query import Query

Recorded = TypeVar("Recorded")


class Ended(msgspec.Struct, frozen=True):
    """Where chains ended: the heads entry's position, the ledger's size that it speaks of, the leaves it commits to."""

    position: int
    size: int
    leaves: list[bytes]


def erasures(store: Store, size: int) -> Mapping[bytes, int]:
    """The entries that were erased, by id (16 bytes), and the position of the entry below `size` that says so."""
    said = own_entries(store, "erasure", size)
    return {identity: entry.position for entry in said for identity in _named(entry)}


def erased_since(store: Store, size: int) -> Iterator[bytes]:
    """The ids of what was erased by entries at position `size` and beyond, newest first."""
    newest_first = own_entries(store, "erasure", store.size(), ascending=False)
    since = takewhile(lambda entry: entry.position >= size, newest_first)
    return (identity for entry in since for identity in _named(entry))


def _named(erasure: Entry) -> Iterator[bytes]:
    """The ids that an entry of type `erasure` names."""
    for text in recorded(erasure, "entries", list):
        identity = ids.parse(text) if isinstance(text, str) else None
        if identity is not None:
            yield identity


def rotations(store: Store, size: int) -> list[bytes]:
    """The notes by which signers handed over, oldest first, of the entries below `size`."""
    return [recorded(entry, "note", str).encode() for entry in own_entries(store, "signer", size)]


def ended(store: Store, size: int) -> Ended | None:
    """Where chains ended, as the newest heads entry below `size` has it; None where there is none."""
    newest = next(own_entries(store, "heads", size, ascending=False), None)
    if newest is None:
        return None
    then = recorded(newest, "size", int)
    leaves = leaves_at(store, then)
    if HeadsTree(leaves).root().hex() != recorded(newest, "root", str):
        raise StoreUnreadable(
            f"the chains do not end where the entry at position {newest.position} says: run `affidavit verify`",
            position=newest.position,
        )
    return Ended(newest.position, then, leaves)


def leaves_at(store: Store, size: int) -> list[bytes]:
    """The leaves of the heads tree when the ledger had `size` entries: today's, less what came since.

    The first entry that a chain got since links to the head that it had then.
    """
    now, leaves = store.roll()
    since: dict[bytes, Entry] = {}
    for entry in scan(store, size, now):
        since.setdefault(entry.chain, entry)
    if not since:
        return leaves
    then = []
    for leaf in leaves:
        first = since.get(bytes.fromhex(canonical.parse(leaf)["chain"]))
        if first is None:
            then.append(leaf)
        elif first.seq > 1:
            fields = {"chain": first.chain.hex(), "head": first.prev.hex(), "seq": first.seq - 1}
            then.append(canonical.encode(fields))
    return then


class HeadsTree:
    """The tree over the leaves of heads, all of it in memory: 64 bytes a chain."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [[sha256(b"\x00" + leaf).digest() for leaf in leaves]]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append([node(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])

    def root(self) -> bytes:
        """The root over all leaves."""
        return span_hash((0, len(self._levels[0])), self._node)

    def nodes(self, indexes: Iterable[int]) -> Iterator[bytes]:
        """What these leaves lack for the root, in the order of a bundle."""
        for span in multiproof_spans(indexes, len(self._levels[0])):
            yield span_hash(span, self._node)

    def inclusion(self, index: int) -> list[bytes]:
        """The proof that a leaf is in the tree (RFC 6962 section 2.1.1)."""
        return [span_hash(span, self._node) for span in inclusion_spans(index, len(self._levels[0]))]

    def _node(self, level: int, index: int) -> bytes:
        return self._levels[level][index]


def recorded(entry: Entry, name: str, kind: type[Recorded]) -> Recorded:
    """A member of a payload of the ledger's own. Raises StoreUnreadable where somebody edited it away."""
    try:
        payload = canonical.parse(entry.payload)
    except InvalidJson:
        payload = None
    found = payload.get(name) if isinstance(payload, dict) else None
    if not isinstance(found, kind):
        raise StoreUnreadable(
            f"the ledger's own entry at position {entry.position} was edited: run `affidavit verify`",
            position=entry.position,
        )
    return found


def own_entries(store: Store, kind: str, size: int, *, ascending: bool = True) -> Iterator[Entry]:
    """The ledger's own entries of this type below `size`."""
    query = Query(own.DIALECT, types=(kind,), ascending=ascending)
    return (entry for entry in pages(store, LEDGER.id, query) if entry.position < size and entry.chain == own.CHAIN)
