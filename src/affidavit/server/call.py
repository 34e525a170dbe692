"""One request on a connection, as ASGI sees it: `receive` gives its body, `send` takes its answer."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Protocol

from affidavit.errors import Refused
from affidavit.server.parsing import Head

SLICE_BYTES = 256 << 10
"""An answer is handed over in slices of this size, each when the client has taken most of the one before."""

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_BODILESS = frozenset({204, 304})


class Wire(Protocol):
    """What a call needs of its connection."""

    def write(self, data: bytes | memoryview) -> None:
        """Hand bytes over for sending."""

    async def writable(self) -> None:
        """Returns when the client has taken most of what was written, or has gone."""

    def consumed(self) -> None:
        """The body that had arrived was taken: there is room for more."""

    def answered(self) -> None:
        """The first call has its answer."""

    def is_last(self) -> bool:
        """Whether the server ends once this call is answered."""

    @property
    def date(self) -> bytes:
        """The Date header line."""


class Call:
    """`whole`: the request has arrived to its end. `begun`, `answered`: its answer was sent, in part or to its end.

    `gone`: nobody waits for one. `keep_alive`: the connection may go on after it. `buffered`: bytes of its body that
    have arrived and were not taken yet.
    """

    __slots__ = (
        "_chunked", "_chunks", "_delivered", "_expects_continue", "_fault", "_news", "_start", "_wire", "answered",
        "begun", "buffered", "gone", "keep_alive", "scope", "whole",
    )  # fmt: skip

    def __init__(self, wire: Wire, head: Head) -> None:
        self.scope = head.scope
        self.keep_alive = head.keep_alive
        self.whole = self.begun = self.answered = self.gone = False
        self.buffered = 0
        self._wire = wire
        self._expects_continue = head.expects_continue
        self._chunks: list[bytes] = []
        self._delivered = False
        self._fault: Refused | None = None
        self._news: asyncio.Future[None] | None = None
        self._start: dict[str, Any] = {}
        self._chunked = False

    def arrive(self, chunk: bytes) -> None:
        """A piece of the body. After the answer nobody wants it."""
        if not self.answered:
            self._chunks.append(chunk)
            self.buffered += len(chunk)
            self._wake()

    def end(self) -> None:
        """The body is whole."""
        self.whole = True
        self._wake()

    def leave(self) -> None:
        """The client has gone."""
        self.gone = True
        self._wake()

    def fail(self, fault: Refused) -> None:
        """What arrives is no body: who reads it gets this raised, and nothing can follow."""
        self._fault = fault
        self.keep_alive = False
        self._wake()

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def receive(self) -> dict[str, Any]:
        """ASGI's receive. Raises what `fail` was given."""
        if self._expects_continue and not self.gone:
            self._wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._expects_continue = False
        while not (self.gone or self.answered or self._fault or self._chunks or (self.whole and not self._delivered)):
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        if self.gone or self.answered:
            return {"type": "http.disconnect"}
        if self._fault:
            raise self._fault
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self.buffered = 0
        self._delivered = self.whole
        self._wire.consumed()
        return {"type": "http.request", "body": body, "more_body": not self.whole}

    async def send(self, message: dict[str, Any]) -> None:
        """ASGI's send. What is sent to a client that has gone is dropped."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        await self._wire.writable()
        if self.gone or self.answered:
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        head = b"" if self.begun else self._head()
        self.begun = True
        if self.scope["method"] == "HEAD":
            body = b""
        elif self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"" if more else b"0\r\n\r\n")
        await self._write(head, body)
        if not (more or self.gone):
            self.answered = True
            self._chunks.clear()
            self.buffered = 0
            self._wake()
            self._wire.answered()

    async def _write(self, head: bytes, body: bytes) -> None:
        if len(body) <= SLICE_BYTES:
            self._wire.write(head + body)
            return
        self._wire.write(head)
        rest = memoryview(body)
        while rest and not self.gone:
            self._wire.write(rest[:SLICE_BYTES])
            rest = rest[SLICE_BYTES:]
            await self._wire.writable()

    def _head(self) -> bytes:
        status, headers = self._start["status"], self._start["headers"]
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        if not lines.count(b"\n") == lines.count(b"\r") == len(headers):
            raise ValueError("a header has a line break in it")
        if self._expects_continue or self._wire.is_last():
            # Who waited for "100 Continue" and gets this instead does not send the body: nothing can follow.
            self.keep_alive = False
        if status not in _BODILESS and not any(name == b"content-length" for name, _ in headers):
            self._chunked = self.scope["http_version"] == "1.1"
            self.keep_alive = self.keep_alive and self._chunked  # else the end of the body is the connection's
            lines += b"transfer-encoding: chunked\r\n" if self._chunked else b""
        if not self.keep_alive:
            lines += b"connection: close\r\n"
        return b"".join((STATUS_LINES[status], self._wire.date, lines, b"\r\n"))
