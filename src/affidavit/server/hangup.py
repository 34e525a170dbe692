"""Clients that hang up before they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from affidavit.server.body import ClientGone

R = TypeVar("R")


async def hung_up(receive: Any) -> None:
    """Returns when the client has gone. Whatever else it sends is thrown away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def while_wanted(headers: Mapping[str, str], receive: Any, work: Coroutine[Any, Any, R]) -> R:
    """What `work` returns or raises; it is cancelled, and ClientGone raised, when the client hangs up.

    Of a request that has a body nobody looks at, or may have one, this is not found out: to look would be to read it.
    """
    if not headers.keys().isdisjoint(("content-length", "transfer-encoding", "expect")):
        return await work
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(hung_up(receive))
    gone.add_done_callback(lambda _: working.cancel())
    try:
        return await working
    except asyncio.CancelledError:
        if gone.done() and not gone.cancelled():
            raise ClientGone from None
        raise
    finally:
        gone.cancel()
