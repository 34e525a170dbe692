"""Several servers on the same chains of one PostgreSQL, at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from affidavit.core.entry import Entry
from affidavit.ledger.repeats import Repeated
from affidavit.storage.postgres import create, writer
from tests.contract.peers import Peer, by_id, history, once, peers
from tests.contract.recording import ORIGIN, draft

SERVERS = 3
ROUNDS = 25


@pytest.fixture
def url(database: str) -> str:
    """A ledger of a test's own."""
    create(database, ORIGIN)
    return database


@pytest.fixture
def servers(url: str) -> Iterator[list[Peer]]:
    """All of it."""
    with peers(url, SERVERS) as opened:
        yield opened


def at_once(servers: list[Peer], work: Callable[[Peer, int], Any]) -> list[list[Any]]:
    """What `work(server, round)` gives, in rounds that all begin together, by server."""
    together = Barrier(len(servers), timeout=30)

    def rounds(server: Peer) -> list[Any]:
        return [(together.wait(), work(server, number))[1] for number in range(ROUNDS)]

    with ThreadPoolExecutor(len(servers)) as threads:
        return list(threads.map(rounds, servers))


def test_a_hot_chain(servers: list[Peer]) -> None:
    told = at_once(servers, lambda server, number: server.record([draft(number), draft(number)]))
    entries = history(servers[0])
    assert by_id(entries) == by_id(entry for server in told for request in server for entry in request)
    assert [entry.seq for entry in entries] == list(range(1, 2 * ROUNDS * SERVERS + 1))


def test_chains_in_any_order_never_wait_for_each_other_in_a_circle(
    servers: list[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old chains and new ones, which all open at once: no commit is ever thrown out to end a deadlock, as none is tried
    twice here.
    """
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.0)
    chance = random.Random(1)
    orders = {id(server): [chance.sample(range(12), 12) for _ in range(ROUNDS)] for server in servers}

    def record(server: Peer, number: int) -> list[Entry]:
        chains = [f"old {n}" if n < 6 else f"new {number} {n}" for n in orders[id(server)][number]]
        return server.record([draft(number, chain=chain) for chain in chains])

    told = at_once(servers, record)
    assert by_id(history(servers[0])) == by_id(entry for server in told for request in server for entry in request)


def test_an_idempotency_key_on_all_servers_at_once_is_recorded_once(servers: list[Peer]) -> None:
    """One of them recorded it; the others give its answer."""
    told = at_once(servers, once)
    for answers in zip(*told, strict=True):
        assert [isinstance(answer, Repeated) for answer in answers].count(False) == 1
        assert len({entry.id for answer in answers for entry in answer}) == 2
    assert len(history(servers[0])) == 2 * ROUNDS


def test_one_that_another_records_between_the_look_and_the_commit(
    servers: list[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second look finds it, and what was built is thrown away."""
    first, second, _ = servers
    append, others = first.store.append, []

    def late(*arguments: Any) -> None:
        if not others:
            others.extend(once(second, 7))
        append(*arguments)

    monkeypatch.setattr(first.store, "append", late)
    told = once(first, 7)
    assert isinstance(told, Repeated)
    assert [entry.id for entry in told] == [entry.id for entry in others]
    assert len(history(first)) == 2
