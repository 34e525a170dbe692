"""Who may only read a ledger in PostgreSQL sees it as far as positions go: to give them is to write."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing

import pytest

from affidavit.core.entry import Entry
from affidavit.model.draft import Submission
from affidavit.storage.postgres import PostgresStore, create, grant_roles
from tests.contract.recording import AT, ORIGIN, SEARCHABLE, Recording, draft
from tests.postgres import Cluster
from tests.postmaster import USER


@pytest.fixture
def reader(database: str, cluster: Cluster) -> Iterator[str]:
    """The URL for somebody who may read."""
    create(database, ORIGIN)
    grant_roles(database, "reading")
    cluster.ask("CREATE ROLE looker LOGIN IN ROLE reading_reader")
    yield database.replace(f"{USER}@", "looker@")
    cluster.ask("DROP OWNED BY reading_writer, reading_eraser, reading_reader", database=database.rpartition("/")[2])
    cluster.ask("DROP ROLE looker, reading_writer, reading_eraser, reading_reader")


def test_what_has_no_position_is_not_there_yet(reader: str, database: str) -> None:
    """Until whoever may gives it one; all that is read meanwhile is of one moment."""
    with (
        closing(PostgresStore.open(database, searchable=SEARCHABLE)) as store,
        closing(PostgresStore.open(reader, searchable=SEARCHABLE)) as looking,
    ):
        recording = Recording(store)
        (first,) = recording.record([draft(chain="one")])
        ticket: Future[list[Entry]] = Future()
        recording.sequencer.submit(
            Submission(recording.workspace, "agentlens", "key_1", AT, [draft(chain="one"), draft(chain="two")]), ticket
        )
        recording.sequencer.turn()
        (second, _) = ticket.result(0)
        assert looking.size() == 1
        assert looking.scan(0, 10) == [first]
        size, chains = looking.census()
        assert (size, [chain.head.seq for chain in chains]) == (1, [1])
        assert looking.entry(second.id) is None
        assert store.size() == looking.size() == 3
        assert [entry.seq for entry in looking.scan_chain(first.chain, 0, 10)] == [1, 2]
