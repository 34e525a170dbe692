"""Hashes without their entries: every store's, and what SQLite says where somebody changed them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from affidavit.errors import StoreUnreadable
from affidavit.storage.sqlite import SqliteStore, create
from tests.contract.recording import ORIGIN, SEARCHABLE, AnyStore, Recording, draft


@pytest.mark.parametrize("start", [0, 2, 5, 6, 2**63, 2**80])
@pytest.mark.parametrize("limit", [0, 1, 3, 100, 2**63])
def test_a_stretch(store: AnyStore, recording: Recording, start: int, limit: int) -> None:
    other = store.add_workspace("second", b"another salt 16.")
    entries = [
        *recording.record([draft(number) for number in range(4)]),
        *recording.record(
            [draft("theirs"), draft("theirs", chain="of their own")], workspace=other, dialect="provenlog"
        ),
    ]
    assert store.hashes(start, limit) == [entry.hash for entry in entries][start : start + limit]


def test_none(store: AnyStore) -> None:
    assert store.hashes(0, 10) == []


@pytest.mark.parametrize(
    ("change", "message", "position"),
    [
        ("UPDATE entries SET hash = x'00' WHERE position >= 3", "at position 3 was edited or damaged", 3),
        ("UPDATE entries SET hash = zeroblob(33) WHERE position = 2", "at position 2 was edited or damaged", 2),
        ("UPDATE entries SET hash = zeroblob(0) WHERE position = 4", "at position 4 was edited or damaged", 4),
        ("DELETE FROM entries WHERE position = 2", "from position 1 to 4 there are only 3", None),
        ("DELETE FROM entries WHERE position = 1", "from position 1 to 4 there are only 3", None),
        ("UPDATE entries SET position = 7 WHERE position = 4", "from position 1 to 7 there are only 4", None),
    ],
)
def test_a_changed_file(tmp_path: Path, change: str, message: str, position: int | None) -> None:
    data = tmp_path / "data"
    create(data, ORIGIN)
    with closing(SqliteStore.open(data, searchable=SEARCHABLE, exclusive=True)) as store:
        Recording(store).record([draft(number) for number in range(5)])
    with closing(sqlite3.connect(data / "ledger.sqlite")) as connection:
        connection.executescript(change)
    with closing(SqliteStore.open(data, searchable=SEARCHABLE, exclusive=False)) as store:
        assert len(store.hashes(0, 1)) == 1
        with pytest.raises(StoreUnreadable, match=message) as caught:
            store.hashes(1, 10)
        assert caught.value.position == position
