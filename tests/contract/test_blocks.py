"""Large payloads: blocks and pages end at so many bytes, what follows is found, and nothing behind that is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.errors import InvalidBody, StoreUnreadable
from affidavit.ledger.reader import Reader, VerifiedChains
from affidavit.model.draft import Once, Submission
from affidavit.model.query import BLOCK_BYTES, MAX_PAGE_BYTES, Query, is_full
from affidavit.storage.sqlite import SqliteStore, create
from tests.committing import commit
from tests.contract.conftest import MakeStore
from tests.contract.recording import AT, ORIGIN, SEARCHABLE, AnyStore, Recording, draft, index_fully, placed
from tests.contract.test_sqlite_damage import WRONG, edit, untype

COUNT = 40
EACH = 1_000_000
"""Characters of each payload: a block has 9 of them, a page 34."""
BLOCK, PAGE = -(-BLOCK_BYTES // EACH), -(-MAX_PAGE_BYTES // EACH)
QUERIES = (
    Query("agentlens"),
    Query("agentlens", ascending=True),
    Query("agentlens", agent="agent", session="session", ascending=True),
    Query("agentlens", text="xxxx"),
)


def fill(recording: Recording) -> list[Entry]:
    """Entries of one chain, so large that only some fit into a block or a page."""
    large = draft({"text": "x" * EACH})
    return [recording.record([large])[0] for _ in range(COUNT)]


@pytest.fixture(scope="module", params=[False, True], ids=["unindexed", "indexed"])
def filled(
    request: pytest.FixtureRequest, make_store: MakeStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Recording, list[Entry]]]:
    """A store with these entries, which nobody writes to."""
    with closing(make_store(tmp_path_factory.mktemp("blocks") / "ledger")) as store:
        recording = Recording(store)
        entries = fill(recording)
        if request.param:
            index_fully(store)
        yield recording, entries


def test_a_scan_ends_where_its_payloads_are_a_block(filled: tuple[Recording, list[Entry]]) -> None:
    recording, entries = filled
    store, workspace = recording.store, recording.workspace.id
    for block in (
        store.scan(0, COUNT),
        store.scan_chain(entries[0].chain, 0, COUNT),
        store.scan_agent(workspace, "agentlens", "agent", -1, COUNT),
    ):
        assert block == entries[:BLOCK]
        assert is_full(block, COUNT)
    assert store.scan(0, BLOCK - 1) == entries[: BLOCK - 1]
    end = store.scan(COUNT - 2, COUNT)
    assert end == entries[-2:]
    assert not is_full(end, COUNT)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_page_ends_where_its_payloads_are_as_many_as_asked_for(
    filled: tuple[Recording, list[Entry]], query: Query
) -> None:
    recording, entries = filled
    wanted = entries if query.ascending else entries[::-1]
    find = recording.store.find
    assert find(recording.workspace.id, replace(query, most_bytes=3 * EACH)).entries == wanted[:3]
    page = find(recording.workspace.id, query)
    assert (page.entries, page.total) == (wanted[:PAGE], COUNT)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_walk_goes_on_where_a_block_ended(filled: tuple[Recording, list[Entry]], query: Query) -> None:
    recording, entries = filled
    reader = Reader(recording.store, recording.workspace, VerifiedChains(ORIGIN))
    assert list(reader.scan(query)) == (entries if query.ascending else entries[::-1])
    assert reader.verify_chain("agentlens", "session").entries == COUNT


def test_a_page_that_would_be_larger_is_refused_and_a_smaller_one_is_given(
    filled: tuple[Recording, list[Entry]],
) -> None:
    recording, entries = filled
    reader = Reader(recording.store, recording.workspace, VerifiedChains(ORIGIN))
    with pytest.raises(InvalidBody, match=f"more than 32 MiB, from its first {PAGE} of {COUNT} on: ask for fewer"):
        reader.find(Query("agentlens", limit=COUNT))
    assert reader.find(Query("agentlens", limit=PAGE)).entries == entries[: -PAGE - 1 : -1]


def test_what_is_sent_again_is_answered_with_all_that_was_recorded(store: AnyStore) -> None:
    recording = Recording(store)
    drafts = [draft({"text": "x" * EACH})] * COUNT
    once = Once(b"k" * 32, b"r" * 32)
    submission = Submission(recording.workspace, "agentlens", "key_1", AT, drafts, once)
    entries = placed(store, commit(recording.sequencer, submission))
    assert len(entries) == COUNT
    assert commit(recording.sequencer, submission) == store.repeated(once.key) == entries


def test_what_lies_behind_a_block_is_not_read(tmp_path: Path) -> None:
    """A row that cannot be read tells."""
    create(tmp_path, ORIGIN)
    with closing(SqliteStore.open(tmp_path, searchable=SEARCHABLE, exclusive=True)) as store:
        recording = Recording(store)
        entries = fill(recording)
        workspace = recording.workspace.id
        index_fully(store)
    edit(tmp_path, untype(*WRONG["an integer for a text"], BLOCK))
    with closing(SqliteStore.open(tmp_path, searchable=SEARCHABLE, exclusive=False)) as damaged:
        oldest = Query("agentlens", ascending=True, limit=COUNT, most_bytes=BLOCK_BYTES)
        for block in (
            damaged.scan(0, COUNT),
            damaged.scan_chain(entries[0].chain, 0, COUNT),
            damaged.scan_agent(workspace, "agentlens", "agent", -1, COUNT),
            damaged.find(workspace, oldest).entries,
            damaged.find(workspace, replace(oldest, session="session")).entries,
        ):
            assert block == entries[:BLOCK]
        with pytest.raises(StoreUnreadable, match=f"position {BLOCK}"):
            damaged.scan(1, COUNT)
