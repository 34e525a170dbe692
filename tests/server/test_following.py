"""Several servers over one ledger: what one commits, those who listen at another are told, in every chain's order."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.core.entry import Entry
from affidavit.errors import StoreFailed
from affidavit.ledger.erasure import Grounds, erasure
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Draft, Projection, Submission, Workspace
from affidavit.server import following
from affidavit.server.following import Follower, Following
from affidavit.storage.memory import MemoryStore
from tests.committing import commit
from tests.contract.recording import entropy

NOW = 1_790_000_000_000_000
TENANTS = [Workspace(1, "one", bytes(16)), Workspace(2, "two", b"2" * 16)]
WAIT_SECONDS = 30


class Servers:
    """Two that append, and one that follows."""

    def __init__(self) -> None:
        self.store = MemoryStore(shared=True)
        drawn = entropy()
        self.sequencers = [Sequencer(self.store, "test.example/following", entropy=drawn) for _ in range(2)]
        self.listened_to = False
        self.published: list[Entry] = []
        self.calls: list[set[tuple[int, str]]] = []
        self.erased: list[bytes] = []
        self.follower = Follower(self.store, lambda: self.listened_to, self.publish, self.erased.extend)

    def publish(self, entries: Any) -> None:
        """As a server's live stream."""
        self.published += entries
        self.calls.append({(entry.workspace, entry.dialect) for entry in entries})

    def send(self, server: int, *chains: str, workspace: int = 0, dialect: str = "agentlens") -> list[Entry]:
        """An event of each of these chains, through a server."""
        drafts = [Draft(b'"n"', Projection(chain, chain, None, "n", None, None)) for chain in chains]
        return commit(self.sequencers[server], Submission(TENANTS[workspace], dialect, "key_1", NOW, drafts))

    def erase(self, server: int, entries: list[Entry]) -> None:
        """By an order that this server was given."""
        ticket: Future[list[Entry]] = Future()
        self.sequencers[server].submit(erasure(entries, Grounds("a test's", "a test"), NOW), ticket)
        self.sequencers[server].turn()
        ticket.result(0)

    def follow(self) -> None:
        """To the end of what is there."""
        while self.follower.step():
            pass


def test_everybodys_entries_by_whose_they_are() -> None:
    servers = Servers()
    servers.listened_to = True
    sent = [
        *servers.send(0, "a", "b", "a"),
        *servers.send(1, "a", workspace=1),
        *servers.send(1, "a", "c"),
        *servers.send(0, "a", dialect="provenlog"),
    ]
    servers.follow()
    assert {entry.id for entry in servers.published} == {entry.id for entry in sent}
    assert len(servers.published) == 7
    assert all(entry.position >= 0 for entry in servers.published)
    assert all(len(call) == 1 for call in servers.calls)
    servers.follow()
    assert len(servers.published) == 7, "once"


def test_while_nobody_listens_its_place_is_kept_and_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = Servers()
    servers.send(0, "a")
    with monkeypatch.context() as patch:
        patch.delattr(MemoryStore, "scan")
        servers.follow()
    servers.listened_to = True
    servers.follow()
    assert servers.published == []
    (entry,) = servers.send(1, "a")
    servers.follow()
    assert [found.id for found in servers.published] == [entry.id]


def test_what_is_committed_after_somebody_listens_is_told_whenever_that_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here between the look at the ledger's size and the question who listens."""
    servers = Servers()
    sent: list[Entry] = []

    def listening() -> bool:
        if not sent:
            sent.extend(servers.send(0, "a"))
            return False
        return True

    follower = Follower(servers.store, listening, servers.publish, servers.erased.extend)
    follower.step()
    follower.step()
    assert [entry.id for entry in servers.published] == [entry.id for entry in sent]


def test_more_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "BLOCK_ENTRIES", 3)
    servers = Servers()
    servers.listened_to = True
    servers.send(0, *"abcabcabca")
    assert servers.follower.step()
    servers.follow()
    assert len(servers.published) == 10


def test_what_another_server_erased_is_told_and_not_published() -> None:
    servers = Servers()
    servers.listened_to = True
    entries = servers.send(0, "a", "b", "c")
    servers.erase(1, entries[:1])
    servers.follow()
    assert servers.erased == [entries[0].id]
    assert {entry.id for entry in servers.published if entry.dialect == "agentlens"} == {
        entry.id for entry in entries[1:]
    }
    servers.listened_to = False
    servers.erase(0, entries[1:])
    servers.follow()
    assert servers.erased == [entry.id for entry in entries], "whether or not anybody listens"
    servers.follow()
    assert len(servers.erased) == 3, "once"


def test_what_was_there_at_the_start_is_not_news() -> None:
    servers = Servers()
    entries = servers.send(0, "a", "b")
    servers.erase(0, entries[:1])
    servers.follower = Follower(servers.store, lambda: True, servers.publish, servers.erased.extend)
    servers.follow()
    assert servers.published == servers.erased == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.just("step"), st.tuples(st.integers(0, 1), st.text("abc", min_size=1, max_size=4)))))
def test_every_chain_in_its_order_and_nothing_missing(script: list[Any]) -> None:
    servers = Servers()
    servers.listened_to = True
    for action in script:
        if action == "step":
            servers.follower.step()
        else:
            servers.send(action[0], *action[1])
    servers.follow()
    chains: dict[bytes, list[int]] = {}
    for entry in servers.published:
        chains.setdefault(entry.chain, []).append(entry.seq)
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in chains.values())
    assert len(servers.published) == servers.store.size()
    assert all(before.position < after.position for before, after in pairwise(servers.published))


def test_the_thread_goes_on_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Following, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(Following, "FAULT_SECONDS", 0.0)
    steps: list[int] = []
    third = threading.Event()

    def step() -> bool:
        steps.append(len(steps))
        if len(steps) == 1:
            raise StoreFailed("lost contact")
        if len(steps) == 3:
            third.set()
        return len(steps) == 2

    thread = Following(step)
    thread.start()
    assert third.wait(WAIT_SECONDS)
    thread.stop()
    assert not thread.is_alive()
