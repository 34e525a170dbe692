"""The data directory: made once, for its owner, for one process that appends, and recognised."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from affidavit.errors import DataDirectoryError, StoreFailed, StoreUnreadable
from affidavit.model.query import Query
from affidavit.storage.sqlite import SqliteStore, create
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, batches, draft

HOLD_UNTIL_TOLD = """
import sys
from pathlib import Path
from affidavit.storage.sqlite import SqliteStore
store = SqliteStore.open(Path(sys.argv[1]), searchable={}, exclusive=True)
print("holding", flush=True)
sys.stdin.read()
"""


def opened(directory: Path, *, exclusive: bool = True) -> SqliteStore:
    """The store as the server (or, not exclusive, a command) opens it."""
    return SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=exclusive)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory with an empty ledger."""
    create(tmp_path / "data", ORIGIN)
    return tmp_path / "data"


@contextmanager
def _another_process(directory: Path) -> Iterator[subprocess.Popen[str]]:
    arguments = [sys.executable, "-c", HOLD_UNTIL_TOLD, str(directory)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "holding\n"
            yield process
        finally:
            process.kill()


def _edit(directory: Path, sql: str) -> None:
    with closing(sqlite3.connect(directory / "ledger.sqlite")) as connection:
        connection.executescript(sql)


def test_a_ledger_keeps_its_name_and_its_entries(directory: Path) -> None:
    with closing(opened(directory)) as store:
        assert store.origin == ORIGIN
        entries = Recording(store).record([draft(1), draft(2)])
    for exclusive in (True, False):
        with closing(opened(directory, exclusive=exclusive)) as store:
            assert store.origin == ORIGIN
            assert store.scan(0, 10) == entries
            store.ping()


def test_only_the_owner_may_look(tmp_path: Path) -> None:
    data = tmp_path / "a" / "data"
    create(data, ORIGIN)
    with closing(opened(data)) as store:
        Recording(store).record([draft()])
        assert data.stat().st_mode & 0o777 == 0o700
        modes = {path.name: path.stat().st_mode & 0o777 for path in data.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"ledger.sqlite", "ledger.sqlite-wal", "index.sqlite", "lock"} <= modes.keys()


def test_an_empty_directory_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    create(tmp_path, ORIGIN)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_directory_open_to_others_is_refused(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir(mode=0o755)
    (tmp_path / "full" / "something").touch()
    with pytest.raises(DataDirectoryError, match="chmod"):
        create(tmp_path / "full", ORIGIN)
    directory.chmod(0o755)
    with pytest.raises(DataDirectoryError, match="chmod"):
        opened(directory, exclusive=False)


def test_a_ledger_is_made_once(directory: Path) -> None:
    with closing(opened(directory)) as store:
        Recording(store).record([draft()])
    with pytest.raises(DataDirectoryError, match="holds a ledger already"):
        create(directory, "another name")
    with closing(opened(directory)) as store:
        assert (store.origin, store.size()) == (ORIGIN, 1)


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataDirectoryError):
        create(tmp_path / "file", ORIGIN)
    with pytest.raises(DataDirectoryError):
        create(tmp_path / "file" / "data", ORIGIN)


def test_what_an_interrupted_create_left_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite.new").write_bytes(b"half")
    create(tmp_path, ORIGIN)
    with closing(opened(tmp_path)) as store:
        assert store.size() == 0
    assert not (tmp_path / "ledger.sqlite.new").exists()


@pytest.mark.parametrize("exclusive", [True, False])
def test_no_ledger(tmp_path: Path, exclusive: bool) -> None:
    with pytest.raises(DataDirectoryError, match="affidavit init") as raised:
        opened(tmp_path, exclusive=exclusive)
    assert "./scripts/serve" in str(raised.value)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataDirectoryError):
        opened(tmp_path / "none", exclusive=exclusive)


def test_a_second_process_is_refused(directory: Path) -> None:
    with _another_process(directory) as process:
        with pytest.raises(DataDirectoryError, match=f"process {process.pid}: stop it first"):
            opened(directory)
        with closing(opened(directory, exclusive=False)) as beside:
            assert beside.size() == 0
    with closing(opened(directory)) as store:  # killed: nothing is left to clean up
        assert (directory / "lock").read_text() == f"{os.getpid()}\n"
        with pytest.raises(DataDirectoryError, match=str(os.getpid())):
            opened(directory)
        assert store.size() == 0


def test_a_refused_open_lets_go_of_the_lock(directory: Path) -> None:
    (directory / "index.sqlite").mkdir()
    with pytest.raises(StoreFailed, match=r"index\.sqlite"):
        opened(directory)
    (directory / "index.sqlite").rmdir()
    opened(directory).close()


def test_commands_beside_a_server(directory: Path) -> None:
    with closing(opened(directory)) as server, closing(opened(directory, exclusive=False)) as command:
        recording = Recording(server)
        first = recording.record([draft(1)])
        assert command.scan(0, 10) == first
        workspace = command.add_workspace("by command", b"salt of sixteen.")
        assert workspace in server.workspaces()
        second = recording.record([draft(2)], workspace=workspace)
        assert command.scan(0, 10) == first + second
        assert command.find(workspace.id, Query("agentlens")).entries == second
        assert command.index(100) == 0
        with pytest.raises(StoreFailed, match="only the server"):
            command.append(batches([draft(3)])[0])


def test_nothing_is_left_in_the_wal(directory: Path) -> None:
    with closing(opened(directory)) as store:
        Recording(store).record([draft(1)])
        assert (directory / "ledger.sqlite-wal").stat().st_size > 0
    assert {path.name for path in directory.iterdir()} == {"ledger.sqlite", "index.sqlite", "lock"}


def test_not_sqlite_at_all(directory: Path) -> None:
    (directory / "ledger.sqlite").write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    with pytest.raises(StoreUnreadable, match="not a ledger"):
        opened(directory)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0"], ids=["empty", "cut off"])
def test_a_file_that_was_cut_off(directory: Path, content: bytes) -> None:
    (directory / "ledger.sqlite").write_bytes(content)
    with pytest.raises(StoreUnreadable, match="not a ledger"):
        opened(directory)


def test_another_programs_database(directory: Path) -> None:
    (directory / "ledger.sqlite").unlink()
    _edit(directory, "CREATE TABLE entries (position INTEGER PRIMARY KEY)")
    with pytest.raises(StoreUnreadable, match="another program wrote it"):
        opened(directory)


def test_a_newer_schema(directory: Path) -> None:
    _edit(directory, "PRAGMA user_version = 1000")
    with pytest.raises(StoreUnreadable, match=r"version 1000.*use a newer Affidavit"):
        opened(directory)


def test_a_ledger_without_a_name(directory: Path) -> None:
    _edit(directory, "DELETE FROM ledger")
    with pytest.raises(StoreUnreadable, match="lost its name"):
        opened(directory)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER quiet BEFORE INSERT ON entries BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TABLE extra (x)",
        "DROP INDEX entries_by_id",
        "ALTER TABLE entries ADD COLUMN extra TEXT",
    ],
    ids=["a trigger that drops entries", "a table", "an index less", "a column"],
)
def test_a_schema_that_somebody_edited(directory: Path, sql: str) -> None:
    _edit(directory, sql)
    with pytest.raises(StoreUnreadable, match="not ours"):
        opened(directory)
