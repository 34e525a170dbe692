"""uvicorn's HTTP/1.1 protocol, with the limits it lacks: slow heads, slow bodies, slow readers, endless heads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MAX_HEAD_BYTES = 64 << 10
"""Request line and headers together."""


class Connection(HttpToolsProtocol):
    """One client connection. `waits_since`: loop time from which the client owes us bytes; None while it does not."""

    waits_since: float | None
    in_body: bool
    stuck_since: float | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect_head()

    def _expect_head(self) -> None:
        self.waits_since = self.loop.time()
        self.in_body = False
        self.head_bytes = 0

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.waits_since = self.loop.time()
        self.in_body = True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.waits_since = None

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self.send_400_response("this is not an HTTP/1.1 request")
            return
        if not self.in_body and self.waits_since is not None:
            self.head_bytes += len(data)
            if self.head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, f"the request's head is larger than {MAX_HEAD_BYTES} bytes")

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                # A client that offers `Upgrade: h2c` gets its answer in HTTP/1.1, and may go on with it.
                data = data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _refuse(self, status: int, message: str) -> None:
        """Answer outside of ASGI, where there is no request yet, and hang up."""
        body = json.dumps({"error": message}).encode()
        head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self.transport.close()


def cut_off_slow(connections: Iterable[Connection], now: float, head_seconds: float, body_seconds: float) -> int:
    """Hang up on clients that have owed us bytes, or left ours untaken, for too long. Returns how many."""
    cut = 0
    for connection in list(connections):
        if not connection.flow.write_paused:
            connection.stuck_since = None
        elif connection.stuck_since is None:
            connection.stuck_since = now
        limit = body_seconds if connection.in_body else head_seconds
        slow = connection.waits_since is not None and now - connection.waits_since > limit
        stuck = connection.stuck_since is not None and now - connection.stuck_since > body_seconds
        if slow or stuck:
            connection.transport.abort()
            cut += 1
    return cut
