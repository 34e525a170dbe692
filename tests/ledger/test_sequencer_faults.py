"""What can go wrong at a commit: {did not happen, happened but said it failed} x what was said, and one oracle."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.errors import HeadMoved, StoreFailed, StoreUnreadable, Unavailable
from affidavit.ledger import committing, waiting
from tests.ledger.pipeline import AFTER_COMMIT, ALICE, BEFORE_COMMIT, BOB, NOW, Pipeline, Ticket, numbers


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


ERRORS = [StoreFailed("the disk is full"), StoreUnreadable("the file is damaged"), RuntimeError("a fault of ours")]


@pytest.mark.parametrize("known", [False, True], ids=["first commit", "later commit"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", [BEFORE_COMMIT, AFTER_COMMIT])
def test_a_failed_commit_fails_all_its_requests_and_no_others(
    pipeline: Pipeline, step: str, error: Exception, known: bool
) -> None:
    if known:
        pipeline.send("a", "c")
        pipeline.sequencer.turn()
    before = pipeline.numbers()
    pipeline.store.faults = [(step, error)]
    failed = [pipeline.send("a", "b"), pipeline.send("a")]
    pipeline.sequencer.turn()
    for ticket in failed:
        raised = ticket.exception(0)
        if isinstance(error, RuntimeError):
            assert raised is error, "what nobody foresaw is told as it is"
        else:
            assert isinstance(raised, Unavailable)
            assert raised.__cause__ is error
            assert str(error) in str(raised)

    # The clients send again; the chains go on from what is really there.
    happened = before + ([len(before), len(before) + 1, len(before) + 2] if step == AFTER_COMMIT else [])
    assert pipeline.numbers() == happened
    again = [pipeline.send("a", "b"), pipeline.send("a")]
    pipeline.sequencer.turn()
    assert pipeline.numbers() == happened + [number for ticket in again for number in numbers(ticket.result(0))]
    pipeline.assert_whole()


def test_nothing_is_tried_twice_after_a_failure(pipeline: Pipeline) -> None:
    """A commit that said it failed may have happened: whether to send again is the client's to decide."""
    pipeline.store.faults = [(AFTER_COMMIT, StoreFailed("lost contact"))]
    pipeline.send("a")
    pipeline.sequencer.turn()
    assert pipeline.sequencer.turn() == 0
    assert pipeline.store.appends == [1]
    assert pipeline.numbers() == [0]


@pytest.mark.parametrize("error", ERRORS[:2], ids=lambda error: type(error).__name__)
def test_a_store_that_cannot_be_read_is_unavailable_until_it_can(pipeline: Pipeline, error: Exception) -> None:
    pipeline.store.blind = error
    first = pipeline.send("a")
    pipeline.sequencer.turn()
    assert isinstance(first.exception(0), Unavailable)

    # It fails once more while what a failed commit left behind is looked for.
    pipeline.store.blind, pipeline.store.faults = None, [(AFTER_COMMIT, error)]
    second = pipeline.send("a")
    pipeline.sequencer.turn()
    pipeline.store.blind = error
    third = pipeline.send("a")
    pipeline.sequencer.turn()
    assert isinstance(second.exception(0), Unavailable)
    assert isinstance(third.exception(0), Unavailable)

    pipeline.store.blind = None
    fourth = pipeline.send("a")
    pipeline.sequencer.turn()
    assert numbers(fourth.result(0)) == [3]
    assert pipeline.numbers() == [1, 3]
    pipeline.assert_whole()


def test_another_writer_is_built_upon(pipeline: Pipeline) -> None:
    """Two sequencers on one store, each with heads that the other has moved."""
    other = pipeline.restarted()
    for _ in range(3):
        ours, theirs = pipeline.send("a", "b"), pipeline.send("a", "c", to=other)
        pipeline.sequencer.turn()
        other.turn()
        assert len(ours.result(0)) == len(theirs.result(0)) == 2
    assert pipeline.store.size() == 12
    assert pipeline.numbers() == list(range(12))
    assert all(before.id < after.id for before, after in pairwise(pipeline.entries()))
    pipeline.assert_whole()


def test_a_head_that_moved_once_is_no_failure(pipeline: Pipeline) -> None:
    pipeline.store.faults = [(BEFORE_COMMIT, HeadMoved("somebody was first"))]
    ticket = pipeline.send("a")
    pipeline.sequencer.turn()
    assert numbers(ticket.result(0)) == [0]
    assert pipeline.store.appends == [1, 1]
    pipeline.assert_whole()


def test_a_head_that_keeps_moving_is_a_failure(pipeline: Pipeline) -> None:
    """A commit is tried twice, not for ever."""
    moved = (BEFORE_COMMIT, HeadMoved("somebody was first"))
    pipeline.store.faults = [moved, moved]
    ticket = pipeline.send("a")
    pipeline.sequencer.turn()
    assert isinstance(ticket.exception(0), Unavailable)
    assert pipeline.store.appends == [1, 1]
    again = pipeline.send("a")
    pipeline.sequencer.turn()
    assert numbers(again.result(0)) == [1]
    pipeline.assert_whole()


requests = st.tuples(
    st.just("send"),
    st.lists(st.sampled_from("abcd"), max_size=5),
    st.integers(-2_000, 2_000),
    st.sampled_from([ALICE, BOB]),
)
faults = st.tuples(
    st.just("fault"),
    st.sampled_from([BEFORE_COMMIT, AFTER_COMMIT]),
    st.sampled_from([StoreFailed("full"), RuntimeError("bug")]),
)
actions = st.one_of(
    requests,
    requests,
    faults,
    st.tuples(st.sampled_from(["turn", "turn", "restart", "other writer", "cancel"])),
)


def play(pipeline: Pipeline, script: list[tuple[Any, ...]]) -> list[Ticket]:
    """Do what the script says, then write what still waits. Returns the tickets of all that was queued."""
    tickets: list[Ticket] = []
    for action, *arguments in script:
        if action == "send":
            keys, drift, workspace = arguments
            with suppress(Unavailable):  # the queue is full
                tickets.append(pipeline.send(*keys, at=NOW + drift, workspace=workspace))
        elif action == "fault":
            pipeline.store.faults = [(arguments[0], arguments[1])]
        elif action == "turn":
            pipeline.sequencer.turn()
        elif action == "restart":
            pipeline.sequencer.drain()
            pipeline.sequencer = pipeline.restarted()
        elif action == "other writer":
            other = pipeline.restarted()
            tickets.append(pipeline.send("a", "z", to=other))
            other.turn()
        elif action == "cancel" and tickets:
            tickets[-1].cancel()
    pipeline.sequencer.drain()
    return tickets


@settings(max_examples=400, deadline=None)
@given(st.lists(actions, max_size=30))
def test_whatever_happens_the_ledger_is_whole(script: list[tuple[Any, ...]]) -> None:
    """Any order of requests, turns, faults, restarts, a second writer, clients that leave, and a clock that jumps."""
    pipeline = Pipeline()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "MAX_COMMIT_DRAFTS", 6)
        patch.setattr(waiting, "MAX_WAITING_DRAFTS", 20)
        patch.setattr(committing, "MAX_CACHED_CHAINS", 5)
        tickets = play(pipeline, script)
    pipeline.assert_whole()
    stored, entries = pipeline.numbers(), pipeline.entries()
    assert len(stored) == len(set(stored)), "nothing is recorded twice"
    for ticket in tickets:
        assert ticket.done(), "everybody was answered"
        if not ticket.cancelled() and ticket.exception(0) is None:
            assert [entries[entry.position] for entry in ticket.result(0)] == ticket.result(0), "success means recorded"
