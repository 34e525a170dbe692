"""Threads: so many calls at once, so many that wait, and no more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any, TypeVar

import pytest

from affidavit.errors import Unavailable
from affidavit.ledger.patience import stopped_by
from affidavit.server.threads import Threads
from affidavit.server.turns import Turns, holding

R = TypeVar("R")


def test_more_than_may_wait_are_refused_and_what_is_due_is_not() -> None:
    go_on = threading.Event()

    def work(number: int) -> int:
        assert go_on.wait(10)
        return number

    async def fill(threads: Threads) -> None:
        under_way = [asyncio.ensure_future(threads.run(work, number)) for number in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="too many reads at once"):
            await threads.run(work, 3)
        surely = asyncio.ensure_future(threads.run_surely(work, 4))
        await asyncio.sleep(0)
        go_on.set()
        assert await asyncio.gather(*under_way, surely) == [0, 1, 2, 4]
        assert await threads.run(work, 5) == 5

    with Threads("reads", 1, 2) as threads:
        asyncio.run(fill(threads))


def test_what_fails_counts_no_more() -> None:
    async def fail(threads: Threads) -> None:
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                await threads.run(divmod, 1, 0)

    with Threads("reads", 1, 1) as threads:
        asyncio.run(fail(threads))


def test_what_waits_at_the_end_is_not_begun() -> None:
    begun = []

    async def leave(threads: Threads) -> None:
        waiting = [asyncio.ensure_future(threads.run(work, number)) for number in range(3)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        go_on.set()

    go_on = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        assert go_on.wait(10)

    with Threads("reads", 1, 10) as threads:
        asyncio.run(leave(threads))
    assert begun == [0]


def read_until_stopped(begun: threading.Event) -> None:
    """A read without an end."""
    stopped = threading.Event()
    with stopped_by(stopped.set):
        begun.set()
        assert stopped.wait(10)
    with stopped_by(pytest.fail):
        pytest.fail("it reads on")


def test_what_takes_too_long_is_stopped_and_refused_with_what_to_do() -> None:
    async def take_too_long(threads: Threads) -> None:
        reads = [threads.run(read_until_stopped, threading.Event()) for _ in range(3)]  # one runs, two wait
        for outcome in await asyncio.gather(*reads, return_exceptions=True):
            assert isinstance(outcome, Unavailable)
            assert "longer than the 0.01 s that reads may take: ask for less" in str(outcome)
        assert await threads.run(len, "next") == 4

    with Threads("reads", 1, 10, seconds=0.01) as threads:
        asyncio.run(take_too_long(threads))


def test_what_nobody_waits_for_is_stopped() -> None:
    async def leave(threads: Threads) -> None:
        begun = threading.Event()
        read = asyncio.ensure_future(threads.run(read_until_stopped, begun))
        await asyncio.to_thread(begun.wait, 10)
        read.cancel()
        await asyncio.gather(read, return_exceptions=True)
        assert await threads.run(len, "next") == 4  # by the only thread

    with Threads("reads", 1, 10) as threads:
        asyncio.run(leave(threads))


def on_behalf_of(holder: str, call: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
    """A task of this holder's."""
    context = copy_context()
    context.run(holding.set, holder)
    return asyncio.get_running_loop().create_task(call, context=context)


def test_who_has_one_call_waits_behind_one_of_each_other() -> None:
    begun: list[str] = []

    async def crowd(threads: Threads) -> None:
        under_way = [on_behalf_of("many", threads.run(work, f"many {number}")) for number in range(4)]
        under_way += [on_behalf_of(name, threads.run(work, name)) for name in ("one", "other")]
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*under_way)

    go_on = threading.Event()

    def work(name: str) -> None:
        begun.append(name)
        assert go_on.wait(10)

    with Threads("reads", 1, 20) as threads:
        asyncio.run(crowd(threads))
    assert begun == ["many 0", "many 1", "one", "other", "many 2", "many 3"]


def test_one_holder_leaves_a_thread_to_others() -> None:
    go_on = threading.Event()

    async def crowd(threads: Threads) -> None:
        long = [on_behalf_of("long", threads.run(go_on.wait, 10)) for _ in range(5)]
        assert await on_behalf_of("short", threads.run(len, "done")) == 4
        assert not go_on.is_set()
        go_on.set()
        assert all(await asyncio.gather(*long))

    with Threads("reads", 3, 10) as threads:
        asyncio.run(crowd(threads))


def test_one_holder_leaves_places_for_the_next() -> None:
    go_on = threading.Event()

    async def crowd(threads: Threads) -> None:
        under_way = []
        for holder, places in (("a", 4), ("b", 2), ("c", 1)):
            for _ in range(places):
                under_way.append(on_behalf_of(holder, threads.run(go_on.wait, 10)))
                await asyncio.sleep(0)
            with pytest.raises(Unavailable, match="too many reads at once from one caller"):
                await on_behalf_of(holder, threads.run(len, ""))
        go_on.set()
        assert all(await asyncio.gather(*under_way))
        assert await on_behalf_of("a", threads.run(len, "next")) == 4

    with Threads("reads", 1, 7) as threads:
        asyncio.run(crowd(threads))


def test_a_turn_that_nobody_waits_for_goes_to_the_next() -> None:
    """Those that are cancelled while they wait, and one whose turn has just come."""
    turns = Turns(1)

    async def wait() -> None:
        await turns.take("a")
        waiting = [asyncio.ensure_future(turns.take(holder)) for holder in ("a", "a", "b", "c")]
        await asyncio.sleep(0)
        waiting[0].cancel()
        turns.give("a")  # to "b", which does not know it yet
        waiting[2].cancel()
        await asyncio.wait(waiting[3:], timeout=10)
        assert [task.done() for task in waiting] == [True, False, True, True]
        turns.give("c")
        await waiting[1]
        turns.give("a")
        await turns.take("d")

    asyncio.run(asyncio.wait_for(wait(), 10))
