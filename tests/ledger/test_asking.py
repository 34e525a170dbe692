"""Whose a name is that is unique over the whole ledger: one question, however many tenants there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from affidavit.core.entry import chain_id
from affidavit.ledger.asking import home_of
from affidavit.model.draft import Workspace
from affidavit.model.query import Head
from affidavit.storage.memory import MemoryStore

TENANTS = [Workspace(number, f"tenant {number}", bytes([number]) * 16) for number in range(1, 5)]


class Asked(MemoryStore):
    """Has chains with the key "known" in these workspaces, and counts how often it is asked."""

    def __init__(self, *homes: Workspace) -> None:
        super().__init__()
        self.times = 0
        self._known = {chain_id(home.salt, "asn", "known"): Head(1, bytes(32), 0) for home in homes}

    def heads(self, chains: Sequence[bytes]) -> Mapping[bytes, Head]:
        self.times += 1
        return {chain: self._known[chain] for chain in chains if chain in self._known}


def test_the_oldest_of_those_that_have_it() -> None:
    store = Asked(TENANTS[3], TENANTS[1])
    assert home_of(store, TENANTS, "asn", "known") == TENANTS[1]
    assert store.times == 1


def test_nobodys() -> None:
    store = Asked(TENANTS[0])
    assert home_of(store, TENANTS, "asn", "unknown") is None
    assert home_of(store, TENANTS, "pecta", "known") is None
    assert store.times == 2
