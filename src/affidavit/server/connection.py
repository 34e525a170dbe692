"""A client's connection: bytes in, calls out, one after another in the order in which they came.

Whose turn it is and for how long, how much a client may send ahead of its answers, and what is said to bytes that
are no request. No client needs to behave: docs/decisions/0005-plain-asgi.md lists what they do.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from typing import cast

import structlog

from affidavit.errors import InvalidBody
from affidavit.server.call import STATUS_LINES, Call
from affidavit.server.clients import Clients
from affidavit.server.parsing import Head, NotHttp, Parser

HIGH_WATER_BYTES = 64 << 10
"""Bytes of a body that may wait to be taken; with more, the client is not read from."""
LINGER_SECONDS = 2.0
"""How long a client that was refused may go on sending, so that it comes to read why."""

ENDED_SECONDS = 2.0
"""How long a read goes on for a client that sends no more: whether it has gone, or still waits, only writing tells."""
_READS = frozenset({"GET", "HEAD"})


class Connection(asyncio.Protocol):
    """Owned by the event loop's thread.

    `_parser`: None once nothing that comes matters any more. `_calls`: those without their whole answer; the first is
    being answered. `_incoming`: the call whose body is being read, whether it has its answer or not. `_deadline`: loop
    time by which the client must have done what is next; while it is not read from, the seconds it will have.
    """

    _transport: asyncio.Transport
    _address: tuple[str, int]

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._timeouts = clients.timeouts
        self._parser: Parser | None = Parser(self)
        self._calls: deque[Call] = deque()
        self._incoming: Call | None = None
        self._deadline = math.inf
        self._reading = True
        self._has_ended = False
        self._ended_at = math.inf
        self._farewell = b""
        self._taken: asyncio.Future[None] | None = None
        self._untaken_since = math.inf

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client."""
        self._transport = cast(asyncio.Transport, transport)
        self._address = (transport.get_extra_info("peername") or ("", 0))[:2]
        self._expect(self._timeouts.head_seconds)
        if not self._clients.add(self, self._address[0]):
            self._parser = None
            self._transport.write(_refusal(503, "too many connections: try again in a second", "retry-after: 1\r\n"))
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes, whatever they are."""
        if self._parser is None:
            return
        try:
            self._parser.feed(data)
        except NotHttp as error:
            self._parser = None
            if not self._calls or self._calls[-1].keep_alive:  # else they are behind the last request
                self._refuse(error)

    def eof_received(self) -> bool:
        """The client sends no more. What it asked is answered first: it may still be reading."""
        self._has_ended = True
        self._ended_at = self._clients.loop.time()
        self._parser = None
        waits = bool(self._calls) and self._incoming is None and not self._calls[-1].begun
        if waits:
            self._calls[-1].keep_alive = False
        return waits

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is not there any more."""
        self._clients.remove(self)
        self._parser = None
        self.resume_writing()
        for call in self._calls:
            call.leave()

    def pause_writing(self) -> None:
        """The client does not take what was written."""
        self._untaken_since = self._clients.loop.time()
        self._taken = self._clients.loop.create_future()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        self._untaken_since = math.inf
        if self._taken is not None and not self._taken.done():
            self._taken.set_result(None)
        self._taken = None

    # What `Clients` calls.

    def is_late(self, now: float) -> bool:
        """See Client."""
        return (
            (self._reading and now > self._deadline)
            or now - self._untaken_since > self._timeouts.body_seconds
            or (now - self._ended_at > ENDED_SECONDS and self._reads())
        )

    def _reads(self) -> bool:
        """Whether its first call is a read that nothing was answered to yet."""
        return bool(self._calls) and self._calls[0].scope["method"] in _READS and not self._calls[0].begun

    def finish(self) -> None:
        """See Client."""
        if not self._calls:
            self._transport.close()

    def abort(self) -> None:
        """See Client."""
        self._transport.abort()

    # What the parser calls.

    def on_begin(self) -> None:
        """See Requests."""
        self._expect(self._timeouts.head_seconds)

    def on_head(self, head: Head) -> None:
        """See Requests."""
        self._expect(self._timeouts.body_seconds)
        head.scope["client"] = self._address
        self._incoming = call = Call(self, head)
        self._calls.append(call)
        if len(self._calls) == 1:
            self._clients.start(self._serve(call))

    def on_part(self, data: bytes) -> None:
        """See Requests."""
        if self._incoming is not None:
            self._incoming.arrive(data)
            self._regulate()

    def on_end(self) -> None:
        """See Requests."""
        if self._incoming is not None:
            self._incoming.end()
            self._incoming = None
            self._expect(math.inf if self._calls else self._timeouts.idle_seconds)
            self._regulate()

    # What a call calls.

    def write(self, data: bytes | memoryview) -> None:
        """See Wire."""
        self._transport.write(data)

    async def writable(self) -> None:
        """See Wire."""
        if self._taken is not None:
            await self._taken

    def consumed(self) -> None:
        """See Wire."""
        self._regulate()

    def is_last(self) -> bool:
        """See Wire."""
        return self._clients.draining and len(self._calls) == 1

    @property
    def date(self) -> bytes:
        """See Wire."""
        return self._clients.date

    def answered(self) -> None:
        """See Wire."""
        call = self._calls.popleft()
        if not call.keep_alive:
            self._hang_up()
        elif self._calls:
            self._clients.start(self._serve(self._calls[0]))
        elif self._farewell:
            self._transport.write(self._farewell)
            self._hang_up()
        elif self._clients.draining:
            self._hang_up()
        elif self._incoming is None and not (self._parser and self._parser.in_head):
            self._expect(self._timeouts.idle_seconds)
        self._regulate()

    # Whose turn it is, and what is said out of turn.

    async def _serve(self, call: Call) -> None:
        try:
            await self._clients.app(call.scope, call.receive, call.send)
        except Exception:
            structlog.get_logger().error("fault", exc_info=True)
        finally:
            if not call.answered:
                self.abort()

    def _expect(self, seconds: float) -> None:
        """The client has so long for what it must do next."""
        self._deadline = seconds + (self._clients.loop.time() if self._reading else 0.0)

    def _regulate(self) -> None:
        """Read at most one call ahead of the one being answered, and no more of a body than is being taken."""
        wanted = len(self._calls) <= 1 and (self._incoming is None or self._incoming.buffered <= HIGH_WATER_BYTES)
        if wanted == self._reading or self._transport.is_closing():
            return
        self._reading = wanted
        now = self._clients.loop.time()
        if wanted:
            self._deadline += now
            self._transport.resume_reading()
        else:
            self._deadline -= now
            self._transport.pause_reading()

    def _refuse(self, error: NotHttp) -> None:
        """Say so behind the answers that are due, and hang up."""
        if self._incoming is not None:
            if not self._incoming.answered:
                self._incoming.fail(InvalidBody(str(error)))
                return
            self._hang_up()
        elif self._calls:
            self._farewell = _refusal(error.status, str(error))
        else:
            self._transport.write(_refusal(error.status, str(error)))
            self._hang_up()

    def _hang_up(self) -> None:
        """Close; but while there is more to come, only our side: else the client loses what was said last."""
        if self._has_ended or (self._parser is not None and self._incoming is None):
            self._transport.close()
            return
        self._parser = self._incoming = None
        self._expect(LINGER_SECONDS)
        self._transport.write_eof()


def _refusal(status: int, message: str, headers: str = "") -> bytes:
    """An answer where there is no call to be answered."""
    body = json.dumps({"error": message}).encode()
    lines = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n{headers}\r\n"
    return STATUS_LINES[status] + lines.encode() + body
