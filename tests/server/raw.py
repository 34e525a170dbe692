"""A client that says what it likes: bytes over a socket, for what client libraries are too polite to send."""

from __future__ import annotations

import json
import select
import socket
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

SECONDS = 15
"""How long an answer may take before the test fails."""


@dataclass(frozen=True)
class Reply:
    """A response as it stood on the wire. Header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Gone(Exception):
    """The server hung up before its answer was whole."""


class Raw:
    """One connection."""

    def __init__(self, base_url: str, *, receive_buffer: int | None = None) -> None:
        address = urlsplit(base_url)
        self._socket = socket.socket()
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(SECONDS)
        self._socket.connect((address.hostname, address.port))
        self._received = bytearray()

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def patience(self, seconds: float) -> None:
        """How long to wait for the server from now on."""
        self._socket.settimeout(seconds)

    def send(self, *parts: bytes) -> None:
        """All of it."""
        self._socket.sendall(b"".join(parts))

    def send_while_taken(self, part: bytes, most: int, *, pause: float = 0.0) -> int:
        """The same part over and over, until the server hangs up or `most` bytes are sent. Returns how many were.

        `pause`: seconds to rest after each.
        """
        sent = 0
        try:
            while sent < most:
                self._socket.sendall(part)
                sent += len(part)
                time.sleep(pause)
        except OSError:
            pass
        return sent

    def end(self) -> None:
        """Say no more, but listen."""
        self._socket.shutdown(socket.SHUT_WR)

    def reply(self, *, to_head: bool = False, pause: float = 0.0) -> Reply:
        """The next whole response. Raises Gone. `to_head`: it answers a HEAD and has no body.

        `pause`: seconds to rest before each piece is taken.
        """
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            self._more()
        first, *lines = self._take(end + 4).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        status = int(first.split()[1])
        length = 0 if to_head or status in (100, 204) else int(headers["content-length"])
        while len(self._received) < length:
            time.sleep(pause)
            self._more()
        return Reply(status, headers, self._take(length))

    def has_more(self) -> bool:
        """Whether the server has said something that was not read yet."""
        return bool(self._received) or bool(select.select([self._socket], [], [], 0)[0])

    def status(self) -> int:
        """The next response's status, of which no more is taken from the socket than has to be."""
        while b"\r\n" not in self._received:
            self._more()
        return int(self._received.split(maxsplit=2)[1])

    def take(self, count: int) -> bytes:
        """So many bytes. Raises Gone."""
        while len(self._received) < count:
            self._more()
        return self._take(count)

    def rest(self) -> bytes:
        """Everything until the server hangs up, in peace or not."""
        try:
            while True:
                self._more()
        except Gone:
            return bytes(self._received)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def _more(self) -> None:
        try:
            data = self._socket.recv(1 << 16)
        except ConnectionError:
            raise Gone from None
        if not data:
            raise Gone
        self._received += data


def request(method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
    """A request. Underscores in header names stand for hyphens; a body brings its Content-Length."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        named.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def chunked(body: bytes, size: int) -> bytes:
    """A body in chunks."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
