"""Several sequencers over one shared store: whoever was first, the others build anew on what is there."""

from __future__ import annotations

from concurrent.futures import Future
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from affidavit.core.entry import UNPLACED, Entry, chain_id
from affidavit.errors import Contended, KeyReused, StoreFailed, Unavailable
from affidavit.ledger.repeats import Repeated
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Draft, Once, Submission
from tests.ledger.pipeline import AFTER_COMMIT, ALICE, BEFORE_COMMIT, BOB, NOW, Pipeline, Ticket, numbers, projection


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(shared=True)


def unplaced(entries: list[Entry]) -> list[Entry]:
    """As they were before anybody asked where they are."""
    return [replace(entry, position=UNPLACED) for entry in entries]


def test_what_was_committed_has_no_position_before_it_is_read(pipeline: Pipeline) -> None:
    ticket = pipeline.send("a", "b", "a")
    pipeline.sequencer.turn()
    assert [entry.position for entry in ticket.result(0)] == [UNPLACED] * 3
    read = [pipeline.store.entry(entry.id) for entry in ticket.result(0)]
    assert sorted(entry.position for entry in read if entry) == [0, 1, 2]
    assert unplaced([entry for entry in read if entry]) == ticket.result(0)
    pipeline.assert_whole()


def test_a_chain_that_moved_is_built_upon_in_the_same_commit(pipeline: Pipeline) -> None:
    """One append, one answer; the next commit knows where its chains stand."""
    other = pipeline.restarted()
    for _ in range(3):
        ours, theirs = pipeline.send("a", "b"), pipeline.send("a", "c", to=other)
        pipeline.sequencer.turn()
        other.turn()
        assert len(ours.result(0)) == len(theirs.result(0)) == 2
    assert pipeline.store.appends == [2] * 6
    assert pipeline.store.rebuilt == 4, "the first of each had read where the chain stood"
    pipeline.send("a", "c", to=other)
    other.turn()
    assert pipeline.store.rebuilt == 4, "the last to write to a chain knows where it stands"
    assert sorted(pipeline.store.asked) == sorted(chain_id(ALICE.salt, "agentlens", key) for key in "abac")
    pipeline.assert_whole()


def test_a_chain_that_two_open_at_once(pipeline: Pipeline) -> None:
    """Each has seen that it is not there."""
    other = pipeline.restarted()
    first, second = pipeline.send("a"), pipeline.send("a", to=other)
    pipeline.store.between = other.turn
    pipeline.sequencer.turn()
    assert [entry.seq for entry in (*second.result(0), *first.result(0))] == [1, 2]
    pipeline.assert_whole()


def test_ids_and_salts_stay_when_it_is_built_anew(pipeline: Pipeline) -> None:
    other = pipeline.restarted()
    drawn: list[int] = []

    def entropy(size: int) -> bytes:
        drawn.append(size)
        return bytes(size)

    pipeline.sequencer = Sequencer(pipeline.store, "test.example/ledger", entropy=entropy)
    pipeline.store.between = other.turn
    pipeline.send("a", to=other)
    ticket = pipeline.send("a", "b")
    pipeline.sequencer.turn()
    assert pipeline.store.rebuilt == 1
    assert len(drawn) == 1, "nothing is drawn while the chains are locked"
    assert len(ticket.result(0)) == 2


def test_two_servers_do_not_give_one_id_twice(pipeline: Pipeline) -> None:
    """However far the newest entry's clock was ahead of theirs."""
    pipeline.send("a", at=NOW + 3_600_000_000)
    pipeline.sequencer.turn()
    others = [pipeline.restarted() for _ in range(3)]
    for other in others:
        pipeline.send("b", "c", to=other)
        other.turn()
    pipeline.assert_whole()


def _once(pipeline: Pipeline, to: Sequencer, chain: str, body: bytes) -> Ticket:
    ticket: Ticket = Future()
    once = Once(b"k" * 32, body.ljust(32))
    to.submit(Submission(ALICE, "agentlens", "key_1", NOW, [Draft(b'"n"', projection(chain))], once), ticket)
    return ticket


@pytest.mark.parametrize("chain", ["a", "another"])
def test_a_request_that_two_servers_got_at_once_is_recorded_once(pipeline: Pipeline, chain: str) -> None:
    """The second looks again. In `another` chain it is another request, and refused."""
    other = pipeline.restarted()
    first = _once(pipeline, other, "a", b"body")
    second = _once(pipeline, pipeline.sequencer, chain, b"body" if chain == "a" else b"other")
    bystander = pipeline.send("a")
    pipeline.store.between = other.turn
    pipeline.sequencer.turn()
    assert pipeline.store.size() == 2
    assert len(bystander.result(0)) == 1
    if chain == "a":
        assert type(second.result(0)) is Repeated
        assert unplaced(second.result(0)) == first.result(0)
    else:
        assert isinstance(second.exception(0), KeyReused)


def _claiming(pipeline: Pipeline, to: Sequencer, chain: str, claim: bytes) -> Ticket:
    ticket: Ticket = Future()
    drafts = [Draft(b'"n"', projection(chain))]
    to.submit(Submission(ALICE, "agentlens", "key_1", NOW, drafts, claim=claim), ticket)
    return ticket


@pytest.mark.parametrize("chain", ["a", "another"])
def test_of_two_with_one_claim_one_is_recorded(pipeline: Pipeline, chain: str) -> None:
    """Whether they come at once or one after the other; who shares a commit with the loser is recorded."""
    other = pipeline.restarted()
    first = _claiming(pipeline, other, "a", b"c" * 32)
    second = _claiming(pipeline, pipeline.sequencer, chain, b"c" * 32)
    bystander = pipeline.send("b")
    pipeline.store.between = other.turn
    pipeline.sequencer.turn()
    assert len(first.result(0)) == len(bystander.result(0)) == 1
    assert isinstance(second.exception(0), Contended)
    later = _claiming(pipeline, pipeline.sequencer, chain, b"c" * 32)
    free = _claiming(pipeline, pipeline.sequencer, chain, b"d" * 32)
    pipeline.sequencer.turn()
    assert isinstance(later.exception(0), Contended)
    assert len(free.result(0)) == 1


actions = st.one_of(
    st.tuples(
        st.just("send"),
        st.integers(0, 2),
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=5),
        st.integers(-2_000, 2_000),
        st.sampled_from([ALICE, BOB]),
    ),
    st.tuples(st.just("turn"), st.integers(0, 2), st.one_of(st.none(), st.integers(0, 2))),
    st.tuples(st.just("fault"), st.sampled_from([BEFORE_COMMIT, AFTER_COMMIT])),
    st.tuples(st.just("read")),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(actions, max_size=30))
def test_whatever_happens_no_chain_forks(script: list[tuple[Any, ...]]) -> None:
    """Three servers, one of which may commit between another's look at the heads and its append."""
    pipeline = Pipeline(shared=True)
    servers = [pipeline.sequencer, pipeline.restarted(), pipeline.restarted()]
    tickets: list[Ticket] = []
    for action, *arguments in script:
        if action == "send":
            server, keys, drift, workspace = arguments
            tickets.append(pipeline.send(*keys, at=NOW + drift, workspace=workspace, to=servers[server]))
        elif action == "fault":
            pipeline.store.faults = [(arguments[0], StoreFailed("lost contact"))]
        elif action == "read":
            assert all(before.position < after.position for before, after in pairwise(pipeline.entries()))
        else:
            server, between = arguments
            if between not in (None, server):
                pipeline.store.between = servers[between].turn
            servers[server].turn()
            pipeline.store.between = None  # it had nothing to append
    pipeline.store.faults = []
    for server in servers:
        server.drain()
    pipeline.assert_whole()
    stored = pipeline.numbers()
    assert len(stored) == len(set(stored)), "nothing is recorded twice"
    for ticket in tickets:
        if isinstance(ticket.exception(0), Unavailable):
            continue
        read = [pipeline.store.entry(entry.id) for entry in ticket.result(0)]
        assert unplaced([entry for entry in read if entry]) == ticket.result(0), "what was answered is what is there"
        assert set(numbers(ticket.result(0))) <= set(stored)
