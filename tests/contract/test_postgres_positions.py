"""Positions, which are given after the commit: whatever servers' clocks say, a chain keeps its order, and what has a
position keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from affidavit.core.entry import UNPLACED, Entry
from affidavit.model.draft import Submission
from affidavit.storage.postgres import create
from tests.committing import commit
from tests.contract.databases import empty
from tests.contract.peers import ask, by_id, history, peers
from tests.contract.recording import AT, ORIGIN, draft
from tests.postgres import Cluster

SERVERS = 3
HOUR = 3_600_000_000
COMMITS = st.lists(
    st.tuples(
        st.integers(0, SERVERS - 1),
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=6),
        st.integers(-HOUR, HOUR),
        st.booleans(),
    ),
    max_size=12,
)
"""Who commits, to which chains, what its clock is off by (µs), and whether somebody reads then."""


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> Iterator[str]:
    """A ledger that is emptied for each example."""
    made = cluster.create_database("positions")
    create(made, ORIGIN)
    yield made
    cluster.drop_database("positions")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commits=COMMITS)
def test_chains_keep_their_order_and_entries_their_positions(
    url: str, commits: list[tuple[int, list[str], int, bool]]
) -> None:
    told: list[Entry] = []
    seen: dict[bytes, Entry] = {}
    with peers(url, SERVERS) as servers:
        for number, (who, chains, off, is_read) in enumerate(commits):
            drafts = [draft(number, chain=chain) for chain in chains]
            server = servers[who]
            told += commit(server.sequencer, Submission(server.workspace, "agentlens", "key_1", AT + off, drafts))
            if is_read:
                assert seen.items() <= (seen := by_id(history(servers[0]))).items()
        assert seen.items() <= (seen := by_id(history(servers[0]))).items()
        assert [replace(seen[entry.id], position=UNPLACED) for entry in told] == told
        assert len(seen) == len(told)
    empty(url)


def test_a_commit_that_lasts_is_placed_when_it_is_there(url: str) -> None:
    """Whatever was committed meanwhile has its positions by then: those of the other come behind."""
    with peers(url, 1) as (server,), psycopg.connect(url, autocommit=True) as slow:
        before = server.record([draft(1)])
        with slow.transaction():
            slow.execute("INSERT INTO affidavit.arrivals VALUES ('first', '{slow}', '{1}', '{2}', '{first}')")
            assert server.store.size() == len(before)
            after = server.record([draft(2)])
        assert [entry.position for entry in (*before, *after)] == [0, 1]
        assert server.store.size() == 4
        assert ask(url, "SELECT first, size, position FROM affidavit.runs WHERE chain = 'slow'") == [(1, 2, 2)]
    empty(url)


def test_who_gives_positions_at_once_gives_each_once(url: str) -> None:
    """Readers of all servers, while one commits."""
    with peers(url, SERVERS) as servers, ThreadPoolExecutor(SERVERS) as threads:
        work = Submission(
            servers[0].workspace, "agentlens", "key_1", AT, [draft(n, chain=f"{n % 3}") for n in range(9)]
        )
        for number in range(1, 15):
            commit(servers[0].sequencer, work)
            assert set(threads.map(lambda server: server.store.size(), servers)) == {9 * number}
        history(servers[0])
    empty(url)
