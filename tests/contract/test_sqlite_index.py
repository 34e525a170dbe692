"""index.sqlite: whatever becomes of it, answers stay right, and `index` alone brings it back."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from affidavit.errors import StoreUnreadable
from affidavit.model.query import Label, Page, Query
from affidavit.storage.sqlite import SqliteStore, create
from affidavit.storage.sqlite.indexer import STRETCH
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft, index_fully

INDEX = "index.sqlite"
QUERIES = (
    Query("agentlens"),
    Query("agentlens", ascending=True, limit=3, offset=2),
    Query("agentlens", agent="agent 1", types=("note",)),
    Query("agentlens", session="session 2"),
    Query("agentlens", text="number 1"),
    Query("agentlens", text="7"),
    Query("agentlens", labels=(Label("$.payload", "text", "number 3"),)),
)


def opened(directory: Path) -> SqliteStore:
    """The store as the server opens it."""
    return SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=True)


def fill(recording: Recording, first: int = 0, count: int = 20) -> None:
    """Entries of three agents in five sessions."""
    for number in range(first, first + count):
        recording.record(
            [draft({"text": f"number {number}"}, agent=f"agent {number % 3}", session=f"session {number % 5}")]
        )


def answers(store: SqliteStore) -> list[Page]:
    """Everything that an index could get wrong."""
    chains = [chain.id for chain in store.chains(1, "agentlens")]
    found = [Page(entries := store.scan_chain(chain, 1, 3), len(entries)) for chain in chains]
    return found + [store.find(1, query) for query in QUERIES]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory with twenty entries, all indexed."""
    data = tmp_path / "data"
    create(data, ORIGIN)
    with closing(opened(data)) as store:
        fill(Recording(store))
        assert index_fully(store) == 40
    return data


@pytest.fixture
def right(directory: Path) -> list[Page]:
    """The answers as they must stay."""
    with closing(opened(directory)) as store:
        return answers(store)


def _edit(sql: str) -> Callable[[Path], None]:
    def edit(directory: Path) -> None:
        with closing(sqlite3.connect(directory / INDEX)) as connection:
            connection.executescript(sql)

    return edit


def _overwrite(start: int, content: bytes) -> Callable[[Path], None]:
    def overwrite(directory: Path) -> None:
        with (directory / INDEX).open("r+b") as file:
            file.seek(start)
            file.write(content)

    return overwrite


def _truncate(directory: Path) -> None:
    with (directory / INDEX).open("r+b") as file:
        file.truncate(5000)


def _of_another_ledger(directory: Path) -> None:
    other = directory.parent / "other"
    create(other, "another.example/ledger")
    with closing(SqliteStore.open(other, searchable=SEARCHABLE, exclusive=True)) as store:
        fill(Recording(store))
        index_fully(store)
    shutil.copy(other / INDEX, directory / INDEX)


UNUSABLE: dict[str, Callable[[Path], None]] = {
    "deleted": lambda directory: (directory / INDEX).unlink(),
    "empty": lambda directory: (directory / INDEX).write_bytes(b""),
    "not SQLite": lambda directory: (directory / INDEX).write_bytes(b"not SQLite" * 1000),
    "cut off": _truncate,
    "a bad header": _overwrite(16, b"\xff" * 80),
    "a bad schema": _overwrite(100, b"\xff" * 3000),
    "another version": _edit("PRAGMA user_version = 0"),
    "another program": _edit("PRAGMA application_id = 7"),
    "a table more": _edit("CREATE TABLE entries (position INTEGER PRIMARY KEY)"),
    "no marks": _edit("DELETE FROM marks"),
    "beyond the ledger": _edit("UPDATE marks SET listed = 21"),
    "another history": _edit("UPDATE marks SET last_id = zeroblob(16)"),
    "texts beyond pages": _edit("UPDATE marks SET searched = 21"),
    "other searchable parts": _edit("UPDATE marks SET searchable = '{}'"),
    "another ledger": _of_another_ledger,
}


@pytest.mark.parametrize("spoil", UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_used_is_made_anew(directory: Path, right: list[Page], spoil: Callable[[Path], None]) -> None:
    spoil(directory)
    with closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=False)) as beside:
        assert answers(beside) == right  # a command repairs nothing, and reads all the same
    with closing(opened(directory)) as store:
        assert answers(store) == right
        assert index_fully(store) == 40
        assert answers(store) == right
        assert list(store.audit()) == []
    with closing(opened(directory)) as store:
        assert index_fully(store) == 0
        assert answers(store) == right


def test_deleted_under_a_running_server(directory: Path, right: list[Page]) -> None:
    with closing(opened(directory)) as store:
        assert answers(store) == right
        for suffix in ("", "-wal", "-shm"):
            (directory / f"{INDEX}{suffix}").unlink(missing_ok=True)
        assert answers(store) == right
        with closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=False)) as beside:
            assert answers(beside) == right
    with closing(opened(directory)) as store:
        assert index_fully(store) == 40
        assert answers(store) == right


PAGE_BYTES = 4096


@pytest.mark.parametrize("page", range(1, 10))
def test_a_damaged_page_costs_time_and_no_answer(directory: Path, right: list[Page], page: int) -> None:
    healthy = (directory / INDEX).read_bytes()
    assert len(healthy) == 10 * PAGE_BYTES
    _overwrite(page * PAGE_BYTES, b"\xff" * PAGE_BYTES)(directory)
    with closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=False)) as beside:
        assert answers(beside) == right
    with closing(opened(directory)) as store:
        assert answers(store) == right
        fill(Recording(store), 20, 5)
        expected = answers(store)
        try:
            index_fully(store)
        except StoreUnreadable:  # no answer had come upon it: the next turn makes the index anew
            index_fully(store)
        assert answers(store) == expected
        assert list(store.audit()) == []


def test_an_older_ledger_brought_back(directory: Path, right: list[Page], tmp_path: Path) -> None:
    shutil.copy(directory / "ledger.sqlite", tmp_path / "backup.sqlite")
    with closing(opened(directory)) as store:
        fill(Recording(store), 20, 5)
        index_fully(store)
    shutil.copy(tmp_path / "backup.sqlite", directory / "ledger.sqlite")
    with closing(opened(directory)) as store:
        assert answers(store) == right
        assert index_fully(store) == 40


def test_a_lagging_index_is_brought_up_to_date(directory: Path, right: list[Page]) -> None:
    with closing(opened(directory)) as store:
        recording = Recording(store)
        for step in range(6):
            fill(recording, 20 + step, 1)
            store.index(step)
        expected = answers(store)
        assert list(store.audit()) == []
    (directory / INDEX).unlink()
    with closing(opened(directory)) as store:
        assert answers(store) == expected
        for _ in range(52):
            assert store.index(1) == 1
            assert answers(store) == expected
        assert store.index(1) == 0


def test_pages_come_before_texts(directory: Path) -> None:
    (directory / INDEX).unlink()
    with closing(opened(directory)) as store:
        assert store.index(100, texts=False) == 20
        assert store.index(100, texts=False) == 0
        assert store.index(15) == 15
        assert store.index(15) == 5


def test_more_than_a_stretch(tmp_path: Path) -> None:
    create(tmp_path / "data", ORIGIN)
    with closing(opened(tmp_path / "data")) as store:
        recording = Recording(store)
        recording.record([draft(number, session=str(number % 2)) for number in range(STRETCH + 7)])
        assert store.index(STRETCH + 5) == STRETCH + 5
        assert store.index(10**9) == 2 + STRETCH + 7
        assert store.find(1, Query("agentlens", session="1")).total == STRETCH // 2 + 3
        assert list(store.audit()) == []


DAMAGE = {
    "a posting less": "DELETE FROM postings WHERE position = 7 AND facet IN (SELECT id FROM facets WHERE kind = 'all')",
    "a posting of another time": "UPDATE postings SET time = time + 1 WHERE position = 7",
    "a posting of another type": "UPDATE postings SET type = type + 1 WHERE position = 7",
    "a severity less": "UPDATE postings SET severity = NULL WHERE position = 7",
    "a link less": "DELETE FROM links WHERE position = 7",
    "a link elsewhere": "UPDATE links SET seq = seq + 1 WHERE position = 7",
    "a facet of another name": "UPDATE facets SET name = 'agent 4' WHERE name = 'agent 1'",
}


@pytest.mark.parametrize("sql", DAMAGE.values(), ids=DAMAGE)
def test_an_edited_index_is_found_out(directory: Path, sql: str) -> None:
    _edit(sql)(directory)
    with closing(opened(directory)) as store:
        assert 7 in [position for position, _ in store.audit()]


SURPLUS = {
    "a posting more": "INSERT INTO postings SELECT facet, time + 1, position, type, severity FROM postings LIMIT 1",
    "a link more": "INSERT INTO links SELECT chain, seq + 100, position FROM links LIMIT 1",
}


@pytest.mark.parametrize("sql", SURPLUS.values(), ids=SURPLUS)
def test_a_surplus_is_found_out(directory: Path, sql: str) -> None:
    _edit(sql)(directory)
    with closing(opened(directory)) as store:
        assert [position for position, _ in store.audit()] == [None]
