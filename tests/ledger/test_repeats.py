"""A request that comes again with its Idempotency-Key gets the entries of the first, and stores nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from affidavit.core.entry import Entry
from affidavit.core.instants import DAY
from affidavit.errors import KeyReused, StoreFailed, Unavailable
from affidavit.ledger.repeats import Repeated
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Draft, Once, Projection, Submission, Workspace
from affidavit.storage.memory import MemoryStore
from affidavit.storage.memory.store import AFTER_COMMIT, BEFORE_COMMIT
from affidavit.storage.sqlite import SqliteStore, create

NOON = 1_790_000_000_000_000
TENANT = Workspace(1, "default", bytes(16))


class Pipeline:
    """A sequencer that the test cranks, over a store that it can open anew."""

    def __init__(self, reopen: Callable[[], Any]) -> None:
        self._reopen = reopen
        self.restart()

    def restart(self) -> None:
        """Another process, the same ledger."""
        self.store = self._reopen()
        self.sequencer = Sequencer(self.store, "test.example/ledger", entropy=os.urandom)

    def send(self, key: str | None, body: str, *, at: int = NOON, events: int = 2) -> Future[list[Entry]]:
        """Submit a request without turning."""
        ticket: Future[list[Entry]] = Future()
        once = None if key is None else Once(key.encode().ljust(32), body.encode().ljust(32))
        projection = Projection("chain", "agent", None, "note", None, None)
        drafts = [Draft(f'"{body}"'.encode(), projection)] * events
        self.sequencer.submit(Submission(TENANT, "test", "key_1", at, drafts, once), ticket)
        return ticket

    def answer(self, key: str | None, body: str, *, at: int = NOON) -> list[Entry]:
        """Submit, and turn until there is nothing to do."""
        ticket = self.send(key, body, at=at)
        self.sequencer.drain()
        return ticket.result(0)


@pytest.fixture(params=["memory", "sqlite"])
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    if request.param == "memory":
        memory = MemoryStore()
        yield Pipeline(lambda: memory)
        return
    directory, opened = tmp_path / "data", []
    create(directory, "test.example/ledger")

    def reopen() -> SqliteStore:
        for store in opened:
            store.close()
        opened[:] = [SqliteStore.open(directory, searchable={}, exclusive=True)]
        return opened[0]

    yield Pipeline(reopen)
    opened[0].close()


def test_the_first_answer_is_given_again_and_nothing_is_stored(pipeline: Pipeline) -> None:
    first = pipeline.answer("k", "body")
    again = pipeline.answer("k", "body")
    assert (type(first), type(again)) == (list, Repeated)
    assert again == first
    assert pipeline.store.size() == 2


def test_it_holds_across_restarts(pipeline: Pipeline) -> None:
    first = pipeline.answer("k", "body")
    pipeline.restart()
    assert pipeline.answer("k", "body") == first
    assert pipeline.store.size() == 2


def test_another_body_under_the_same_key_is_refused(pipeline: Pipeline) -> None:
    pipeline.answer("k", "body")
    with pytest.raises(KeyReused, match="another body"):
        pipeline.answer("k", "other")
    assert pipeline.store.size() == 2


def test_other_keys_and_requests_without_one_are_recorded(pipeline: Pipeline) -> None:
    for key in ("k", "l", None, None):
        assert type(pipeline.answer(key, "body")) is list
    assert pipeline.store.size() == 8


def test_duplicates_that_wait_together_are_recorded_once(pipeline: Pipeline) -> None:
    tickets = [pipeline.send(key, "body") for key in ("k", "l", "k", None, "k", "l")]
    pipeline.sequencer.drain()
    answers = [ticket.result(0) for ticket in tickets]
    assert answers[2] == answers[4] == answers[0]
    assert answers[5] == answers[1]
    assert pipeline.store.size() == 6


def test_a_different_duplicate_that_waits_is_refused(pipeline: Pipeline) -> None:
    first, second = pipeline.send("k", "body"), pipeline.send("k", "other")
    pipeline.sequencer.drain()
    assert len(first.result(0)) == 2
    with pytest.raises(KeyReused):
        second.result(0)


def test_after_a_day_the_key_is_free(pipeline: Pipeline) -> None:
    pipeline.answer("k", "body")
    assert type(pipeline.answer("k", "body", at=NOON + DAY)) is Repeated
    assert type(pipeline.answer("k", "other", at=NOON + DAY + 1)) is list
    assert type(pipeline.answer("k", "other", at=NOON + DAY + 2)) is Repeated


def test_a_commit_that_failed_does_not_use_the_key_up() -> None:
    def fail(step: str) -> None:
        if step == BEFORE_COMMIT:
            raise StoreFailed("the disk is full")

    store = MemoryStore(fault=fail)
    pipeline = Pipeline(lambda: store)
    first, waiting = pipeline.send("k", "body"), pipeline.send("k", "body")
    pipeline.sequencer.turn()
    with pytest.raises(Unavailable):
        first.result(0)
    store.fault = lambda step: None
    pipeline.sequencer.drain()
    assert type(waiting.result(0)) is list
    assert pipeline.answer("k", "body") == waiting.result(0)


def test_a_commit_that_happened_and_said_it_failed_is_the_first_answer() -> None:
    def fail(step: str) -> None:
        if step == AFTER_COMMIT:
            raise StoreFailed("I/O error")

    store = MemoryStore(fault=fail)
    pipeline = Pipeline(lambda: store)
    ticket = pipeline.send("k", "body")
    pipeline.sequencer.turn()
    with pytest.raises(Unavailable):
        ticket.result(0)
    store.fault = lambda step: None
    assert type(pipeline.answer("k", "body")) is Repeated
    assert store.size() == 2
