"""Several servers with a sealer each, over one ledger: one of them leads, and all know an older copy."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest

from affidavit.errors import AffidavitError, CheckpointMoved, DataDirectoryError, OlderCopy, OtherHistory
from affidavit.ledger.handovers import handing_over
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.signer import Signer
from affidavit.ledger.store import Checkpoint, Store, Tiles
from affidavit.storage.memory import MemoryStore
from tests.ledger.sealing import NOW, ORIGIN, SIGNER, Sealed


class Seen:
    """A shared store as one process sees it. `asked`: how often that asked whether it leads."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.leads = False
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def lead(self) -> bool:
        """Whether it is for this one."""
        self.asked += 1
        return self.leads

    def seal(self, expected: int, checkpoint: Checkpoint, tiles: Tiles) -> None:
        """Fenced."""
        if not self.leads:
            raise CheckpointMoved("another process seals by now")
        self._store.seal(expected, checkpoint, tiles)


class Server(Sealed):
    """One of several."""

    def __init__(self, directory: Path, store: MemoryStore) -> None:
        directory.mkdir()
        self.seen = Seen(store)
        super().__init__(directory)
        self.store = store
        self.start()

    def start(self) -> None:
        """As after a crash."""
        super().start()
        self.sealer = Sealer(cast(Store, self.seen), self.tree, SIGNER, self.file)


@pytest.fixture
def servers(tmp_path: Path) -> list[Server]:
    """Three, of which the first leads."""
    store = MemoryStore(origin=ORIGIN, shared=True)
    made = [Server(tmp_path / name, store) for name in "abc"]
    made[0].seen.leads = True
    return made


def elect(servers: list[Server], leader: Server) -> None:
    """It leads from now on."""
    for server in servers:
        server.seen.leads = server is leader


def test_one_seals_and_the_others_take_over_what_it_signed(servers: list[Server]) -> None:
    leader, *others = servers
    for count in (1, 300, 2):
        for server in servers:
            server.record(count)
        before = leader.store.checkpoint()
        assert [server.seal() for server in others] == [before] * 2, "they sign nothing"
        sealed = leader.seal()
        assert sealed is not None
        assert sealed.size == leader.store.size()
        leader.record()  # more than was signed
        assert [server.seal() for server in others] == [sealed] * 2
        assert [server.newest() for server in servers] == [sealed.size] * 3
    assert len(leader.store.checkpoints(0, 10)) == 3
    for server in servers:
        server.assert_one_history()


def test_any_other_goes_on_where_the_first_ended(servers: list[Server]) -> None:
    """With the tiles of what it has not sealed itself."""
    for turn, server in enumerate(servers * 3):
        elect(servers, server)
        server.record(150 + turn)
        sealed = server.seal()
        assert sealed is not None
        assert sealed.size == server.store.size()
        for each in servers:
            each.seal()
            each.assert_one_history()
    assert sealed is not None
    servers[0].start()
    assert servers[0].tree.root() == (sealed.root, sealed.size)
    assert servers[0].tree.growth().tiles == {}, "all that it needs is stored"


def test_who_is_overtaken_signs_nothing_for_others_to_see(servers: list[Server]) -> None:
    """It was paused, thinks that it leads, and wakes up behind a new leader."""
    old, new, _ = servers
    old.record(5)
    old.seal()
    new.record(5)

    def paused(step: str) -> None:
        old.file.fault = lambda step: None
        elect(servers, new)
        new.record(3)
        new.seal()

    old.file.fault = paused
    with pytest.raises(CheckpointMoved):
        old.seal()
    assert [checkpoint.size for checkpoint in new.store.checkpoints(0, 10)] == [5, 13]
    for server in servers:
        server.seal()
        server.assert_one_history()
        assert server.newest() == 13


@pytest.mark.parametrize("later", [0, 5, 6], ids=["shorter", "as long", "longer"])
@pytest.mark.parametrize("leads", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_an_older_copy_under_a_running_server(tmp_path: Path, shared: bool, leads: bool, later: int) -> None:
    """It is refused as at a start, by who leads and by who does not, and nothing is signed."""
    store = MemoryStore(origin=ORIGIN)
    server = Server(tmp_path / "a", store)
    server.seen.leads = True
    server.record(5)
    server.seal()
    older = deepcopy(store)
    server.record(5)
    server.seal()
    file = server.file.path.read_bytes()
    store.__dict__.update(older.__dict__)  # the same store, with what it had then
    store.shared, server.seen.leads = shared, leads
    server.sequencer = Sequencer(store, ORIGIN, entropy=os.urandom)
    if later:
        server.record(later)
    for _ in range(2):
        with pytest.raises(AffidavitError) as raised:
            server.seal()
        assert isinstance(raised.value, OtherHistory if later else OlderCopy)
        assert ("older copy" if not later else "not those that were there before") in str(raised.value)
    assert [checkpoint.size for checkpoint in store.checkpoints(0, 10)] == [5]
    assert server.file.path.read_bytes() == file


def test_whoever_takes_over_looks_whether_its_signer_is_still_the_ledgers(servers: list[Server]) -> None:
    """A rotation by another server: it says so once, does not ask to lead any more, and goes on as one that follows."""
    first, second, third = servers
    first.record(2)
    first.seal()
    second.seal()
    upcoming = Signer(ORIGIN, bytes(reversed(range(32))))
    first.own(handing_over(SIGNER, upcoming.verifier_key, NOW))
    first.sealer = Sealer(cast(Store, first.seen), first.tree, upcoming, first.file)
    sealed = first.seal()

    elect(servers, second)
    with pytest.raises(DataDirectoryError, match=r"the ledger's is .*: it seals nothing any more"):
        second.seal()
    asked = second.seen.asked
    assert second.seal() == sealed
    assert second.newest() == 3
    assert second.seen.asked == asked, "so that another may"
    assert not second.sealer.leads()

    elect(servers, first)
    first.record()
    assert first.seal() == first.store.checkpoint() != sealed
    elect(servers, third)
    third.sealer = Sealer(cast(Store, third.seen), third.tree, upcoming, third.file)
    third.record()
    assert third.seal() == third.store.checkpoint()
