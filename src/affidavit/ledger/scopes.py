"""What belongs to a bundle: scopes -> positions, and positions -> entries, over any store."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from affidavit.core.bundle import Scope
from affidavit.core.entry import Entry
from affidavit.ledger.store import Store
from affidavit.model.query import MAX_PAGE, Query, is_full

READ_ENTRIES: Final = 1_000
MOST_SKIPPED: Final = 32
"""Entries between two wanted ones that are read along, because that costs less than reading anew."""


class Part(msgspec.Struct):
    """A chain's entries in a scope: how many, and the greatest number."""

    entries: int = 0
    last: int = 0


class Selection(msgspec.Struct):
    """What a scope comes to: positions ascending (8 bytes each), its chains, and the ids of entries that are erased."""

    positions: Sequence[int]
    chains: dict[bytes, Part]
    erased: list[bytes]

    def is_whole(self, chain: bytes, upto: int) -> bool:
        """Whether the scope has the chain from number 1 to `upto`, at least."""
        part = self.chains.get(chain, Part())
        return part.entries == part.last >= upto


def select(store: Store, scope: Scope, workspace: int | None, chain: bytes | None, size: int) -> Selection:
    """The scope's entries among the first `size`. Agents and sessions are those of the workspace.

    `chain`: the agent's or the session's own, where it has one. It knows erased entries too, which name nobody.

    For "all", positions are all there is to know: chains and erased entries stay empty.
    """
    if scope.kind == "all":
        return Selection(range(size), {}, [])
    selection = Selection(array("q"), {}, [])
    found: list[int] = []
    for entry in _entries(store, scope, workspace, chain, size):
        if entry.position >= size:
            continue
        found.append(entry.position)
        part = selection.chains.setdefault(entry.chain, Part())
        part.entries += 1
        part.last = max(part.last, entry.seq)
        if entry.erased:
            selection.erased.append(entry.id)
    selection.positions = array("q", sorted(found))
    return selection


def read(store: Store, positions: Iterable[int]) -> Iterator[Entry]:
    """The entries at these positions, which ascend. Those that are close together are read together."""
    for run in _runs(positions):
        wanted = iter(run)
        position = next(wanted, None)
        for entry in scan(store, run[0], run[-1] + 1):
            if entry.position == position:
                yield entry
                position = next(wanted, None)


def _entries(store: Store, scope: Scope, workspace: int | None, chain: bytes | None, size: int) -> Iterator[Entry]:
    """The scope's entries, in any order."""
    whole = scope.chain if scope.kind == "chain" else chain
    if whole is not None:
        return _walk(lambda after, limit: store.scan_chain(whole, after, limit), lambda entry: entry.seq, 0)
    if scope.kind == "range":
        return (entry for entry in scan(store, 0, size) if _lies_in(entry, scope, workspace))
    if workspace is None:
        raise ValueError("agents and sessions are those of a workspace")
    if scope.kind == "agent":
        return _walk(
            lambda after, limit: store.scan_agent(workspace, scope.dialect, scope.name, after, limit),
            lambda entry: entry.position,
            -1,
        )
    return pages(store, workspace, Query(scope.dialect, session=scope.name, ascending=True))


def pages(store: Store, workspace: int, query: Query) -> Iterator[Entry]:
    """Everything that a query finds, in its order, read in pages."""
    after = None
    while True:
        asked = msgspec.structs.replace(query, limit=MAX_PAGE, counted=False, after=after)
        entries = store.find(workspace, asked).entries
        yield from entries
        if not entries:
            return
        after = (entries[-1].time, entries[-1].position)


def _lies_in(entry: Entry, scope: Scope, workspace: int | None) -> bool:
    return (
        (workspace is None or entry.workspace == workspace)
        and (scope.since is None or entry.at >= scope.since)
        and (scope.until is None or entry.at <= scope.until)
    )


def scan(store: Store, start: int, end: int) -> Iterator[Entry]:
    """The entries from one position up to, not including, another."""
    while start < end:
        entries = store.scan(start, min(READ_ENTRIES, end - start))
        yield from entries
        if not entries:
            return
        start = entries[-1].position + 1


def _walk(read_after: Callable[[int, int], list[Entry]], place: Callable[[Entry], int], start: int) -> Iterator[Entry]:
    after = start
    while True:
        entries = read_after(after, READ_ENTRIES)
        yield from entries
        if not is_full(entries, READ_ENTRIES):
            return
        after = place(entries[-1])


def _runs(positions: Iterable[int]) -> Iterator[list[int]]:
    """Positions in groups that are read in one go."""
    run: list[int] = []
    for position in positions:
        if run and (position - run[-1] > MOST_SKIPPED or len(run) == READ_ENTRIES):
            yield run
            run = []
        run.append(position)
    if run:
        yield run
