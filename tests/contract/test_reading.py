"""Reads of entries and chains, whatever has been indexed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from affidavit.core.entry import Entry
from affidavit.model.query import Head, Query
from tests.contract.recording import AnyStore, Recording, draft, index_fully


@pytest.fixture
def entries(recording: Recording) -> list[Entry]:
    """Six entries in three chains, in three commits; in position order."""
    recorded = [
        *recording.record([draft(1, session="b"), draft(2, session="a")]),
        *recording.record([draft(3, session="b"), draft(4, session="b")]),
        *recording.record([draft(5, session="c"), draft(6, session="b")]),
    ]
    return sorted(recorded, key=lambda entry: entry.position)


def _not(store: AnyStore) -> None:
    pass


def _partly(store: AnyStore) -> None:
    store.index(3)


def _fully(store: AnyStore) -> None:
    index_fully(store)


@pytest.fixture(params=[_not, _partly, _fully], ids=["unindexed", "partly", "indexed"])
def indexed(request: pytest.FixtureRequest, store: AnyStore, entries: list[Entry]) -> Iterator[AnyStore]:
    """The store with the entries in it, indexed as far as the parameter says."""
    step: Callable[[AnyStore], None] = request.param
    step(store)
    yield store
    assert list(store.audit()) == []


def test_by_id(indexed: AnyStore, entries: list[Entry]) -> None:
    assert [indexed.entry(entry.id) for entry in entries] == entries
    assert indexed.entry(b"\0" * 16) is None
    assert indexed.entry(b"") is None


def test_by_position(indexed: AnyStore, entries: list[Entry]) -> None:
    assert [indexed.entry_at(position) for position in range(6)] == entries
    assert [indexed.entry_at(position) for position in (-1, 6, 2**63, -(2**70))] == [None] * 4


@pytest.mark.parametrize("start", [0, 2, 5, 6, 2**63, 2**80])
@pytest.mark.parametrize("limit", [0, 1, 3, 100, 2**63])
def test_scan(indexed: AnyStore, entries: list[Entry], start: int, limit: int) -> None:
    assert indexed.scan(start, limit) == entries[start : start + limit]


@pytest.mark.parametrize("after_seq", [0, 1, 3, 4, 2**63])
@pytest.mark.parametrize("limit", [0, 1, 2, 100])
def test_scan_chain(indexed: AnyStore, entries: list[Entry], after_seq: int, limit: int) -> None:
    chain = [entry for entry in entries if entry.chain == entries[0].chain]
    assert [entry.seq for entry in chain] == [1, 2, 3, 4]
    assert indexed.scan_chain(entries[0].chain, after_seq, limit) == chain[after_seq : after_seq + limit]
    assert indexed.scan_chain(b"\0" * 16, after_seq, limit) == []


def test_chains(indexed: AnyStore, entries: list[Entry], recording: Recording) -> None:
    newest = {entry.session: Head(entry.seq, entry.hash, entry.at) for entry in entries}
    listed = indexed.chains(recording.workspace.id, "agentlens")
    assert [chain.key for chain in listed] == ["a", "b", "c"]
    assert {chain.key: chain.head for chain in listed} == newest
    size, chains = indexed.census()
    assert size == 6
    assert sorted(chains, key=lambda chain: chain.key) == listed


def test_a_chain_by_its_id(indexed: AnyStore, entries: list[Entry], recording: Recording) -> None:
    for chain in indexed.chains(recording.workspace.id, "agentlens"):
        assert indexed.chain(recording.workspace.id, chain.id) == ("agentlens", chain)
        assert indexed.chain(recording.workspace.id + 1, chain.id) is None
    assert indexed.chain(recording.workspace.id, b"\0" * 16) is None


def test_tenants_and_dialects_keep_apart(indexed: AnyStore, recording: Recording) -> None:
    other = indexed.add_workspace("second", b"another salt 16.")
    theirs = recording.record([draft("theirs", session="b")], workspace=other)
    provenlog = recording.record([draft("provenlog", session="b")], dialect="provenlog")
    for _ in range(2):
        assert [chain.key for chain in indexed.chains(other.id, "agentlens")] == ["b"]
        assert [chain.key for chain in indexed.chains(recording.workspace.id, "provenlog")] == ["b"]
        assert indexed.chains(other.id, "provenlog") == indexed.chains(99, "agentlens") == []
        assert indexed.find(other.id, Query("agentlens")).entries == theirs
        assert indexed.find(other.id, Query("agentlens", text="theirs")).entries == theirs
        assert indexed.find(recording.workspace.id, Query("provenlog", session="b")).entries == provenlog
        assert indexed.find(recording.workspace.id, Query("agentlens", text="theirs")).total == 0
        assert indexed.find(recording.workspace.id, Query("agentlens")).total == 6
        assert indexed.find(99, Query("agentlens")).total == 0
        assert theirs[0].chain != provenlog[0].chain
        index_fully(indexed)


def test_index_counts_what_it_moves(store: AnyStore, entries: list[Entry]) -> None:
    assert store.index(0) == 0
    assert index_fully(store) in (0, 6, 12)  # each entry once for pages, once for texts, where a store derives them
    assert store.index(1000) == 0
