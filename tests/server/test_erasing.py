"""Erasures while the server runs: what is ordered, what is forgotten, and what grows too old."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from affidavit.core.entry import Entry
from affidavit.errors import NotFound
from affidavit.ledger.erasure import Grounds
from affidavit.ledger.sequencer import Sequencer
from affidavit.server import erasing as module
from affidavit.server import retaining
from affidavit.server.append import Appender
from affidavit.server.erasing import Erased, Erasing
from affidavit.server.live import Live
from affidavit.server.retaining import Retaining
from affidavit.server.threads import Threads
from affidavit.storage.memory import MemoryStore
from tests.contract.recording import AT, ORIGIN, Recording, draft, entropy
from tests.invoking import invoke
from tests.running import start
from tests.vendors import bearer

GROUNDS = Grounds("a test", "a test")


class Store(MemoryStore):
    """Somebody reads what was there until `clean` was called so often."""

    def __init__(self) -> None:
        super().__init__(origin=ORIGIN)
        self.busy = 0

    def clean(self) -> int:
        """Of how many entries copies are left."""
        self.busy -= 1
        return max(0, self.busy + 1)


def order(store: Store, entries: Sequence[Entry | bytes]) -> tuple[Erased, list[Entry]]:
    """What comes of it, and what was to be forgotten."""
    forgotten: list[Entry] = []

    async def ordered() -> Erased:
        live, loop = Live(), asyncio.get_running_loop()
        appender = Appender(Sequencer(store, ORIGIN, entropy=entropy()), loop, live)
        with Threads("reads", 1, 1) as threads:
            erasing = Erasing(store, appender.append, threads, forgotten.extend)
            ids = [entry if isinstance(entry, bytes) else entry.id for entry in entries]
            return await erasing.erase(ids, GROUNDS, AT)

    return asyncio.run(ordered()), forgotten


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(module, "CLEAN_PAUSE_SECONDS", 0)
    return Store()


def test_an_order(store: Store) -> None:
    entries = Recording(store).record([draft(n) for n in range(4)])
    store.busy = 3
    done, forgotten = order(store, entries[:2])
    assert (done.erased, done.already, done.left) == ([entry.id for entry in entries[:2]], [], 0)
    assert forgotten == entries[:2], "as they were"
    assert [entry.type for entry in done.said] == ["erasure"]
    again, forgotten = order(store, entries[:3])
    assert (again.erased, again.already) == ([entries[2].id], [entry.id for entry in entries[:2]])
    assert forgotten == entries[2:3]


def test_somebody_who_reads_on(store: Store) -> None:
    entries = Recording(store).record([draft(1)])
    store.busy = 1_000
    done, _ = order(store, entries)
    assert done.left > 0
    assert store.entry(entries[0].id) != entries[0], "it is gone for every read"


def test_who_ordered_it_may_go(store: Store) -> None:
    """Before it is committed: it is, and forgotten."""
    entries = Recording(store).record([draft(1)])
    forgotten: list[Entry] = []

    async def ordered() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        appender = Appender(Sequencer(store, ORIGIN, entropy=entropy()), loop, Live())

        def forget(gone: Sequence[Entry]) -> None:
            forgotten.extend(gone)
            done.set()

        with Threads("reads", 1, 1) as threads:
            erasing = Erasing(store, appender.append, threads, forget)
            order = asyncio.ensure_future(erasing.erase_portion(entries, GROUNDS, AT))
            await asyncio.sleep(0)
            order.cancel()
            await done.wait()
            assert order.cancelled()

    asyncio.run(ordered())
    assert forgotten == entries
    assert store.scan(0, 1)[0].erased


def test_a_refusal_changes_nothing(store: Store) -> None:
    entries = Recording(store).record([draft(1)])
    with pytest.raises(NotFound):
        order(store, [*entries, b"\0" * 16])
    assert store.scan(0, 9) == entries


def test_who_waits_to_be_told_of_what_is_erased() -> None:
    """Is hung up on, and told nothing of it; others go on."""
    entries = Recording(MemoryStore()).record([draft(n) for n in range(4)])

    async def listening() -> None:
        live = Live()
        with live.listen(1, "agentlens") as slow, live.listen(1, "agentlens") as quick:
            live.publish(entries[:2])
            live.publish(entries[2:])
            quick.taken(await quick.queue.get())
            live.forget({entries[1].id})
            assert slow.queue.get_nowait() == ()
            assert slow.queue.empty()
            assert quick.queue.get_nowait() == entries[2:]
            slow.taken(entries[:2])

    asyncio.run(listening())


def test_portions_that_are_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, each cleaned up; a fault is for the next look, and `stop` ends it between two."""
    monkeypatch.setattr(retaining, "REST_SECONDS", 0)
    monkeypatch.setattr(retaining, "PAUSE_SECONDS", 0)
    entries = Recording(MemoryStore()).record([draft(n) for n in range(3)])
    done: list[object] = []
    looks = iter(([entries[:1]], [], [entries[1:2], entries[2:]]))

    def expired() -> Sequence[Sequence[Entry]]:
        found = next(looks)
        if not found:
            raise OSError("the disk is gone for a moment")
        return found

    def erase(portion: Sequence[Entry]) -> None:
        done.append(portion)
        if portion == entries[1:2]:
            thread._stopping.set()

    thread = Retaining(expired, erase, lambda: done.append("clean"))
    thread.start()
    thread.join(30)
    assert done == [entries[:1], "clean", entries[1:2], "clean"]
    thread.stop()


def test_a_server_with_a_retention(tmp_path: Path) -> None:
    """It starts, and what is young stays; without one there is no such thread to stop."""
    server = start(tmp_path / "data", environment={"AFFIDAVIT_RETENTION_DAYS": "1"})
    try:
        event = {"agent_id": "agent", "action_type": "TOOL_CALL"}
        answer = httpx.post(f"{server.base_url}/v1/events", json=event, headers=bearer(server.key("provenlog")))
        assert answer.status_code == 201
    finally:
        assert server.stop() == 0
    assert '"erased"' not in invoke("show", "0", "--json", "--data", server.data).stdout
