"""A client that says what it likes: bytes over a socket, for what client libraries are too polite to send."""

from __future__ import annotations

import json
import socket
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
        self._received = b""

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._socket.close()

    def send(self, *parts: bytes) -> None:
        """All of it."""
        self._socket.sendall(b"".join(parts))

    def send_while_taken(self, part: bytes, most: int) -> int:
        """The same part over and over, until the server hangs up or `most` bytes are sent. Returns how many were."""
        sent = 0
        try:
            while sent < most:
                self._socket.sendall(part)
                sent += len(part)
        except OSError:
            pass
        return sent

    def end(self) -> None:
        """Say no more, but listen."""
        self._socket.shutdown(socket.SHUT_WR)

    def reply(self, *, to_head: bool = False) -> Reply:
        """The next whole response. Raises Gone. `to_head`: it answers a HEAD and has no body."""
        while b"\r\n\r\n" not in self._received:
            self._more()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        status = int(first.split()[1])
        length = 0 if to_head or status in (100, 204) else int(headers["content-length"])
        while len(self._received) < length:
            self._more()
        body, self._received = self._received[:length], self._received[length:]
        return Reply(status, headers, body)

    def rest(self) -> bytes:
        """Everything until the server hangs up, in peace or not."""
        try:
            while True:
                self._more()
        except Gone:
            return self._received

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
