"""Faults of the disk while a batch is committed, as a table of every step x what fails x when, with one oracle.

The oracle: each batch is there whole or not at all, a batch that was acknowledged is there, what a power cut would
leave says the same, and when the fault is over the next append works.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from affidavit.core.entry import Entry
from affidavit.core.verify import check_entry, first_tip
from affidavit.errors import StoreError, StoreFailed, Unavailable
from affidavit.ledger.store import Store
from affidavit.storage.memory import AFTER_COMMIT, BEFORE_COMMIT, MemoryStore
from affidavit.storage.sqlite import SqliteStore, create, writer
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft, index_fully
from tests.fault.disk import Disk, Moment, copied, failing_disk

ERRORS = (apsw.FullError, apsw.IOError)
MOMENTS: tuple[Moment, ...] = ("before", "after")
REQUEST = [draft("x" * 900, session=f"session {number % 3}") for number in range(20)]
"""Several pages, chains old and new."""


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk that fails when it is told to."""
    with failing_disk() as disk:
        yield disk


def opened(directory: Path) -> SqliteStore:
    """The store as the server opens it."""
    return SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=True)


def whole(store: Store, promised: list[Entry]) -> list[Entry]:
    """The oracle: every entry, after seeing that requests are whole, chains sound, and promises kept."""
    size, chains = store.census()
    entries = store.scan(0, size + 1)
    assert len(entries) == size
    assert size % len(REQUEST) == 0
    tips = {}
    for entry in entries:
        problems, tips[entry.chain] = check_entry(entry, tips.get(entry.chain) or first_tip(ORIGIN, entry.chain))
        assert problems == []
    assert {chain.id: chain.head.hash for chain in chains} == {chain: tip.hash for chain, tip in tips.items()}
    assert {entry.id for entry in promised} <= {entry.id for entry in entries}
    assert list(store.audit()) == []
    return entries


def record(recording: Recording, promised: list[Entry]) -> bool:
    """One request; what is acknowledged is promised."""
    try:
        promised += recording.record(REQUEST)
    except Unavailable as error:
        cause = error.__cause__
    else:
        return True
    assert isinstance(cause, StoreFailed)
    return False


def steps(tmp_path: Path, disk: Disk) -> int:
    """How many calls to the disk the second request makes."""
    create(tmp_path / "counted", ORIGIN)
    with closing(opened(tmp_path / "counted")) as store:
        recording = Recording(store)
        recording.record(REQUEST)
        disk.heal()
        recording.record(REQUEST)
        return len(disk.calls)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_any_call_of_a_commit_may_fail(
    tmp_path: Path, disk: Disk, error: type[apsw.Error], moment: Moment, lasting: bool
) -> None:
    disk.suffix = "ledger.sqlite-wal"
    count = steps(tmp_path, disk)
    assert count > 5
    for strike in range(count):
        directory = tmp_path / f"strike {strike}"
        create(directory, ORIGIN)
        promised: list[Entry] = []
        with closing(opened(directory)) as store:
            recording = Recording(store)
            assert record(recording, promised)
            disk.fail(strike, error, moment, lasting=lasting)
            acknowledged = record(recording, promised)
            assert acknowledged is False
            cut = copied(directory, tmp_path / f"cut {strike}")
            assert whole(store, promised) == promised
            disk.heal()
            with closing(opened(cut)) as after_the_cut:
                whole(after_the_cut, promised)
            assert record(recording, promised)
            index_fully(store)
            assert whole(store, promised) == promised
        with closing(opened(directory)) as store:
            assert whole(store, promised) == promised
            assert record(Recording(store), promised)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_checkpoint_that_fails_takes_nothing_back(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch, error: type[apsw.Error], moment: Moment
) -> None:
    """The commit is durable before the checkpoint that follows it."""
    monkeypatch.setattr(writer, "MAX_WAL_FRAMES", 1)
    disk.suffix = "ledger.sqlite"
    count = steps(tmp_path, disk)
    assert count > 5
    for strike in range(count):
        directory = tmp_path / f"strike {strike}"
        create(directory, ORIGIN)
        promised: list[Entry] = []
        with closing(opened(directory)) as store:
            recording = Recording(store)
            assert record(recording, promised)
            disk.fail(strike, error, moment)
            assert record(recording, promised)
            cut = copied(directory, tmp_path / f"cut {strike}")
            assert whole(store, promised) == promised
            disk.heal()
            with closing(opened(cut)) as after_the_cut:
                assert whole(after_the_cut, promised) == promised
            assert record(recording, promised)
        with closing(opened(directory)) as store:
            assert whole(store, promised) == promised


@pytest.mark.parametrize("suffix", ["index.sqlite", "index.sqlite-wal"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_index_that_cannot_be_written_harms_nothing(
    tmp_path: Path, disk: Disk, suffix: str, error: type[apsw.Error]
) -> None:
    create(tmp_path / "data", ORIGIN)
    disk.suffix = suffix
    promised: list[Entry] = []
    with closing(opened(tmp_path / "data")) as store:
        recording = Recording(store)
        for strike in range(12):
            disk.fail(strike, error, "before", lasting=True)
            assert record(recording, promised)
            for _ in range(2):
                try:
                    index_fully(store)
                except StoreError:
                    continue
            assert whole(store, promised) == promised
        disk.heal()
        index_fully(store)
        assert index_fully(store) == 0
        assert whole(store, promised) == promised


def test_every_fault_between_two_good_requests(tmp_path: Path, disk: Disk) -> None:
    """One server that meets them all, one after the other."""
    disk.suffix = "ledger.sqlite-wal"
    count = steps(tmp_path, disk)
    create(tmp_path / "data", ORIGIN)
    promised: list[Entry] = []
    with closing(opened(tmp_path / "data")) as store:
        recording = Recording(store)
        for strike, error, moment in itertools.product(range(count), ERRORS, MOMENTS):
            disk.fail(strike, error, moment)
            record(recording, promised)
            disk.heal()
            assert record(recording, promised)
        assert whole(store, promised) == promised
    with closing(opened(tmp_path / "data")) as store:
        assert whole(store, promised) == promised


@pytest.mark.parametrize(("step", "happened"), [(BEFORE_COMMIT, False), (AFTER_COMMIT, True)])
def test_the_seam_of_the_store_in_memory(step: str, happened: bool) -> None:
    """The same two outcomes, for tests of everything above a store."""

    def fault(at: str) -> None:
        if at == step:
            raise StoreFailed(f"the disk is full {at}")

    store = MemoryStore(SEARCHABLE, origin=ORIGIN)
    recording = Recording(store)
    promised: list[Entry] = []
    assert record(recording, promised)
    store.fault = fault
    assert not record(recording, promised)
    store.fault = lambda at: None
    assert record(recording, promised)
    assert len(whole(store, promised)) == len(promised) + len(REQUEST) * happened
