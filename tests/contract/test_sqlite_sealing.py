"""SQLite's seals: durable, beside appends, and what is said of a file that somebody edited."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from affidavit.errors import StoreFailed, StoreUnreadable
from affidavit.storage.sqlite import SqliteStore, create, evidence
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft
from tests.contract.test_sealing import checkpoint


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A ledger of two entries under a checkpoint."""
    create(tmp_path / "data", ORIGIN)
    with closing(SqliteStore.open(tmp_path / "data", searchable=SEARCHABLE, exclusive=True)) as store:
        Recording(store).record([draft(1), draft(2)])
        store.seal(0, checkpoint(2), {(1, 0): bytes(64)})
    return tmp_path / "data"


@pytest.mark.parametrize("exclusive", [True, False])
def test_it_is_kept(directory: Path, exclusive: bool) -> None:
    with closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=exclusive)) as store:
        assert store.checkpoint() == store.checkpoint(2) == checkpoint(2)
        assert store.tile(1, 0) == bytes(64)


def test_only_the_server_seals(directory: Path) -> None:
    with (
        closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=False)) as store,
        pytest.raises(StoreFailed, match="only the server seals"),
    ):
        store.seal(2, checkpoint(3), {})


def test_a_seal_that_does_not_get_the_write_lock(directory: Path) -> None:
    """It says so, and leaves nothing."""
    with closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=True)) as store:
        Recording(store).record([draft(3)])
        assert store._seals is not None
        store._seals._connection.set_busy_timeout(0)
        with closing(apsw.Connection(str(directory / "ledger.sqlite"))) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreFailed, match="write lock"):
                store.seal(2, checkpoint(3), {(1, 0): bytes(96)})
            other.execute("ROLLBACK")
        assert store.checkpoints(0, 9) == [checkpoint(2)]
        store.seal(2, checkpoint(3), {(1, 0): bytes(96)})
        assert (store.checkpoint(), store.tile(1, 0)) == (checkpoint(3), bytes(96))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ("UPDATE checkpoints SET root = x'00'", "checkpoint of size 2 was edited"),
        ("UPDATE tiles SET hashes = x'00'", "tile 0 of level 1 was edited"),
    ],
)
def test_a_row_that_somebody_edited(directory: Path, edit: str, message: str) -> None:
    with closing(sqlite3.connect(directory / "ledger.sqlite")) as connection:
        connection.executescript(edit)
    with closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=False)) as store:

        def read() -> None:
            store.checkpoint()
            store.tile(1, 0)

        with pytest.raises(StoreUnreadable, match=message):
            read()


@pytest.mark.parametrize("chains", [0, 1, 2, 3, 4, 5])
def test_the_roll_is_read_in_stretches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chains: int) -> None:
    create(tmp_path / "data", ORIGIN)
    monkeypatch.setattr(evidence, "ROLL_CHAINS", 2)
    with closing(SqliteStore.open(tmp_path / "data", searchable=SEARCHABLE, exclusive=True)) as store:
        Recording(store).record([draft(number, chain=f"chain {number}") for number in range(chains)])
        size, leaves = store.roll()
        _, listed = store.census()
    assert size == len(leaves) == len(listed) == chains
    assert leaves == sorted(set(leaves))
