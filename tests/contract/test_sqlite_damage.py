"""Changed bytes in ledger.sqlite: told in words, naming the entry where it is one, never a raw exception."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from affidavit.errors import AffidavitError, StoreUnreadable
from affidavit.model.query import Label, Query
from affidavit.storage.sqlite import SqliteStore, create
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft, index_fully

COUNT = 30
QUERIES = (
    Query("agentlens"),
    Query("agentlens", text="number"),
    Query("agentlens", text="7"),
    Query("agentlens", agent="agent 1", session="session 1"),
    Query("agentlens", labels=(Label("$.payload", "text", "number 3"),)),
)


def opened(directory: Path) -> SqliteStore:
    """The store as `affidavit verify` opens it."""
    return SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=False)


@pytest.fixture(params=[False, True], ids=["unindexed", "indexed"])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data directory with thirty entries, closed, so that all is in ledger.sqlite itself."""
    data = tmp_path / "data"
    create(data, ORIGIN)
    with closing(SqliteStore.open(data, searchable=SEARCHABLE, exclusive=True)) as store:
        recording = Recording(store)
        for number in range(COUNT):
            event = {"text": f"number {number}", "more": "x" * 700}
            recording.record([draft(event, agent=f"agent {number % 3}", session=f"session {number % 5}")])
        if request.param:
            index_fully(store)
    return data


def edit(directory: Path, sql: str) -> None:
    """As somebody with a copy of sqlite3 would: STRICT tables are no obstacle."""
    with closing(sqlite3.connect(directory / "ledger.sqlite")) as connection:
        connection.executescript(sql)


def untype(column: str, value: str, position: int) -> str:
    """A column of one row gets a value that its table does not allow."""
    return f"""
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'entries';
        PRAGMA writable_schema = RESET;
        UPDATE entries SET {column} = {value} WHERE position = {position};
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'entries';
    """


WRONG = {
    "text that is not UTF-8": ("by", "CAST(x'ff' AS TEXT)"),
    "an agent that is not UTF-8": ("agent", "CAST(x'c328' AS TEXT)"),
    "an integer for a text": ("type", "x'00'"),
    "a text for an integer": ("time", "'noon'"),
    "a float for an integer": ("at", "0.5"),
    "a text for a blob": ("payload", "'{}'"),
}


@pytest.mark.parametrize(("column", "value"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("position", [0, 7, COUNT - 1])
def test_a_row_of_wrong_types_is_named(directory: Path, column: str, value: str, position: int) -> None:
    with closing(opened(directory)) as store:
        entries = store.scan(0, COUNT)
    edit(directory, untype(column, value, position))
    with closing(opened(directory)) as store:
        for read in (
            lambda: store.scan(0, COUNT),
            lambda: store.scan(position, 1),
            lambda: store.entry_at(position),
        ):
            with pytest.raises(StoreUnreadable, match=f"position {position} ") as raised:
                read()
            assert raised.value.position == position
        assert store.scan(0, position) == entries[:position]
        assert store.scan(position + 1, COUNT) == entries[position + 1 :]
        assert [store.entry_at(other) for other in range(position)] == entries[:position]


PAGE_BYTES = 8192
LEAF_OF_A_TABLE = 13
"""https://sqlite.org/fileformat2.html#b_tree_pages: the type of the page, in its first byte."""


@pytest.mark.parametrize(("cells", "named"), [((1, 2), 1), ((3, 4), 3)])
def test_rows_that_changed_places_are_not_read_in_circles(directory: Path, cells: tuple[int, int], named: int) -> None:
    raw = bytearray((directory / "ledger.sqlite").read_bytes())
    page = next(
        at
        for at in range(0, len(raw), PAGE_BYTES)
        if raw[at] == LEAF_OF_A_TABLE and b"number 0" in raw[at : at + PAGE_BYTES]
    )
    first, second = (slice(page + 8 + 2 * cell, page + 10 + 2 * cell) for cell in cells)
    raw[first], raw[second] = raw[second], raw[first]
    (directory / "ledger.sqlite").write_bytes(raw)
    with closing(opened(directory)) as store:
        with pytest.raises(StoreUnreadable) as raised:
            store.scan(0, COUNT)
        assert raised.value.position == named
        assert any("out of order" in message for _, message in store.audit())


def test_a_payload_that_is_no_longer_json_spoils_no_search(directory: Path) -> None:
    edit(directory, "UPDATE entries SET payload = CAST('{\"text\": number' AS BLOB) WHERE position = 7")
    with closing(opened(directory)) as store:
        assert store.find(1, Query("agentlens", text="number")).total == COUNT - 1
        assert store.find(1, Query("agentlens", labels=(Label("$.payload", "text", "number 3"),))).total == 1
    with closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=True)) as store:
        index_fully(store)
        assert store.find(1, Query("agentlens", text="number")).total == COUNT - 1


@pytest.mark.parametrize("seed", range(4))
def test_any_changed_byte_ends_in_an_answer_or_in_words(directory: Path, seed: int) -> None:
    chance = random.Random(seed)
    healthy = (directory / "ledger.sqlite").read_bytes()
    for _ in range(40):
        spoilt = bytearray(healthy)
        for at in chance.sample(range(len(spoilt)), chance.choice([1, 1, 1, 50])):
            spoilt[at] ^= chance.randrange(1, 256)
        (directory / "ledger.sqlite").write_bytes(spoilt)
        try:
            store = opened(directory)
        except AffidavitError:
            continue
        with closing(store):
            _read_everything(store)


def _read_everything(store: SqliteStore) -> None:
    for read in (
        store.size,
        store.last_id,
        store.census,
        store.workspaces,
        store.keys,
        lambda: store.heads([bytes(16)]),
        lambda: store.chains(1, "agentlens"),
        lambda: list(store.audit()),
        *(lambda query=query: store.find(1, query) for query in QUERIES),
        *(lambda position=position: store.entry_at(position) for position in range(COUNT)),
    ):
        with suppress(StoreUnreadable):
            read()
    start = 0
    while start < COUNT:
        start = _scanned_up_to(store, start)


def _scanned_up_to(store: SqliteStore, start: int) -> int:
    """Where to go on after a scan, as `affidavit verify` does: always further on."""
    try:
        positions = [entry.position for entry in store.scan(start, COUNT)]
    except StoreUnreadable as error:
        unreadable = error.position
    else:
        assert positions == sorted({*positions})
        return COUNT
    assert unreadable is not None
    assert unreadable >= start
    return unreadable + 1
