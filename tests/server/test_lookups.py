"""Keys that are looked up in threads: once for all who come with one, and by who goes away for those who stay."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from affidavit.access.keys import Key
from affidavit.errors import StoreFailed, Unavailable
from affidavit.model.draft import Workspace
from affidavit.server.lookups import Lookups
from affidavit.server.threads import Threads

KEY = Key("key_1", Workspace(1, "default", bytes(16)), "agentlens", ("*",), bytes(32), 0)


class Store:
    """Answers, or fails, when the test lets it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.fails = False

    def look_up(self, token: str) -> Key | None:
        self.asked.append(token)
        assert threading.current_thread() is not threading.main_thread()
        assert self.may_answer.wait(20)
        if self.fails:
            raise StoreFailed("the database does not answer")
        return KEY if token == "good" else None


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def lookups(store: Store) -> Iterator[Lookups]:
    with Threads("keys", 2, 1) as threads:
        yield Lookups(store.look_up, threads)


def test_all_who_come_with_one_token_share_one_look(lookups: Lookups, store: Store) -> None:
    async def come() -> list[Key | None]:
        coming = [asyncio.ensure_future(lookups.key_of(token)) for token in ("good", "bad", "good", "good")]
        await asyncio.sleep(0)
        store.may_answer.set()
        return await asyncio.gather(*coming)

    assert asyncio.run(come()) == [KEY, None, KEY, KEY]
    assert sorted(store.asked) == ["bad", "good"]
    assert asyncio.run(come())[0] == KEY
    assert len(store.asked) == 4  # what is not under way any more is asked anew


def test_who_goes_away_takes_it_from_nobody(lookups: Lookups, store: Store) -> None:
    async def come() -> Key | None:
        first = asyncio.ensure_future(lookups.key_of("good"))
        second = asyncio.ensure_future(lookups.key_of("good"))
        await asyncio.sleep(0)
        first.cancel()
        store.may_answer.set()
        return await second

    assert asyncio.run(come()) == KEY


def test_a_failure_is_everybodys_who_waits(lookups: Lookups, store: Store) -> None:
    store.fails = True
    store.may_answer.set()

    async def come() -> list[Key | BaseException | None]:
        return await asyncio.gather(lookups.key_of("good"), lookups.key_of("good"), return_exceptions=True)

    assert [type(result) for result in asyncio.run(come())] == [StoreFailed, StoreFailed]


def test_when_too_many_wait_others_are_refused(lookups: Lookups, store: Store) -> None:
    async def come() -> list[Key | BaseException | None]:
        coming = [asyncio.ensure_future(lookups.key_of(str(number))) for number in range(4)]
        done, _ = await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
        assert [type(refused.exception()) for refused in done] == [Unavailable]
        store.may_answer.set()
        return await asyncio.gather(*coming, return_exceptions=True)

    assert [type(result) for result in asyncio.run(come())].count(Unavailable) == 1
