"""Tiles, checkpoints and the roll of heads: what every store keeps for whoever proves its entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.core import canonical
from affidavit.errors import CheckpointMoved
from affidavit.ledger.store import Checkpoint
from tests.contract.conftest import MakeStore
from tests.contract.recording import AnyStore, Recording, draft


def checkpoint(size: int, fill: int = 1) -> Checkpoint:
    """As a store sees it: it signs nothing and verifies nothing."""
    return Checkpoint(size, bytes([fill]) * 32, b"note %d" % size, 1_790_000_000_000_000 + size)


def test_nothing_sealed(store: AnyStore) -> None:
    assert store.checkpoint() is None
    assert store.checkpoint(0) is None
    assert store.checkpoint(5) is None
    assert store.checkpoints(0, 10) == []
    assert store.tile(1, 0) == b""
    assert store.roll() == (0, [])


def test_checkpoints_follow_each_other(store: AnyStore, recording: Recording) -> None:
    recording.record([draft(number) for number in range(9)])
    sealed = [checkpoint(size, size) for size in (2, 3, 9)]
    for before, each in zip([0, 2, 3], sealed, strict=True):
        store.seal(before, each, {})
        assert store.checkpoint() == each
    assert [store.checkpoint(size) for size in (1, 2, 3, 4, 9, 2**70)] == [None, *sealed[:2], None, sealed[2], None]
    assert store.checkpoints(0, 10) == sealed
    assert store.checkpoints(2, 1) == sealed[1:2]
    assert store.checkpoints(9, 10) == []
    assert store.size() == 9


@pytest.mark.parametrize(
    ("expected", "size"),
    [(0, 5), (4, 5), (2, 5), (3, 3), (3, 2), (3, 7)],
    ids=["none", "another", "an older one", "the same size", "a smaller one", "beyond the entries"],
)
def test_what_does_not_follow_is_refused(store: AnyStore, recording: Recording, expected: int, size: int) -> None:
    recording.record([draft(number) for number in range(6)])
    store.seal(0, checkpoint(2), {})
    store.seal(2, checkpoint(3), {(1, 0): b"a" * 32})
    with pytest.raises(CheckpointMoved, match=f"the checkpoint of size {size} "):
        store.seal(expected, checkpoint(size, 9), {(1, 0): b"b" * 32, (1, 1): b"c" * 32})
    assert store.checkpoints(0, 10) == [checkpoint(2), checkpoint(3)]
    assert (store.tile(1, 0), store.tile(1, 1)) == (b"a" * 32, b"")


def test_tiles_grow(store: AnyStore, recording: Recording) -> None:
    recording.record([draft(number) for number in range(3)])
    store.seal(0, checkpoint(1), {(1, 0): b"a" * 32, (2, 0): b"x" * 32})
    store.seal(1, checkpoint(2), {})
    store.seal(2, checkpoint(3), {(1, 0): b"a" * 32 + b"b" * 32, (1, 1): b"c" * 32})
    assert store.tile(1, 0) == b"a" * 32 + b"b" * 32
    assert store.tile(1, 1) == b"c" * 32
    assert store.tile(2, 0) == b"x" * 32
    assert store.tile(3, 0) == store.tile(1, 2**70) == b""


def test_it_is_kept(make_store: MakeStore, tmp_path: Path) -> None:
    """By a store that is opened again where there is one; and whoever reads beside the server sees it."""
    store = make_store(tmp_path / "ledger")
    try:
        Recording(store).record([draft(1)])
        store.seal(0, checkpoint(1), {(1, 0): bytes(64)})
        assert (store.checkpoint(), store.tile(1, 0)) == (checkpoint(1), bytes(64))
    finally:
        store.close()


def test_the_roll_has_every_chain_once_in_order(store: AnyStore, recording: Recording) -> None:
    other = store.add_workspace("second", b"another salt 16.")
    for number in range(40):
        recording.record([draft(number, chain=f"chain {number % 20}")])
    recording.record([draft("theirs")], workspace=other, dialect="provenlog")
    size, leaves = store.roll()
    _, chains = store.census()
    assert size == 41
    assert leaves == sorted(leaves)
    assert leaves == [
        canonical.encode({"chain": chain.id.hex(), "head": chain.head.hash.hex(), "seq": chain.head.seq})
        for chain in sorted(chains, key=lambda chain: chain.id)
    ]
    assert len(leaves) == 21
