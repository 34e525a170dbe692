"""SQLite: what a block of a walk costs is the block's, not the ledger's. Counted in steps of its virtual machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from affidavit.core.entry import Entry
from affidavit.model.query import Query
from affidavit.storage.sqlite import SqliteStore, create
from affidavit.storage.sqlite.entries import Entries
from affidavit.storage.sqlite.index import subject
from affidavit.storage.sqlite.readers import Readers
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft, index_fully

FEW, MANY = 300, 3000
STEPS = 10
"""The steps of which one call is counted."""
Block = Callable[[Entries, Entry], list[Entry]]
BLOCKS: dict[str, Block] = {
    "scan": lambda store, last: store.scan(last.position - 99, 10),
    "scan_chain": lambda store, last: store.scan_chain(last.chain, last.seq - 9, 5),
    "scan_agent": lambda store, last: store.scan_agent(1, "agentlens", "agent", last.position - 99, 10),
    "find": lambda store, last: (
        store.find(
            1, Query("agentlens", agent="agent", after=(last.time, last.position - 89), limit=10, counted=False)
        ).entries
    ),
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_block_costs_the_same_in_a_ledger_ten_times_as_long(tmp_path: Path, block: Block) -> None:
    few, many = (_steps(tmp_path / str(count), count, block) for count in (FEW, MANY))
    assert 0 < many < 1.5 * few


def _steps(directory: Path, count: int, block: Block) -> int:
    """How many, for a block near the end of what an agent did in ten chains, of another agent's as many."""
    create(directory, ORIGIN)
    with closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=True)) as store:
        entries = Recording(store).record(
            [draft(agent=agent, session=f"{number % 10}") for number in range(count) for agent in ("agent", "other")]
        )
        index_fully(store)
        readers = Readers(subject(directory, ORIGIN, SEARCHABLE))
        steps = 0

        def count_steps() -> bool:
            nonlocal steps
            steps += 1
            return False

        with readers.snapshot("counting") as connection:  # the only one: it is used again
            connection.set_progress_handler(count_steps, STEPS)
        assert block(Entries(readers, SEARCHABLE), entries[-2])
        readers.close()
        return steps
