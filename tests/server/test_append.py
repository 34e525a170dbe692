"""From the event loop to the sequencer: on the loop's thread, or, on a ledger that is shared, in one beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

import pytest

from affidavit.core.entry import UNPLACED, Entry
from affidavit.errors import StoreFailed, Unavailable
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.store import Batch, Rebuild
from affidavit.model import own
from affidavit.model.draft import Draft, Effect, Projection, Submission, Workspace
from affidavit.server.append import Appender
from affidavit.server.live import Live
from affidavit.storage.memory import BEFORE_COMMIT, MemoryStore

WAIT_SECONDS = 30
NOW = 1_790_000_000_000_000
TENANT = Workspace(1, "default", bytes(16))


def request(events: int = 1) -> Submission:
    """So many drafts of one chain."""
    return Submission(
        TENANT, "test", "key_1", NOW, [Draft(b'"n"', Projection("a", "a", None, "n", None, None))] * events
    )


class Slow(MemoryStore):
    """Notes who appends what, and waits in an append while it is told to."""

    def __init__(self, *, shared: bool) -> None:
        super().__init__(shared=shared)
        self.appends: list[int] = []
        self.threads: set[int] = set()
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def append(self, batch: Batch, rebuild: Rebuild | None = None) -> None:
        """As it does, and slowly."""
        self.appends.append(len(batch.entries))
        self.threads.add(threading.get_ident())
        self.entered.set()
        assert self.go_on.wait(WAIT_SECONDS)
        super().append(batch, rebuild)


class Server:
    """An appender on a loop, over such a store."""

    def __init__(self, store: Slow) -> None:
        self.store = store
        self.loop = asyncio.get_running_loop()
        self.live = Live()
        self.sequencer = Sequencer(store, "test.example/ledger", entropy=lambda size: bytes(size))
        self.appender = Appender(self.sequencer, self.loop, self.live)

    def send(self, submission: Submission) -> asyncio.Future[list[Entry]]:
        """A client that waits."""
        return asyncio.ensure_future(self.appender.append(submission))

    async def entered(self) -> None:
        """Somebody is in an append."""
        assert await self.loop.run_in_executor(None, self.store.entered.wait, WAIT_SECONDS)
        self.store.entered.clear()


def run(scenario: Callable[[Server], Awaitable[None]], *, shared: bool = True) -> Slow:
    """Play it to its end."""
    store = Slow(shared=shared)

    async def play() -> None:
        await asyncio.wait_for(scenario(Server(store)), WAIT_SECONDS)

    asyncio.run(play())
    return store


@pytest.mark.parametrize("shared", [False, True])
def test_all_who_wait_share_a_commit(shared: bool) -> None:
    async def scenario(server: Server) -> None:
        with server.live.listen(TENANT.id, "test") as listener:
            answers = await asyncio.gather(*[server.send(request(n)) for n in (1, 2, 3)])
            assert [len(entries) for entries in answers] == [1, 2, 3]
            assert [entry.seq for entries in answers for entry in entries] == [1, 2, 3, 4, 5, 6]
            assert (answers[0][0].position == UNPLACED) is shared
            assert (listener.entries == 0) is shared, "whoever follows a shared ledger tells of it"

    store = run(scenario, shared=shared)
    assert store.appends == [6]
    assert (store.threads == {threading.get_ident()}) is not shared


def test_who_comes_while_a_commit_is_under_way_is_in_the_next() -> None:
    """One at a time, and the loop goes on meanwhile."""

    async def scenario(server: Server) -> None:
        server.store.go_on.clear()
        first = server.send(request())
        await server.entered()
        later = [server.send(request()) for _ in range(3)]
        await asyncio.sleep(0)
        assert server.sequencer.waiting == 3
        server.store.go_on.set()
        assert [entry.seq for entries in await asyncio.gather(first, *later) for entry in entries] == [1, 2, 3, 4]

    store = run(scenario)
    assert store.appends == [1, 3]
    assert len(store.threads) == 1


def test_the_loop_is_woken_once_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(server: Server) -> None:
        woken: list[object] = []
        told = server.loop.call_soon_threadsafe

        def counted(*arguments: object, **options: object) -> object:
            woken.append(arguments)
            return told(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(server.loop, "call_soon_threadsafe", counted)
        await asyncio.gather(*[server.send(request()) for _ in range(50)])
        assert len(woken) == 1

    run(scenario)


def test_a_client_that_goes_takes_nobody_with_it() -> None:
    async def scenario(server: Server) -> None:
        server.store.go_on.clear()
        gone, stays = server.send(request()), server.send(request())
        await server.entered()
        gone.cancel()
        await asyncio.sleep(0)
        server.store.go_on.set()
        assert [entry.seq for entry in await stays] == [2]

    assert run(scenario).size() == 2


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("error", [StoreFailed("lost contact"), RuntimeError("a fault of ours")])
def test_a_commit_that_fails_fails_for_all_and_the_next_goes_on(shared: bool, error: Exception) -> None:
    async def scenario(server: Server) -> None:
        def fail(step: str) -> None:
            if step == BEFORE_COMMIT:
                raise error

        server.store.fault = fail
        first, second = server.send(request()), server.send(request())
        for answer in await asyncio.gather(first, second, return_exceptions=True):
            assert isinstance(answer, Unavailable if isinstance(error, StoreFailed) else RuntimeError)
        server.store.fault = lambda step: None
        assert [entry.seq for entry in await server.send(request())] == [1]

    run(scenario, shared=shared)


def test_a_full_queue_refuses_while_a_commit_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affidavit.ledger.waiting.MAX_WAITING_DRAFTS", 2)

    async def scenario(server: Server) -> None:
        server.store.go_on.clear()
        first = server.send(request())
        await server.entered()
        second = server.send(request(2))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="too many events"):
            await server.send(request())
        server.store.go_on.set()
        assert len(await first) + len(await second) == 3

    run(scenario)


def test_an_effect_is_alone_in_its_commit() -> None:
    async def scenario(server: Server) -> None:
        order = own.submission("hold", {"reason": "a test's"}, NOW)
        holding = Submission(
            order.workspace, order.dialect, order.by, order.at, order.drafts, effect=Effect(hold=(b"c" * 16,))
        )
        await asyncio.gather(server.send(request(2)), server.send(holding), server.send(request()))

    store = run(scenario)
    assert store.appends == [2, 1, 1]
    assert set(store.holds()) == {b"c" * 16}


def test_what_waits_is_written_when_the_loop_has_ended() -> None:
    """And what the thread has under way is waited for."""
    store = Slow(shared=True)
    ended: list[Sequencer] = []

    async def begin() -> None:
        server = Server(store)
        store.go_on.clear()
        server.send(request())
        await server.entered()
        server.sequencer.submit(request(2), Future())
        ended.append(server.sequencer)

    asyncio.run(begin())
    threading.Timer(0.05, store.go_on.set).start()
    ended[0].drain()
    assert store.size() == 3
