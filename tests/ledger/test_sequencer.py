"""The sequencer, cranked by hand: groups, order, limits, caches. No threads, no clock, no sleeps."""

from __future__ import annotations

from concurrent.futures import CancelledError
from itertools import pairwise

import pytest

from affidavit.core.entry import chain_id
from affidavit.core.ids import Mint
from affidavit.errors import Unavailable
from affidavit.ledger import committing, waiting
from affidavit.ledger.sequencer import Sequencer
from tests.ledger.pipeline import ALICE, BOB, NOW, Pipeline, numbers


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_all_that_waits_goes_in_one_commit_in_the_order_sent(pipeline: Pipeline) -> None:
    tickets = [pipeline.send("a", "b"), pipeline.send("a"), pipeline.send("c", "a", "b")]
    assert pipeline.sequencer.waiting == 6
    assert pipeline.store.size() == 0, "nothing is written before the turn"
    assert not any(ticket.done() for ticket in tickets)

    assert pipeline.sequencer.turn() == 6
    assert pipeline.store.appends == [6]
    assert pipeline.sequencer.waiting == 0
    assert [numbers(ticket.result(0)) for ticket in tickets] == [[0, 1], [2], [3, 4, 5]]
    assert [entry for ticket in tickets for entry in ticket.result(0)] == pipeline.entries()
    assert [entry.seq for entry in pipeline.entries()] == [1, 1, 2, 1, 3, 2]
    pipeline.assert_whole()


def test_a_turn_without_work_writes_nothing(pipeline: Pipeline) -> None:
    assert pipeline.sequencer.turn() == 0
    ticket = pipeline.send()
    assert ticket.result(0) == [], "a request without events is answered at once"
    assert pipeline.sequencer.turn() == 0
    assert pipeline.store.appends == []


def test_an_entry_says_where_it_came_from(pipeline: Pipeline) -> None:
    ticket = pipeline.send("a", by="key_7", dialect="provenlog", workspace=BOB, at=NOW + 5)
    pipeline.sequencer.turn()
    (entry,) = ticket.result(0)
    assert (entry.workspace, entry.dialect, entry.by, entry.at) == (BOB.id, "provenlog", "key_7", NOW + 5)
    assert (entry.agent, entry.session, entry.type, entry.severity, entry.time) == (
        "agent a",
        None,
        "type",
        None,
        entry.at,
    )
    assert entry.chain == chain_id(BOB.salt, "provenlog", "a")
    assert int.from_bytes(entry.id[:6], "big") == entry.at // 1000


def test_ids_are_of_the_newest_request_of_a_commit(pipeline: Pipeline) -> None:
    for at in (NOW - 7_000, NOW, NOW - 3_000):
        pipeline.send("a", at=at)
    pipeline.sequencer.turn()
    assert {int.from_bytes(entry.id[:6], "big") for entry in pipeline.entries()} == {NOW // 1000}


def test_the_same_key_is_another_chain_in_another_workspace_or_dialect(pipeline: Pipeline) -> None:
    for _ in range(2):
        pipeline.send("a")
        pipeline.send("a", workspace=BOB)
        pipeline.send("a", dialect="provenlog")
        pipeline.sequencer.turn()
    assert [entry.seq for entry in pipeline.entries()] == [1, 1, 1, 2, 2, 2]
    assert len({entry.chain for entry in pipeline.entries()}) == 3
    pipeline.assert_whole()


def test_time_never_runs_backwards_within_a_chain(pipeline: Pipeline) -> None:
    """The clock goes back by an hour; a chain that has no entry yet takes the time as it is."""
    pipeline.send("a", at=NOW)
    pipeline.sequencer.turn()
    pipeline.send("a", "b", at=NOW - 3_600_000_000)
    pipeline.sequencer.turn()
    pipeline.send("a", "b", at=NOW - 1)
    pipeline.sequencer.turn()
    assert [entry.at - NOW for entry in pipeline.entries()] == [0, 0, -3_600_000_000, 0, -1]
    assert all(entry.time == entry.at for entry in pipeline.entries())
    assert all(before.id < after.id for before, after in pairwise(pipeline.entries()))
    pipeline.assert_whole()


def test_a_full_queue_refuses_and_keeps_what_it_has(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_WAITING_DRAFTS", 5)
    first, second = pipeline.send("a", "b", "c"), pipeline.send("a", "a")
    with pytest.raises(Unavailable, match="send again"):
        pipeline.send("a")
    assert pipeline.sequencer.waiting == 5
    pipeline.sequencer.turn()
    assert [numbers(ticket.result(0)) for ticket in (first, second)] == [[0, 1, 2], [3, 4]]
    with pytest.raises(Unavailable):
        pipeline.send("a", "a", "a", "a", "a", "a")
    third = pipeline.send("a", "a", "a", "a", "a")
    pipeline.sequencer.turn()
    assert len(third.result(0)) == 5
    pipeline.assert_whole()


def test_a_commit_takes_no_further_request_once_it_is_large(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MAX_COMMIT_DRAFTS", 4)
    tickets = [
        pipeline.send(*"ab"),
        pipeline.send("a"),
        pipeline.send(*"abcdefg"),
        pipeline.send("a"),
        pipeline.send("b"),
    ]
    assert pipeline.sequencer.turn() == 10, "the third did not fill up the fourth place alone: it is never split"
    assert [ticket.done() for ticket in tickets] == [True, True, True, False, False]
    assert pipeline.sequencer.waiting == 2
    assert pipeline.sequencer.turn() == 2
    assert pipeline.store.appends == [10, 2]
    pipeline.assert_whole()


def test_drain_writes_all_that_waits(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_COMMIT_DRAFTS", 1)
    tickets = [pipeline.send("a") for _ in range(5)]
    pipeline.sequencer.drain()
    assert pipeline.store.appends == [1] * 5
    assert [numbers(ticket.result(0)) for ticket in tickets] == [[0], [1], [2], [3], [4]]


def test_a_client_that_has_gone_takes_nobody_with_it(pipeline: Pipeline) -> None:
    first, gone, last = pipeline.send("a"), pipeline.send("a"), pipeline.send("a")
    assert gone.cancel()
    pipeline.sequencer.turn()
    assert numbers(first.result(0)) == [0]
    assert numbers(last.result(0)) == [2]
    assert pipeline.numbers() == [0, 1, 2], "what it sent whole is kept"
    with pytest.raises(CancelledError):
        gone.result(0)
    pipeline.assert_whole()


@pytest.mark.parametrize("name", ["", 'key"', "ключ", "a b", "x" * 65])
def test_a_name_that_no_header_may_hold_is_refused_before_it_is_queued(pipeline: Pipeline, name: str) -> None:
    with pytest.raises(ValueError, match=r"must be names"):
        pipeline.send("a", by=name)
    with pytest.raises(ValueError, match=r"must be names"):
        pipeline.send("a", dialect=name)
    assert pipeline.sequencer.waiting == 0


def test_a_new_sequencer_goes_on_where_the_store_is(pipeline: Pipeline) -> None:
    pipeline.send("a", "b", at=NOW)
    pipeline.sequencer.turn()
    pipeline.sequencer = pipeline.restarted()
    pipeline.send("a", "c", at=NOW - 10_000_000)
    pipeline.sequencer.turn()
    assert [entry.position for entry in pipeline.entries()] == [0, 1, 2, 3]
    assert all(before.id < after.id for before, after in pairwise(pipeline.entries()))
    pipeline.assert_whole()


def test_heads_are_read_once_and_remembered(pipeline: Pipeline) -> None:
    for _ in range(3):
        pipeline.send("a", "b", "a")
        pipeline.sequencer.turn()
    assert sorted(pipeline.store.asked) == sorted(chain_id(ALICE.salt, "agentlens", key) for key in "ab")


def test_a_full_cache_starts_anew(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[str] = []

    def counted(salt: bytes, dialect: str, key: str) -> bytes:
        derived.append(key)
        return chain_id(salt, dialect, key)

    monkeypatch.setattr(committing, "chain_id", counted)
    monkeypatch.setattr(committing, "MAX_CACHED_CHAINS", 4)
    for turn in range(20):
        pipeline.send(*(f"chain {(turn * 3 + at) % 7}" for at in range(3)))
        pipeline.sequencer.turn()
    assert len(pipeline.store.asked) > 7, "heads were asked for again"
    assert len(derived) > 7, "ids were made again"
    pipeline.send(*(f"chain {at}" for at in range(9)))
    pipeline.sequencer.turn()
    assert pipeline.store.size() == 69
    pipeline.assert_whole()


def test_each_entry_has_a_salt_of_its_own_from_the_entropy(pipeline: Pipeline) -> None:
    drawn: list[bytes] = []

    def entropy(size: int) -> bytes:
        drawn.append(bytes(at % 251 for at in range(size)))
        return drawn[-1]

    pipeline.sequencer = Sequencer(pipeline.store, "origin", entropy=entropy)
    pipeline.send("a", "b")
    pipeline.send("a")
    pipeline.sequencer.turn()
    assert [len(raw) for raw in drawn] == [3 * 16 + 8]
    assert b"".join(entry.salt for entry in pipeline.entries()) == drawn[0][:48]
    assert [entry.id for entry in pipeline.entries()] == Mint().ids(3, NOW // 1000, drawn[0][48:])
