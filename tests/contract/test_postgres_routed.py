"""Commits with a statement for each chain, as a database takes them that is distributed by chains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from affidavit.storage.postgres import create, store
from affidavit.storage.postgres.heads import Heads
from tests.contract.conftest import MakeStore
from tests.contract.erasing import erase
from tests.contract.peers import Peer, by_id, history, peers
from tests.contract.recording import ORIGIN, draft
from tests.contract.test_append import (
    test_a_chain_that_has_moved,
    test_a_new_chain_that_is_there_already,
    test_an_old_chain_that_is_not_there,
    test_nothing_is_a_batch_too,
    test_one_moved_chain_of_many_refuses_all,
    test_what_was_appended_is_there,
)

__all__ = [
    "test_a_chain_that_has_moved",
    "test_a_new_chain_that_is_there_already",
    "test_an_old_chain_that_is_not_there",
    "test_nothing_is_a_batch_too",
    "test_one_moved_chain_of_many_refuses_all",
    "test_what_was_appended_is_there",
]


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> None:
    """For every store that is opened from now on."""
    monkeypatch.setattr(store, "Heads", lambda *, routed: Heads(routed=True))


@pytest.fixture
def make_store(routed: None, make_postgres: MakeStore) -> MakeStore:
    """In the place of all stores."""
    return make_postgres


@pytest.fixture
def servers(routed: None, database: str) -> Iterator[list[Peer]]:
    """Two of a ledger."""
    create(database, ORIGIN)
    with peers(database, 2) as opened:
        yield opened


def test_two_servers_on_the_same_chains(servers: list[Peer]) -> None:
    """Old and new, in opposite orders; what the second built is built anew."""
    told = []
    for number in range(3):
        chains = ["a", f"b {number}", "c", f"d {number}"]
        told += servers[0].record([draft(number, chain=chain) for chain in chains])
        told += servers[1].record([draft(number, chain=chain) for chain in reversed(chains)])
    assert by_id(history(servers[0])) == by_id(told)


def test_a_chain_that_was_erased_whole_goes_on(servers: list[Peer]) -> None:
    """With its key, and its link to what is no more."""
    first, second = servers
    entries = first.record([draft(1, chain="gone"), draft(2, chain="gone"), draft(3, chain="stays")])
    erase(second, [entry for entry in entries if entry.chain == entries[0].chain])
    assert sorted(chain.key for chain in first.store.census()[1]) == ["", "ledger", "stays"]
    (after,) = first.record([draft(4, chain="gone")])
    assert (after.seq, after.prev) == (3, entries[1].hash)
    assert sorted(chain.key for chain in first.store.census()[1]) == ["gone", "ledger", "stays"]
