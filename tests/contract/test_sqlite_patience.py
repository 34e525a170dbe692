"""SQLite: a read that nobody waits for any more ends, wherever it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from affidavit.errors import ReadEnded
from affidavit.ledger.patience import Patience
from affidavit.model.query import Query
from affidavit.storage.sqlite import SqliteStore, create
from affidavit.storage.sqlite.index import subject
from affidavit.storage.sqlite.readers import Readers
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft, index_fully

ENDLESS = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x FROM t) SELECT count(*) FROM t"


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    """Of a ledger with an entry."""
    create(tmp_path, ORIGIN)
    with closing(SqliteStore.open(tmp_path, searchable=SEARCHABLE, exclusive=True)) as store:
        Recording(store).record([draft()])
        index_fully(store)
        readers = Readers(subject(tmp_path, ORIGIN, SEARCHABLE))
        yield readers
        readers.close()


def count(readers: Readers) -> int:
    """A read like any other."""
    with readers.snapshot("counting") as connection:
        found: int = connection.execute("SELECT count(*) FROM entries").get
        return found


def test_a_statement_that_runs_is_interrupted(readers: Readers) -> None:
    patience, begins = Patience(), threading.Event()

    def read(connection: apsw.Connection) -> None:
        begins.set()
        connection.execute(ENDLESS).fetchall()

    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(patience.read, readers.answer, "looking", read)
        assert begins.wait(10)
        patience.end()
        with pytest.raises(ReadEnded, match="looking"):
            reading.result(10)
    assert count(readers) == 1
    assert not readers.index_is_damaged


def test_what_ends_between_two_statements_ends_the_next(readers: Readers) -> None:
    patience = Patience()

    def read() -> None:
        with readers.snapshot("looking") as connection:
            connection.execute("SELECT 1").fetchall()
            patience.end()
            connection.execute(ENDLESS).fetchall()

    with pytest.raises(ReadEnded):
        patience.read(read)
    with pytest.raises(ReadEnded):
        patience.read(count, readers)


def test_what_ends_behind_the_last_statement_harms_nobody_else(readers: Readers) -> None:
    patience = Patience()

    def read() -> None:
        with readers.snapshot("looking") as connection:
            connection.execute("SELECT 1").fetchall()
            patience.end()

    patience.read(read)
    assert count(readers) == 1
    assert Patience().read(count, readers) == 1


def test_a_walk_through_a_store_ends_between_its_blocks(tmp_path: Path) -> None:
    create(tmp_path / "data", ORIGIN)
    with closing(SqliteStore.open(tmp_path / "data", searchable=SEARCHABLE, exclusive=True)) as store:
        recording = Recording(store)
        recording.record([draft() for _ in range(3)])
        patience = Patience()

        def walk() -> list[int]:
            found = [entry.position for entry in store.scan(0, 2)]
            patience.end()
            return found + [entry.position for entry in store.find(1, Query("agentlens")).entries]

        with pytest.raises(ReadEnded):
            patience.read(walk)
        assert [entry.position for entry in store.scan(0, 5)] == [0, 1, 2]
