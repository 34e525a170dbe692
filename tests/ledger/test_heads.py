"""Heads: what they commit to, and when there are new ones to record."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.core.entry import chain_id
from affidavit.core.merkle import EMPTY_ROOT, root_of
from affidavit.ledger.heads import heads_due, heads_root
from affidavit.model import own
from tests.ledger.sealing import NOW, Sealed


@pytest.fixture
def ledger(tmp_path: Path) -> Sealed:
    """A ledger without entries."""
    return Sealed(tmp_path)


def test_an_empty_ledger_has_none(ledger: Sealed) -> None:
    assert heads_due(ledger.store, NOW) is None
    assert heads_root([]) == EMPTY_ROOT


def test_what_they_commit_to(ledger: Sealed) -> None:
    ledger.record(2, "one")
    ledger.record(1, "two")
    entry = ledger.own(heads_due(ledger.store, NOW))
    _, chains = ledger.store.census()
    leaves = sorted(
        b'{"chain":"%s","head":"%s","seq":%d}'
        % (chain.id.hex().encode(), chain.head.hash.hex().encode(), chain.head.seq)
        for chain in chains
        if chain.id != own.CHAIN
    )
    root = root_of(sha256(b"\x00" + leaf).digest() for leaf in leaves).hex()
    assert canonical.parse(entry.payload) == {"type": "heads", "chains": 2, "size": 3, "root": root}
    assert (entry.dialect, entry.by, entry.workspace, entry.type) == ("affidavit", "ledger", 0, "heads")
    assert entry.chain == chain_id(bytes(16), "affidavit", "ledger")
    assert (entry.position, entry.seq) == (3, 1)


def test_the_ledgers_own_chain_is_among_them(ledger: Sealed) -> None:
    ledger.record()
    ledger.own(heads_due(ledger.store, NOW))
    ledger.record()
    entry = ledger.own(heads_due(ledger.store, NOW))
    assert canonical.parse(entry.payload)["chains"] == 2
    assert (entry.position, entry.seq) == (3, 2)


def test_they_do_not_make_the_ledger_dirty(ledger: Sealed) -> None:
    ledger.record()
    ledger.own(heads_due(ledger.store, NOW))
    assert heads_due(ledger.store, NOW) is None
    ledger.record()
    assert heads_due(ledger.store, NOW) is not None


def test_what_came_in_between_is_still_to_be_covered(ledger: Sealed) -> None:
    ledger.record()
    due = heads_due(ledger.store, NOW)
    ledger.record()
    entry = ledger.own(due)
    assert (canonical.parse(entry.payload)["size"], entry.position) == (1, 2)
    ledger.own(heads_due(ledger.store, NOW))
    assert heads_due(ledger.store, NOW) is None


def test_other_entries_of_the_ledger_make_it_dirty(ledger: Sealed) -> None:
    ledger.record()
    ledger.own(heads_due(ledger.store, NOW))
    ledger.own(own.submission("hold", {"authority": "a", "chains": [], "reason": "r"}, NOW))
    ledger.own(heads_due(ledger.store, NOW))
    assert heads_due(ledger.store, NOW) is None


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[]", b'{"type":"heads"}', b'{"size":1,"type":"heads"}', b'{"size":"1"}']
)
def test_heads_that_somebody_edited_cover_nothing(ledger: Sealed, payload: bytes) -> None:
    ledger.record()
    ledger.own(heads_due(ledger.store, NOW))
    ledger.store._entries[-1] = replace(ledger.store._entries[-1], payload=payload)
    assert heads_due(ledger.store, NOW) is not None


def test_it_rests_between_stretches(ledger: Sealed) -> None:
    rests: list[int] = []
    leaves = [b"%d" % number for number in range(4_001)]
    assert heads_root(leaves, lambda: rests.append(1)) == root_of(sha256(b"\x00" + leaf).digest() for leaf in leaves)
    assert len(rests) == 3
