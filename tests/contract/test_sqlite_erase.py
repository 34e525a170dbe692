"""Erased from the files: no byte of it is left, wherever it lay, and whenever the process died."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from affidavit.core.entry import Entry
from affidavit.model.draft import Once, Submission
from affidavit.model.query import Query
from affidavit.storage.sqlite import SqliteStore, create
from affidavit.storage.sqlite.cleaning import TEXTS_OF_A_DELETION
from tests.committing import commit
from tests.contract.erasing import clean, erase, left_in, texts_of
from tests.contract.recording import AT, ORIGIN, SEARCHABLE, Recording, draft, index_fully

SIZES = (10, 100, 3_000, 8_100, 60_000)
"""Of payloads: several on a page, a page, and more than a page can hold."""


def opened(directory: Path) -> SqliteStore:
    """The store as the server opens it."""
    return SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=True)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    create(data, ORIGIN)
    return data


def record(recording: Recording, count: int, chance: random.Random) -> list[Entry]:
    """Entries of every size, each with names of its own, in commits of a few."""
    entries: list[Entry] = []
    while len(entries) < count:
        drafts = []
        for _ in range(min(5, count - len(entries))):
            name = chance.randbytes(8).hex()
            text = chance.randbytes(chance.choice(SIZES) // 2).hex()
            drafts.append(
                draft(
                    {"text": text}, agent=f"agent {name}", session=f"session {name}", kind=f"kind {name}",
                    severity=f"severity {name}",
                )
            )  # fmt: skip
        entries += recording.record(drafts)
    return entries


def word(entry: Entry) -> str:
    """The first ten characters of its text."""
    return entry.payload[20:30].decode()


def gone(store: SqliteStore, workspace: int, entries: list[Entry]) -> None:
    """No way leads to them."""
    for entry in entries:
        assert store.find(workspace, Query("agentlens", agent=entry.agent)).total == 0
        assert store.find(workspace, Query("agentlens", text=word(entry))).total == 0


@pytest.mark.parametrize("indexed", [False, True], ids=["before the index", "after the index"])
@pytest.mark.parametrize("together", [1, 7, 30], ids=["one by one", "a few", "all at once"])
def test_no_byte_is_left(directory: Path, indexed: bool, together: int) -> None:
    chance = random.Random(together)
    with closing(opened(directory)) as store:
        recording = Recording(store)
        entries = record(recording, 80, chance)
        if indexed:
            index_fully(store)
        doomed = chance.sample(entries, 30)
        texts = [text for entry in doomed for text in texts_of(entry)]
        there = {text for _, text in left_in(directory, texts)}
        assert len(there) > 0.9 * len(set(texts)), "all but the pieces that lie on two pages"
        for at in range(0, len(doomed), together):
            erase(recording, doomed[at : at + together])
            if chance.random() < 0.5:
                clean(store)
        clean(store)
        assert left_in(directory, texts) == []
        assert list(store.audit()) == []
        gone(store, recording.workspace.id, doomed)
        kept = [entry for entry in entries if entry not in doomed]
        assert [entry for entry in store.scan(0, 999) if entry.position < 80 and not entry.erased] == kept
        index_fully(store)
        assert left_in(directory, texts) == []
        assert list(store.audit()) == []
        gone(store, recording.workspace.id, doomed)
        for entry in kept[:5]:
            assert store.find(recording.workspace.id, Query("agentlens", text=word(entry))).total >= 1
    assert left_in(directory, texts) == []


def test_names_that_pages_were_split_over(directory: Path) -> None:
    """Thousands of chains, agents and types: their names lie in ordered pages that were split many times."""
    chance = random.Random(1)
    with closing(opened(directory)) as store:
        recording = Recording(store)
        entries: list[Entry] = []
        for _ in range(20):
            names = [chance.randbytes(10).hex() for _ in range(200)]
            entries += recording.record([draft(1, agent=n, session=f"session {n}", kind=f"kind {n}") for n in names])
            recording.record([draft(2, session=entry.session) for entry in chance.sample(entries, 100)])
            index_fully(store)
        doomed = [entry for entry in entries if store.heads([entry.chain])[entry.chain].seq == 1][:500]
        texts = [text for entry in doomed for text in texts_of(entry) if text not in (b"info",)]
        erase(recording, doomed)
        clean(store)
        assert left_in(directory, texts) == []
        assert list(store.audit()) == []


def test_one_text_out_of_many(directory: Path) -> None:
    """Few texts are taken out of the search one by one; the rest of it stays as it is."""
    with closing(opened(directory)) as store:
        recording = Recording(store)
        for first in range(0, 2 * TEXTS_OF_A_DELETION, 100):
            recording.record([draft({"text": f"common words {n} zq{n:05}qz"}) for n in range(first, first + 100)])
        index_fully(store)
        (doomed,) = store.scan(7, 1)
        erase(recording, [doomed])
        clean(store)
        assert index_fully(store) <= 2, "nothing is indexed again but the entry that says so"
        workspace = recording.workspace.id
        assert store.find(workspace, Query("agentlens", text="zq00007qz")).total == 0
        assert store.find(workspace, Query("agentlens", text="zq00008qz")).total == 1
        assert store.find(workspace, Query("agentlens", text="common words")).total == 2 * TEXTS_OF_A_DELETION - 1
        assert list(store.audit()) == []
        with closing(apsw.Connection(str(directory / "index.sqlite"))) as index:
            proposed = {row for (row,) in index.execute("SELECT rowid FROM texts WHERE texts MATCH '\"007\"'")}
        assert proposed == {n for n in range(2 * TEXTS_OF_A_DELETION) if "007" in f"{n:05}"} - {7}


def test_half_listed_half_searched(directory: Path) -> None:
    """Erased between the two halves of the index: what is added later is added from what is left."""
    with closing(opened(directory)) as store:
        recording = Recording(store)
        entries = record(recording, 30, random.Random(3))
        while store.index(1000, texts=False):
            pass
        erase(recording, entries[5:9])
        index_fully(store)
        assert list(store.audit()) == []
        clean(store)
        assert left_in(directory, [text for entry in entries[5:9] for text in texts_of(entry)]) == []
        gone(store, recording.workspace.id, entries[5:9])


def test_a_reader_that_looks_at_what_was(directory: Path) -> None:
    """While it looks, it is not all gone, and nobody says so; then it is."""
    with closing(opened(directory)) as store:
        recording = Recording(store)
        entries = record(recording, 20, random.Random(4))
        index_fully(store)
        texts = texts_of(entries[3])
        with closing(apsw.Connection(str(directory / "ledger.sqlite"))) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM entries").fetchall()
            erase(recording, [entries[3]])
            assert store.clean() == 1
            assert left_in(directory, texts)
            reader.execute("ROLLBACK")
        clean(store)
        assert left_in(directory, texts) == []


def test_the_next_process_ends_what_this_one_began(directory: Path) -> None:
    with closing(opened(directory)) as store:
        recording = Recording(store)
        entries = record(recording, 20, random.Random(5))
        index_fully(store)
        texts = [text for entry in entries[3:6] for text in texts_of(entry)]
        erase(recording, entries[3:6])
    assert left_in(directory, texts), "the index has not been told"
    with closing(opened(directory)) as store:
        assert [name for name, _ in left_in(directory, texts)] == [], "the index is made anew, and no WAL was left"
        assert store.clean() == 0
        index_fully(store)
        assert list(store.audit()) == []
        gone(store, recording.workspace.id, entries[3:6])
    with closing(opened(directory)) as store:
        assert index_fully(store) == 0, "the index was not made anew once more"


def test_the_digest_of_a_request_is_a_copy_too(directory: Path) -> None:
    with closing(opened(directory)) as store:
        recording = Recording(store)
        digest = random.Random(6).randbytes(32)
        once = Once(b"k" * 32, digest)
        entries = commit(
            recording.sequencer, Submission(recording.workspace, "agentlens", "key_1", AT, [draft(1), draft(2)], once)
        )
        assert left_in(directory, [digest])
        erase(recording, entries[:1])
        clean(store)
        assert left_in(directory, [digest]) == []
