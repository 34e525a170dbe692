"""The sealing thread beside an event loop, put together: what it tells the loop, and what the loop does then."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from pathlib import Path

import pytest

from affidavit.errors import Unavailable
from affidavit.ledger.published import Published
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.signer import Signer
from affidavit.ledger.store import Checkpoint
from affidavit.ledger.tree import Tree
from affidavit.model import own
from affidavit.server.append import Appender
from affidavit.server.live import Live
from affidavit.server.threads import Threads
from affidavit.settings import Settings
from affidavit.storage.memory import MemoryStore
from affidavit.wiring.sealing import begin_sealing, sealing_of
from tests.contract.recording import entropy

ORIGIN = "test.example/sealing"
NOTE = own.submission("heads", {"chains": 0, "root": "", "size": 0}, 1_790_000_000_000_000)
WAIT_SECONDS = 30


@pytest.mark.parametrize("shared", [False, True])
def test_an_older_copy_under_a_running_server_is_not_written_to(tmp_path: Path, shared: bool) -> None:
    """Before it is seen, what came is recorded; from then on nothing is, and clients are told why."""
    store = MemoryStore(origin=ORIGIN)
    gathered: list[Checkpoint] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        tree = Tree(store)
        sealer = Sealer(store, tree, Signer(ORIGIN, bytes(32)), Published(tmp_path))
        sealing = sealing_of(store, sealer, Settings(seal_seconds=1_000, heads_seconds=1_000))
        appender = Appender(Sequencer(store, ORIGIN, entropy=entropy()), loop, Live())
        with Threads("checks", 1, 10) as checkers:
            checkpoints = begin_sealing(sealing, sealer, store, appender, loop, checkers, gathered.append)
            try:
                await appender.append(NOTE)
                older = deepcopy(store)
                await appender.append(NOTE)
                sealed = await checkpoints.seal_now()
                assert sealed is not None
                store.__dict__.update(older.__dict__)
                sealing.wake()
                with pytest.raises(Unavailable, match=r"cannot be sealed now.* older copy"):
                    await checkpoints.covering(3)
                with pytest.raises(Unavailable, match=r"nothing is recorded until the server is started again.*older"):
                    await appender.append(NOTE)
                with pytest.raises(Unavailable, match="started again"):
                    appender.check()
            finally:
                await loop.run_in_executor(None, sealing.stop)
        assert store.size() == 1
        assert gathered == [sealed]

    store.shared = shared
    asyncio.run(asyncio.wait_for(play(), WAIT_SECONDS))


def test_who_does_not_lead_records_no_heads_and_asks_no_witness(tmp_path: Path) -> None:
    class Following(MemoryStore):
        def lead(self) -> bool:
            return False

    store = Following(origin=ORIGIN, shared=True)
    gathered: list[Checkpoint] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        sealer = Sealer(store, Tree(store), Signer(ORIGIN, bytes(32)), Published(tmp_path))
        sealing = sealing_of(store, sealer, Settings(seal_seconds=1_000))
        sealing._heads_seconds = 0
        appender = Appender(Sequencer(store, ORIGIN, entropy=entropy()), loop, Live())
        with Threads("checks", 1, 10) as checkers:
            checkpoints = begin_sealing(sealing, sealer, store, appender, loop, checkers, gathered.append)
            try:
                await appender.append(NOTE)
                root = Tree(store).root()[0]
                by_another = Checkpoint(1, root, Signer(ORIGIN, bytes(32)).checkpoint(1, root), 0)
                store.seal(0, by_another, {})
                assert await checkpoints.seal_now() == by_another
            finally:
                await loop.run_in_executor(None, sealing.stop)

    asyncio.run(asyncio.wait_for(play(), WAIT_SECONDS))
    assert store.size() == 1
    assert gathered == []
