"""What witnesses and time-stamping authorities say of checkpoints: what every store keeps for whoever shows them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from affidavit.errors import StoreFailed, StoreUnreadable
from affidavit.storage.sqlite import SqliteStore, create
from tests.contract.conftest import MakeStore
from tests.contract.recording import AT, ORIGIN, SEARCHABLE, AnyStore


def test_nothing_said(store: AnyStore) -> None:
    assert store.cosignatures(3) == []
    assert store.cosigned(10) == []
    assert store.timestamp(3) is None


def test_cosignatures_by_witness(store: AnyStore) -> None:
    store.add_cosignature(3, "w2", "— w2 second\n", AT)
    store.add_cosignature(3, "w1", "— w1 first\n", AT)
    store.add_cosignature(7, "w1", "— w1 later\n", AT)
    assert store.cosignatures(3) == ["— w1 first\n", "— w2 second\n"]
    assert store.cosignatures(7) == ["— w1 later\n"]
    assert store.cosignatures(2**70) == []
    assert [store.cosigned(limit) for limit in (1, 2, 9)] == [[7], [7, 3], [7, 3]]


def test_what_a_witness_said_last_counts(store: AnyStore) -> None:
    store.add_cosignature(3, "w1", "— w1 first\n", AT)
    store.add_cosignature(3, "w1", "— w1 again\n", AT + 1)
    assert store.cosignatures(3) == ["— w1 again\n"]


def test_time_stamps(store: AnyStore) -> None:
    store.add_timestamp(3, b"der")
    store.add_timestamp(4, b"der of four")
    assert (store.timestamp(3), store.timestamp(4), store.timestamp(5)) == (b"der", b"der of four", None)


def test_it_is_kept(make_store: MakeStore, tmp_path: Path) -> None:
    store = make_store(tmp_path / "ledger")
    with closing(store):
        store.add_cosignature(3, "w1", "— w1 first\n", AT)
        store.add_timestamp(3, b"der")
        if isinstance(store, SqliteStore):  # whoever reads beside the server sees it, and adds nothing
            with closing(SqliteStore.open(tmp_path / "ledger", searchable=SEARCHABLE, exclusive=False)) as beside:
                assert (beside.cosignatures(3), beside.timestamp(3)) == (["— w1 first\n"], b"der")
                with pytest.raises(StoreFailed, match="only the server asks witnesses"):
                    beside.add_cosignature(3, "w2", "— w2\n", AT)
                with pytest.raises(StoreFailed, match="only the server asks witnesses"):
                    beside.add_timestamp(3, b"")


def test_a_line_that_somebody_edited(tmp_path: Path) -> None:
    """It would run into the next one."""
    create(tmp_path / "data", ORIGIN)
    with closing(SqliteStore.open(tmp_path / "data", searchable=SEARCHABLE, exclusive=True)) as store:
        store.add_cosignature(3, "w1", "— w1 first\n", AT)
        with closing(sqlite3.connect(tmp_path / "data" / "ledger.sqlite")) as connection, connection:
            connection.execute("UPDATE cosignatures SET line = '— w1 first'")
        with pytest.raises(StoreUnreadable, match="a cosignature of size 3 was edited"):
            store.cosignatures(3)
