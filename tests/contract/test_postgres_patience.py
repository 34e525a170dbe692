"""PostgreSQL: a read that nobody waits for any more is cancelled there, and whoever says so does not wait for that."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest

from affidavit.errors import ReadEnded, StoreFailed
from affidavit.ledger.patience import Patience
from affidavit.storage.postgres import PostgresStore, create
from affidavit.storage.postgres.cancelling import Cancelling
from affidavit.storage.postgres.connecting import pool
from affidavit.storage.postgres.readers import Readers
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft
from tests.postgres import Cluster

ENDLESS = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x FROM t) SELECT count(*) FROM t"
RUNS = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = %s"
"""How many of it are under way."""


@pytest.fixture
def readers(database: str) -> Iterator[Readers]:
    """Of a ledger with an entry; one connection, so that whoever reads next has the same."""
    create(database, ORIGIN)
    with closing(PostgresStore.open(database, searchable=SEARCHABLE)) as store:
        Recording(store).record([draft()])
    with closing(Readers(pool(database, 1, "test"), is_replica=False)) as readers:
        yield readers


def size(readers: Readers) -> int:
    """A read like any other."""
    return int(readers.rows("counting", "SELECT count(*) FROM affidavit.entries")[0][0])


def test_a_statement_that_runs_is_cancelled(readers: Readers, cluster: Cluster) -> None:
    patience = Patience()
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(patience.read, readers.rows, "looking", ENDLESS)
        cluster.wait_for(lambda: cluster.ask(RUNS, ENDLESS)[0][0] == 1)
        patience.end()
        with pytest.raises(ReadEnded, match="nobody waits"):
            reading.result(10)
    assert cluster.ask(RUNS, ENDLESS)[0][0] == 0
    assert size(readers) == 1


def test_what_others_cancel_was_not_ended_by_who_waits(readers: Readers, cluster: Cluster) -> None:
    """A timeout of the role's, say: it is told as what it is."""
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(Patience().read, readers.rows, "looking", ENDLESS)
        cluster.wait_for(lambda: cluster.ask(RUNS, ENDLESS)[0][0] == 1)
        cluster.ask("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = %s", ENDLESS)
        with pytest.raises(StoreFailed, match=r"the database ended it: .* \(looking: "):
            reading.result(10)
    assert size(readers) == 1


def test_what_ends_between_two_statements_ends_the_next(readers: Readers) -> None:
    patience = Patience()
    patience.end()
    with pytest.raises(ReadEnded):
        patience.read(size, readers)
    assert size(readers) == 1


def test_what_ends_behind_the_last_statement_harms_nobody_else(readers: Readers) -> None:
    """Though they have the same connection next."""
    for _ in range(20):
        patience = Patience()

        def read(ending: Patience = patience) -> None:
            with readers.snapshot("looking") as cursor:
                cursor.execute("SELECT 1").fetchall()
                ending.end()

        with suppress(ReadEnded):  # where its own last statement was reached
            patience.read(read)
        assert size(readers) == 1


def test_whoever_ends_it_does_not_wait_for_the_database() -> None:
    """Which is slow to take a cancellation here; the reader does wait, and its connection is then free of it."""
    asked, answers = threading.Event(), threading.Event()

    class Slow:
        def cancel_safe(self, *, timeout: float) -> None:
            asked.set()
            assert answers.wait(10)

    patience, cancelling = Patience(), Cancelling()
    inside = threading.Event()

    def read() -> None:
        with cancelling.stopping(Slow()):
            inside.set()
            assert asked.wait(10)

    with closing(cancelling), ThreadPoolExecutor(1) as threads:
        reading = threads.submit(patience.read, read)
        assert inside.wait(10)
        patience.end()
        assert asked.wait(10)
        assert not reading.done()
        answers.set()
        reading.result(10)
