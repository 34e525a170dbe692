"""What an erasure leaves in PostgreSQL: older versions of rows, until nobody can see them and they are vacuumed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from affidavit.errors import StoreFailed
from affidavit.storage.postgres import PostgresStore, create, grant_roles, writes
from tests.contract.erasing import erase
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft, index_fully
from tests.postgres import Cluster
from tests.postmaster import USER

TABLES = ("chains", "entries", "repeats", "texts")


@pytest.fixture
def owners(database: str) -> Iterator[PostgresStore]:
    """A ledger, opened by who owns its tables, with an entry that was erased while it was in texts."""
    create(database, ORIGIN)
    with closing(PostgresStore.open(database, searchable=SEARCHABLE)) as store:
        recording = Recording(store)
        entries = recording.record([draft("needle"), draft("kept")])
        index_fully(store)
        erase(recording, entries[:1])
        yield store


def texts(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        return " ".join(text for (text,) in connection.execute("SELECT text FROM affidavit.texts"))


def vacuum(url: str) -> None:
    """As its owner, and autovacuum, do; and the counts are told at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"VACUUM affidavit.{table}")
        connection.execute("SELECT pg_stat_force_next_flush()")


def test_nothing_is_left_where_nobody_looks(owners: PostgresStore, database: str) -> None:
    assert owners.may_clean()
    assert owners.clean() == 0
    assert "needle" not in texts(database)
    assert "kept" in texts(database)
    assert owners.clean() == 0


def test_who_is_paused_in_the_midst_of_indexing_gives_way(
    owners: PostgresStore, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could clean as long as it held the texts, however long that is."""
    monkeypatch.setattr(writes, "LIMITS", writes.LIMITS | {"idle": "300"})
    left: list[int] = []

    class Resting(int):
        def __radd__(self, mark: int) -> int:
            left.append(owners.clean())
            return mark + int(self)

    with closing(PostgresStore.open(database, searchable=SEARCHABLE)) as paused:
        with pytest.raises(StoreFailed, match="this server stood still"):
            paused.index(Resting(10))
        assert left == [0]
        assert "needle" not in texts(database)
        index_fully(paused)


def test_a_reader_of_what_was_there_before_keeps_it(owners: PostgresStore, database: str) -> None:
    """Whatever is vacuumed meanwhile; but it does not see the texts come back."""
    with psycopg.connect(database) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        assert owners.clean() == 1
        vacuum(database)
        assert owners.clean() == 1
        assert "needle" not in texts(database)
    assert owners.clean() == 0


def test_so_does_a_transaction_that_has_written_and_rests(database: str) -> None:
    """It sees nothing of before, but a vacuum takes its number for one that might."""
    create(database, ORIGIN)
    with closing(PostgresStore.open(database, searchable=SEARCHABLE)) as store, psycopg.connect(database) as resting:
        recording = Recording(store)
        resting.execute("SELECT pg_current_xact_id()")
        erase(recording, recording.record([draft("needle")]))
        assert store.clean() == 1
        resting.rollback()
        assert store.clean() == 0


@pytest.fixture
def eraser(owners: PostgresStore, database: str, cluster: Cluster) -> Iterator[PostgresStore]:
    """The same ledger, opened by who may erase and does not own it."""
    grant_roles(database, "cleaning")
    cluster.ask("CREATE ROLE cleaner LOGIN IN ROLE cleaning_eraser")
    with closing(PostgresStore.open(database.replace(f"{USER}@", "cleaner@"), searchable=SEARCHABLE)) as store:
        yield store
    cluster.ask("DROP OWNED BY cleaning_writer, cleaning_eraser, cleaning_reader", database=database.rpartition("/")[2])
    cluster.ask("DROP ROLE cleaner, cleaning_writer, cleaning_eraser, cleaning_reader")


def test_who_may_not_vacuum_waits_for_others(eraser: PostgresStore, database: str) -> None:
    """A vacuum may have begun before, when it was counted: two have to be."""
    assert not eraser.may_clean()
    assert eraser.clean() == 1
    assert "needle" not in texts(database)
    vacuum(database)
    assert eraser.clean() == 1
    vacuum(database)
    assert eraser.clean() == 0


def test_a_count_that_the_database_has_forgotten_begins_anew(eraser: PostgresStore, database: str) -> None:
    vacuum(database)
    assert eraser.clean() == 1
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_reset()")
    assert eraser.clean() == 1
    vacuum(database)
    assert eraser.clean() == 1
    vacuum(database)
    assert eraser.clean() == 0


def test_the_indexing_thread_goes_on_with_it(owners: PostgresStore, database: str) -> None:
    with closing(PostgresStore.open(database, searchable=SEARCHABLE)) as store:
        index_fully(store)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM affidavit.erasing").fetchone() == (0,)
