"""Bytes to requests: HTTP/1.1 (RFC 9112) by llhttp, with the limits that it leaves to others."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import unquote

import httptools
import msgspec

MAX_HEAD_BYTES = 64 << 10
"""Request line and headers together; and what may come between the parts of a body: chunk extensions, trailers."""
PIECE_BYTES = 16 << 10
"""Bytes given to llhttp at once: by so much a head can be over the limit before it is refused."""

_ASGI = {"version": "3.0", "spec_version": "2.3"}
_NOT_AGAIN = frozenset({b"upgrade", b"connection"})


class NotHttp(Exception):
    """What arrives is no request that we read. `status` of the answer, if there is to be one."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Head(msgspec.Struct, frozen=True, gc=False):
    """A request without its body. `expects_continue`: its client sends the body once it is told to."""

    scope: dict[str, Any]
    keep_alive: bool
    expects_continue: bool


class Requests(Protocol):
    """Who gets them: for each one `begin`, `head`, `part` for each piece of the body, `end`."""

    def on_begin(self) -> None:
        """The first byte of a request."""

    def on_head(self, head: Head) -> None:
        """All but its body."""

    def on_part(self, data: bytes) -> None:
        """A piece of its body."""

    def on_end(self) -> None:
        """It is whole."""


class Parser:
    """One connection's. Its `on_` methods are llhttp's to call. `in_head`: a request has begun, its body has not."""

    def __init__(self, requests: Requests) -> None:
        self.in_head = False
        self._requests = requests
        self._llhttp = httptools.HttpRequestParser(self)
        self._in_body = False
        self._has_moved = False
        self._unmoved_bytes = 0
        self._method = self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._expects_continue = False

    def feed(self, data: bytes) -> None:
        """Bytes as they arrive. Raises NotHttp; nothing may be fed after that."""
        rest = memoryview(data)
        while rest:
            piece, rest = rest[:PIECE_BYTES], rest[PIECE_BYTES:]
            self._has_moved = False
            self._parse(piece)
            self._unmoved_bytes = 0 if self._has_moved else self._unmoved_bytes + len(piece)
            if self._unmoved_bytes > MAX_HEAD_BYTES:
                raise NotHttp(431, f"the request's head is larger than {MAX_HEAD_BYTES} bytes")

    def _parse(self, piece: memoryview | bytes) -> None:
        try:
            self._llhttp.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self._parse_without_upgrade(piece[upgrade.args[0] :])
        except httptools.HttpParserCallbackError:
            raise  # a fault of ours
        except httptools.HttpParserError:
            raise NotHttp(400, "this is not an HTTP/1.1 request") from None

    def _parse_without_upgrade(self, rest: memoryview | bytes) -> None:
        """llhttp stops behind a head with `Upgrade: h2c`, which Java's client sends: it gets it again, without."""
        if self._method == b"CONNECT":
            raise NotHttp(400, "this server is no proxy")
        head = [b"%b %b HTTP/1.1" % (self._method, self._url)]
        head += [b"%b: %b" % header for header in self._headers if header[0] not in _NOT_AGAIN]
        self._llhttp = httptools.HttpRequestParser(self)
        self._parse(b"\r\n".join([*head, b"", b""]))
        if rest:
            self._parse(rest)

    def on_message_begin(self) -> None:
        """A request's first byte."""
        self._has_moved = self.in_head = True
        self._url = b""
        self._headers = []
        self._expects_continue = False
        self._requests.on_begin()

    def on_url(self, url: bytes) -> None:
        """A part of what is requested."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or a trailer, which must not be taken for one (RFC 9110 section 6.5.1)."""
        if self.in_head:
            name = name.lower()
            self._headers.append((name, value.rstrip(b" \t")))  # llhttp leaves it (RFC 9110 section 5.5)
            if name == b"expect" and value.lower() == b"100-continue":
                self._expects_continue = True

    def on_headers_complete(self) -> None:
        """The end of the head."""
        self._method = self._llhttp.get_method()
        if self._llhttp.should_upgrade():
            return
        self._has_moved = self._in_body = True
        self.in_head = False
        version = self._llhttp.get_http_version()
        keep_alive = version == "1.1" and self._llhttp.should_keep_alive()
        self._requests.on_head(Head(self._scope(version), keep_alive, self._expects_continue))

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._in_body:
            self._has_moved = True
            self._requests.on_part(data)

    def on_message_complete(self) -> None:
        """The end of the request."""
        if self._in_body:
            self._has_moved = True
            self._in_body = False
            self._requests.on_end()

    def _scope(self, version: str) -> dict[str, Any]:
        raw, _, query = self._url.partition(b"?")
        if not raw.startswith(b"/"):  # as clients of proxies write it: http://host/path
            raw = b"/" + raw.partition(b"://")[2].partition(b"/")[2]
        path = raw.decode("ascii")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": self._method.decode("ascii"),
            "scheme": "http",
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw,
            "query_string": query,
            "root_path": "",
            "headers": self._headers,
        }
