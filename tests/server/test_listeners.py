"""What waits for those who listen: only what is theirs, and only so much of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack

import pytest

from affidavit.core.entry import Entry
from affidavit.dialects.contract import Request, Stream
from affidavit.errors import Unavailable
from affidavit.model.draft import Workspace
from affidavit.server.live import (
    MAX_LISTENERS,
    MAX_LISTENERS_OF_ONE,
    MAX_WAITING_BYTES,
    MAX_WAITING_ENTRIES,
    PART_BYTES,
    Live,
    follow,
)

LARGEST = b"x" * (1 << 20)
HERE = Workspace(1, "here", b"")


def entry(payload: bytes = b"{}", *, workspace: int = 1, dialect: str = "agentlens") -> Entry:
    return Entry(0, b"", 1, 0, b"", "", dialect, b"", b"", b"", b"", payload, workspace, None, None, "", None, 0)


def stream_of(render: Callable[[Entry], bytes]) -> Stream:
    return Stream(
        "/stream", "read", lambda _: lambda _: True, lambda entry, _: render(entry), b"beat", 30.0, first=b"first"
    )


def listen(live: Live, render: Callable[[Entry], bytes] = lambda _: b"event") -> AsyncGenerator[bytes, None]:
    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def admitted() -> bool:
        return True

    request = Request("GET", "/stream", {}, {}, {}, b"", 0)
    return follow(live, stream_of(render), request, "agentlens", HERE, receive, admitted)


def test_nobody_is_hung_up_on_for_what_is_not_theirs() -> None:
    async def check() -> None:
        live = Live()
        parts = listen(live)
        assert await anext(parts) == b"first"
        for _ in range(3):
            live.publish([entry(workspace=2)] * MAX_WAITING_ENTRIES)
            live.publish([entry(dialect="provenlog")] * MAX_WAITING_ENTRIES)
        live.publish([entry()])
        assert await anext(parts) == b"event"
        live.end()
        assert [part async for part in parts] == []

    asyncio.run(check())


@pytest.mark.parametrize(
    "request_entries",
    [[entry()] * (MAX_WAITING_ENTRIES // 2), [entry(LARGEST)] * (MAX_WAITING_BYTES // len(LARGEST) // 2)],
)
def test_so_much_waits_for_one_that_does_not_read_and_no_more(request_entries: list[Entry]) -> None:
    with Live().listen(1, "agentlens") as listener:
        size = sum(len(entry.payload) for entry in request_entries)
        assert [listener.offer(request_entries, size) for _ in range(3)] == [True, True, False]
        listener.taken(listener.queue.get_nowait())
        assert listener.offer(request_entries, size)


def test_one_request_may_be_larger_than_what_may_wait() -> None:
    with Live().listen(1, "agentlens") as listener:
        assert listener.offer([entry()] * (MAX_WAITING_ENTRIES + 1), MAX_WAITING_BYTES + 1)
        assert not listener.offer([entry()], 2)


def test_a_large_request_is_not_written_out_in_one_piece() -> None:
    made: list[Entry] = []

    def render(each: Entry) -> bytes:
        made.append(each)
        return each.payload

    async def check() -> None:
        live = Live()
        parts = listen(live, render)
        await anext(parts)
        small = b"y" * (PART_BYTES // 4)
        live.publish([entry(small)] * 4 + [entry(LARGEST)] * 3)
        assert await anext(parts) == small * 4
        assert len(made) == 4
        assert await anext(parts) == LARGEST
        assert len(made) == 5
        await parts.aclose()

    asyncio.run(check())


def test_no_workspace_takes_every_place() -> None:
    live = Live()
    with ExitStack() as places:
        for _ in range(MAX_LISTENERS_OF_ONE):
            places.enter_context(live.listen(1, "agentlens"))
        with pytest.raises(Unavailable):
            places.enter_context(live.listen(1, "agentlens"))
        for number in range(MAX_LISTENERS - MAX_LISTENERS_OF_ONE):
            places.enter_context(live.listen(2 + number // MAX_LISTENERS_OF_ONE, "agentlens"))
        with pytest.raises(Unavailable):
            places.enter_context(live.listen(99, "agentlens"))
