"""A ledger of the first version becomes one of today's: whole or not at all, and equal to one that is made today."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from affidavit.errors import DataDirectoryError, StoreUnreadable
from affidavit.model.draft import Workspace
from affidavit.storage.sqlite import SqliteStore, create, files
from affidavit.storage.sqlite.schema import identity_of_schema, upgrades
from tests.contract.recording import AT, ORIGIN, SEARCHABLE, Recording, draft, everything

NEWEST = len(upgrades("ledger.sql"))


def opened(directory: Path, *, exclusive: bool = True) -> SqliteStore:
    """The store as the server, or a command, opens it."""
    return SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=exclusive)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger with entries as the first version left it."""
    directory = tmp_path / "data"
    create(directory, ORIGIN)
    with closing(opened(directory)) as store:
        Recording(store).record([draft(1), draft(2)])
    _as_the_first_version(directory / "ledger.sqlite")
    return directory


def _as_the_first_version(ledger: Path) -> None:
    """Write the file anew with the first version's schema, and what that can hold."""
    older = ledger.with_name("older")
    with closing(apsw.Connection(str(older))) as connection:
        connection.execute(upgrades("ledger.sql")[0])
        connection.execute("ATTACH ? AS newer", (str(ledger),))
        for table in ("ledger", "entries", "workspaces"):
            connection.execute(f"INSERT INTO {table} SELECT * FROM newer.{table}")
        connection.execute(
            "INSERT INTO chains SELECT chain, workspace, dialect, k.key, seq, hash, at "
            "FROM newer.chains c JOIN newer.chain_keys k ON k.number = c.key"
        )
        connection.execute("DETACH newer")
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    for beside in ledger.parent.glob("ledger.sqlite-*"):
        beside.unlink()
    older.chmod(0o600)
    older.replace(ledger)


def version(directory: Path) -> int:
    """The version of the file's schema."""
    with closing(sqlite3.connect(directory / "ledger.sqlite")) as connection:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def test_each_version_says_which_it_is() -> None:
    assert [identity_of_schema("ledger.sql", number)[1] for number in range(1, NEWEST + 1)] == [*range(1, NEWEST + 1)]


@pytest.mark.parametrize("exclusive", [True, False], ids=["by the server", "by a command"])
def test_it_is_migrated_when_it_is_opened(old: Path, exclusive: bool) -> None:
    assert version(old) == 1
    with closing(opened(old, exclusive=exclusive)) as store:
        size, entries, chains = everything(store)
        assert size == len(entries) == 2
        assert [(chain.key, chain.head.seq, chain.erased) for chain in chains.values()] == [("session", 2, 0)]
        assert store.checkpoint() is None
    assert version(old) == NEWEST
    with closing(opened(old)) as store:
        recording = Recording(store)
        assert isinstance(recording.workspace, Workspace)
        recording.record([draft(3)], at=AT + 1)
        assert [entry.seq for entry in store.scan(0, 9)] == [1, 2, 3]


def test_not_beside_an_older_server(old: Path) -> None:
    held = files.lock(old)
    with pytest.raises(DataDirectoryError, match="in use by process"):
        opened(old, exclusive=False)
    assert version(old) == 1
    os.close(held)
    opened(old, exclusive=False).close()
    assert version(old) == NEWEST


def test_one_that_somebody_edited_is_left_as_it_is(old: Path) -> None:
    with closing(sqlite3.connect(old / "ledger.sqlite")) as connection:
        connection.execute("CREATE TABLE tiles (x)")
    with pytest.raises(StoreUnreadable, match="not ours"):
        opened(old)
    assert version(old) == 1


def test_no_version_at_all(old: Path) -> None:
    with closing(sqlite3.connect(old / "ledger.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 0")
    with pytest.raises(StoreUnreadable, match="not ours"):
        opened(old)
