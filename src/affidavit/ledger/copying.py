"""Copying a ledger into another store, with its positions.

What was cut short goes on: what the target has is compared with the source, what it does not have is added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Final, NamedTuple

from affidavit.core.entry import Entry
from affidavit.core.tiles import TILE_LEVEL, TILE_WIDTH
from affidavit.errors import DataDirectoryError, StoreUnreadable
from affidavit.ledger.copyable import Beside, Owned, Source, Target
from affidavit.ledger.store import Checkpoint, Store

BLOCK_ENTRIES: Final = 2_000
"""Entries that are read at once, and added in one transaction."""
_CHECKPOINTS: Final = 1_000
"""Read at once."""


class Reached(NamedTuple):
    """How far a chain was read: to `seq`. It belongs to the dialect of a workspace."""

    workspace: int
    dialect: str
    seq: int


def copy_entries(source: Store, target: Target, progress: Callable[[int, int], None]) -> Mapping[bytes, Reached]:
    """Bring the target's entries to the source's. Returns the chains.

    `progress` gets (entries that are there, entries in all). Raises StoreUnreadable where the source has a gap,
    DataDirectoryError where the target has something else.
    """
    size, there = source.size(), target.size()
    if there > size:
        raise _of_another()
    reached: dict[bytes, Reached] = {}
    position = 0
    while position < size:
        block = source.scan(position, min(BLOCK_ENTRIES, (there if position < there else size) - position))
        if not block:
            raise _gap(position)
        for entry in block:
            _follow(entry, position, reached)
            position += 1
        if position <= there:
            _compare(target, block)
        else:
            target.add(block)
        progress(position, size)
    return reached


def _follow(entry: Entry, position: int, reached: dict[bytes, Reached]) -> None:
    last = reached.get(entry.chain)
    if entry.position != position or entry.seq != (last.seq if last else 0) + 1:
        raise _gap(position)
    reached[entry.chain] = Reached(entry.workspace, entry.dialect, entry.seq)


def _compare(target: Target, block: Sequence[Entry]) -> None:
    """What the source has erased since it was copied is erased there too."""
    if target.hashes(block[0].position, len(block)) != [entry.hash for entry in block]:
        raise _of_another()
    erased = [entry.id for entry in block if entry.erased]
    if erased:
        target.erase_again(erased)


def beside(source: Source, reached: Mapping[bytes, Reached]) -> Beside:
    """What a source has beside its entries; read while it is written. Raises StoreUnreadable."""
    newest = source.checkpoint()
    return Beside(
        _owned(source, reached),
        _checkpoints(source),
        _tiles(source, newest.size if newest else 0),
        source.all_cosignatures(),
        source.all_timestamps(),
        _holds(source),
        source.all_requests(),
    )


def _owned(source: Source, reached: Mapping[bytes, Reached]) -> Iterator[Owned]:
    for chain in source.census()[1]:
        owner = reached.get(chain.id)
        if owner is None:
            raise StoreUnreadable(f"chain {chain.id.hex()} has no entries: run `affidavit verify` on the source")
        yield Owned(owner.workspace, owner.dialect, chain)


def _checkpoints(source: Source) -> Iterator[Checkpoint]:
    after = 0
    while block := source.checkpoints(after, _CHECKPOINTS):
        yield from block
        after = block[-1].size


def _tiles(source: Source, size: int) -> Iterator[tuple[int, int, bytes]]:
    """All that a tree of this size has above level 0."""
    for level in count(1):
        hashes = size >> TILE_LEVEL * level
        if not hashes:
            return
        for number in range(-(-hashes // TILE_WIDTH)):
            yield level, number, source.tile(level, number)


def _holds(source: Source) -> Iterator[tuple[bytes, bytes]]:
    for chain, position in source.holds().items():
        said = source.entry_at(position)
        if said is None:
            raise _gap(position)
        yield chain, said.id


def _gap(position: int) -> StoreUnreadable:
    return StoreUnreadable(
        f"the entry at position {position} is missing, or is not the next one of its chain: `affidavit verify` on the "
        "source says what was changed; bring it back from a backup",
        position=position,
    )


def _of_another() -> DataDirectoryError:
    return DataDirectoryError(
        "the database has the beginning of a copy that is not of this ledger: choose another database, or empty this "
        "one with DROP SCHEMA affidavit CASCADE"
    )
