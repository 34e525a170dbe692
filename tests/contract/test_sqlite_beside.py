"""Readers, the indexing thread and the appending thread beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import apsw
import pytest

from affidavit.model.query import Query
from affidavit.storage.sqlite import SqliteStore, create, indexer, writer
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft, index_fully

WAL = "ledger.sqlite-wal"
ROUNDS = 60


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory with an empty ledger."""
    create(tmp_path / "data", ORIGIN)
    return tmp_path / "data"


@pytest.fixture
def store(directory: Path) -> Iterator[SqliteStore]:
    """The store as the server opens it."""
    with closing(SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=True)) as store:
        yield store


def _append(store: SqliteStore, done: Event) -> None:
    recording = Recording(store)
    try:
        for number in range(ROUNDS):
            before = store.find(1, Query("agentlens", text="sought")).total
            recording.record([draft("sought", session=f"session {number % 2}"), draft("other", session="session 2")])
            assert store.find(1, Query("agentlens", text="sought")).total == before + 1 == number + 1
    finally:
        done.set()


def _index(store: SqliteStore, done: Event) -> None:
    while not done.is_set():
        store.index(3)


def _read(store: SqliteStore, done: Event) -> None:
    while not done.is_set():
        least = store.size()
        page = store.find(1, Query("agentlens", ascending=True, limit=1000))
        found = store.find(1, Query("agentlens", text="sought", limit=1000))
        chains = store.chains(1, "agentlens")
        most = store.size()
        assert least <= page.total <= most
        assert least <= 2 * found.total <= most
        assert [entry.position for entry in page.entries] == list(range(page.total))
        assert len({entry.position for entry in found.entries}) == found.total == len(found.entries)
        for chain in chains:
            entries = store.scan_chain(chain.id, 0, 1000)
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
            assert len(entries) >= chain.head.seq


def test_every_read_is_whole(store: SqliteStore) -> None:
    """Read your writes while another thread indexes, and nothing twice or left out while entries arrive."""
    store.add_workspace("first", b"salt of sixteen.")
    done = Event()
    with ThreadPoolExecutor(5) as threads:
        work = [threads.submit(_append, store, done), threads.submit(_index, store, done)]
        work += [threads.submit(_read, store, done) for _ in range(3)]
    for future in work:
        future.result()
    assert store.size() == 2 * ROUNDS


def _wal_bytes(directory: Path, recording: Recording, *, indexing: bool) -> int:
    for number in range(20):
        recording.record([draft("x" * 5000, session=str(number))])
        if indexing:
            index_fully(recording.store)
    return (directory / WAL).stat().st_size


@pytest.mark.parametrize("bounded_by", ["the indexer", "the writer"])
def test_the_wal_is_bounded(
    directory: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch, bounded_by: str
) -> None:
    recording = Recording(store)
    unbounded = _wal_bytes(directory, recording, indexing=True)
    monkeypatch.setattr(indexer, "CHECKPOINT_FRAMES", 1 if bounded_by == "the indexer" else 10**6)
    monkeypatch.setattr(writer, "MAX_WAL_FRAMES", 1 if bounded_by == "the writer" else 10**6)
    recording.record([draft()])
    for _ in range(3):
        assert _wal_bytes(directory, recording, indexing=bounded_by == "the indexer") <= unbounded * 2


def test_an_old_snapshot_holds_up_nothing_but_the_wal(
    directory: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "CHECKPOINT_FRAMES", 1)
    monkeypatch.setattr(indexer, "CHECKPOINT_WAIT_MS", 0)
    recording = Recording(store)
    recording.record([draft()])
    with closing(apsw.Connection(str(directory / "ledger.sqlite"))) as backup:
        backup.execute("BEGIN")
        assert backup.execute("SELECT count(*) FROM entries").get == 1
        _wal_bytes(directory, recording, indexing=True)
        assert backup.execute("SELECT count(*) FROM entries").get == 1
        assert store.find(1, Query("agentlens")).total == 21
    index_fully(store)
    grown = (directory / WAL).stat().st_size
    _wal_bytes(directory, recording, indexing=True)
    assert (directory / WAL).stat().st_size <= grown
