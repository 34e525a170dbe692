"""Append: all or nothing, against the heads it was built on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from affidavit.errors import HeadMoved, StoreFailed
from affidavit.ledger.store import Batch
from affidavit.storage.postgres import PostgresStore
from tests.contract.recording import AnyStore, Recording, batches, draft, everything, placed


def test_an_empty_ledger(store: AnyStore) -> None:
    assert store.size() == 0
    assert store.last_id() is None
    assert store.heads([b"\0" * 16]) == {}
    assert store.scan(0, 10) == []
    assert store.census() == (0, [])
    assert list(store.audit()) == []
    assert store.index(10) == 0


def test_what_was_appended_is_there(store: AnyStore) -> None:
    first, second = batches([draft(1), draft(2, session="other")], [draft(3)])
    store.append(first)
    store.append(second)
    entries = placed(store, [*first.entries, *second.entries])
    found = store.scan(0, 10)
    assert found == sorted(entries, key=lambda entry: entry.position)
    assert [entry.position for entry in found] == [0, 1, 2]
    assert store.size() == 3
    assert store.last_id() == found[-1].id
    updates = {update.chain: update.head for update in (*first.chains, *second.chains)}
    assert store.heads([*updates, b"\0" * 16]) == updates


def test_an_entry_keeps_every_field(recording: Recording) -> None:
    odd = [
        draft("\ud83d", agent=None, session=None, severity=None, chain="a\\u0000b"),
        draft({"\0": 2**200}, agent="\\u0000", session="é\n😀", kind="%_\"'\\", time=-(2**62), chain=""),
        draft(agent="", session="", kind="", severity="", time=2**62),
    ]
    entries = recording.record(odd)
    assert recording.store.scan(0, 3) == sorted(entries, key=lambda entry: entry.position)
    assert [entry.payload for entry in entries] == [item.payload for item in odd]
    assert [(e.agent, e.session, e.type, e.severity) for e in entries] == [
        (p.agent, p.session, p.type, p.severity) for p in (item.projection for item in odd)
    ]


def test_a_payload_of_the_largest_size(recording: Recording) -> None:
    entries = recording.record([draft("x" * (1 << 20)), draft("small")])
    assert recording.store.scan(0, 2) == entries


def test_nothing_is_a_batch_too(store: AnyStore) -> None:
    store.append(Batch([], []))
    assert store.size() == 0


def _refused(store: AnyStore, batch: Batch) -> None:
    before = everything(store)
    with pytest.raises(HeadMoved):
        store.append(batch)
    assert everything(store) == before


def test_a_chain_that_has_moved(store: AnyStore) -> None:
    first, second = batches([draft(1), draft(1, session="b")], [draft(2), draft(2, session="b")])
    store.append(first)
    store.append(second)
    again = Batch([replace(entry, position=entry.position + 2) for entry in second.entries], second.chains)
    _refused(store, again)


def test_one_moved_chain_of_many_refuses_all(store: AnyStore) -> None:
    first, second = batches([draft(1)], [draft(2, session="b"), draft(2), draft(2, session="c")])
    store.append(first)
    moved = [replace(u, expected_seq=u.expected_seq + 1) if u.key == "session" else u for u in second.chains]
    _refused(store, Batch(second.entries, moved))
    store.append(second)
    assert store.size() == 4


def test_a_new_chain_that_is_there_already(store: AnyStore) -> None:
    first, second = batches([draft(1)], [draft(2)])
    store.append(first)
    _refused(store, Batch(second.entries, [replace(second.chains[0], expected_seq=0)]))


def test_an_old_chain_that_is_not_there(store: AnyStore) -> None:
    (batch,) = batches([draft(1)])
    _refused(store, Batch(batch.entries, [replace(batch.chains[0], expected_seq=1)]))


@pytest.mark.parametrize("shift", [-1, 1])
def test_positions_follow_the_ledgers_size(store: AnyStore, shift: int) -> None:
    if store.shared:
        pytest.skip("positions are given after the commit")
    first, second = batches([draft(1)], [draft(2), draft(3)])
    store.append(first)
    _refused(store, Batch([replace(e, position=e.position + shift) for e in second.entries], second.chains))
    store.append(second)
    assert store.size() == 3


def test_an_id_is_given_once(store: AnyStore) -> None:
    if isinstance(store, PostgresStore):
        pytest.skip("no constraint crosses chains there; 74 random bits tell ids apart, and no commit is written twice")
    first, second = batches([draft(1), draft(2)], [draft(3), draft(4)])
    store.append(first)
    before = everything(store)
    twice = Batch([second.entries[0], replace(second.entries[1], id=first.entries[0].id)], second.chains)
    with pytest.raises(StoreFailed):
        store.append(twice)
    assert everything(store) == before
    store.append(second)
    assert store.size() == 4
