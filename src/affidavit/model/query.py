"""Questions to the ledger and their answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from affidavit.core.entry import Entry

GroupKind = Literal["agent", "session"]

MAX_PAGE = 1000
"""Entries in one page, whatever a dialect allows."""
MAX_PAGE_BYTES = 32 << 20
"""Payloads in one page, whatever its entries: what bounds the memory of a read."""
BLOCK_BYTES = 8 << 20
"""The same of a block, in which a walk reads."""


class Label(msgspec.Struct, frozen=True):
    """A condition on the payload itself: the object at JSON path `path` has `key` with the text `value`."""

    path: str
    key: str
    value: str


class Query(msgspec.Struct, frozen=True):
    """Which entries. None and empty mean "any". Times in µs since 1970, both ends inclusive.

    Names are `storable`; `text` and labels are as they were sent.
    `text`: a substring of the searchable part of the payload, ASCII letters of either case.
    Order is by `time`, then by position, both descending unless `ascending`. `after`: only what follows this (time,
    position) in that order, so that a walk in pages misses and doubles nothing while entries arrive. `counted`: whether
    the page's total is asked for. `most_bytes`: where it is given, a page ends with the entry that brings its payloads
    there, and who asks goes on with `after`; where it is not, at MAX_PAGE_BYTES, which `model.reading` refuses.
    """

    dialect: str
    agent: str | None = None
    session: str | None = None
    types: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    text: str | None = None
    labels: tuple[Label, ...] = ()
    ascending: bool = False
    limit: int = 50
    offset: int = 0
    after: tuple[int, int] | None = None
    counted: bool = True
    most_bytes: int | None = None


class Page(msgspec.Struct, frozen=True):
    """The entries asked for, and how many there are in all without limit, offset and after; 0 if not counted."""

    entries: list[Entry]
    total: int


class Group(msgspec.Struct, frozen=True):
    """The entries that share an agent or a session. `first` and `last`: their least and greatest `time`, in µs."""

    name: str
    entries: int
    first: int
    last: int


class Head(msgspec.Struct, frozen=True, gc=False):
    """The newest entry of a chain: what the next one links to. `at` in µs since 1970, `hash` 32 bytes."""

    seq: int
    hash: bytes
    at: int


class Chain(msgspec.Struct, frozen=True):
    """A chain as a store lists it. `key` is the chain key in the vendor's words.

    `erased`: how many of its entries are.
    """

    id: bytes
    key: str
    head: Head
    erased: int = 0

    @property
    def gone(self) -> bool:
        """Whether every entry of it is erased, and the key, "" then, with them."""
        return self.erased == self.head.seq


class ChainReport(msgspec.Struct, frozen=True):
    """What a verification of one chain found: `entries` of it are sound.

    `broken_seq` is where it first fails, `reason` a code of core.verify.
    """

    valid: bool
    entries: int
    broken_seq: int | None = None
    reason: str = ""


def block_of(entries: Iterable[Entry], most_bytes: int = BLOCK_BYTES) -> list[Entry]:
    """The first entries, up to the one that brings their payloads to `most_bytes`. Looks at none beyond it."""
    block: list[Entry] = []
    size = 0
    for entry in entries:
        block.append(entry)
        size += len(entry.payload)
        if size >= most_bytes:
            break
    return block


def is_cut(block: Sequence[Entry], limit: int, most_bytes: int = BLOCK_BYTES) -> bool:
    """Whether a block has less than the `limit` that was asked for because its payloads are so many bytes."""
    return len(block) < limit and sum([len(entry.payload) for entry in block]) >= most_bytes


def is_full(block: Sequence[Entry], limit: int) -> bool:
    """Whether more may follow a block of which `limit` entries were asked for."""
    return len(block) >= limit or is_cut(block, limit)
