"""Reading a request's body within limits: bytes on the wire, bytes after decompression, bytes in memory at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from affidavit.errors import InvalidBody, TooLarge, Unavailable, UnsupportedEncoding

MAX_MEMBERS = 16
"""gzip members of one body. Each costs a copy of what follows it."""


class ClientGone(Exception):
    """The client hung up before its request was whole: there is nobody to answer."""


class Budget:
    """Bytes of request bodies in memory at once. Owned by the event loop's thread."""

    def __init__(self, body_bytes: int, inflight_bytes: int) -> None:
        """`body_bytes`: the limit of one body. `inflight_bytes`: the limit of all together."""
        self.body_bytes = body_bytes
        self._inflight_bytes = max(inflight_bytes, body_bytes)
        self._used = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """A request's part of the budget, given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self._used -= share.held

    def take(self, count: int) -> None:
        """Raises Unavailable when all bodies together would be too much."""
        if self._used + count > self._inflight_bytes:
            raise Unavailable("too many large requests at once: send again in a second")
        self._used += count


class Share:
    """What one request holds of a budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.held = 0

    def take(self, count: int) -> None:
        """Hold `count` bytes more."""
        self._budget.take(count)
        self.held += count

    async def read(self, headers: dict[str, str], receive: Any) -> bytes:
        """The whole body, decompressed.

        Raises TooLarge before reading when Content-Length says so, UnsupportedEncoding, InvalidBody for bytes that
        do not decompress, ClientGone.
        """
        limit = self._budget.body_bytes
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            raise _body_too_large(limit)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body: bytes = message.get("body", b"")
        self.take(len(body))
        if message.get("more_body", False):
            body = await self._read_rest(body, limit, receive)
        if len(body) > limit:
            raise _body_too_large(limit)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        return body if encoding in ("", "identity") else self._decompress(body, encoding, limit)

    async def _read_rest(self, first: bytes, limit: int, receive: Any) -> bytes:
        body = bytearray(first)
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            self.take(len(chunk))
            body += chunk
            if len(body) > limit:
                raise _body_too_large(limit)
            if not message.get("more_body", False):
                return bytes(body)

    def _decompress(self, body: bytes, encoding: str, limit: int) -> bytes:
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise UnsupportedEncoding(f"Content-Encoding {encoding[:40]!r} is not supported: send gzip, or none")
        plain = b""
        for _ in range(MAX_MEMBERS):
            # 47: gzip or zlib, told apart by their first bytes. Several gzip members may follow one another.
            unzip = zlib.decompressobj(wbits=47)
            try:
                plain += unzip.decompress(body, limit + 1 - len(plain))
            except zlib.error as error:
                raise InvalidBody(f"the body is not valid {encoding}: {error}") from None
            if len(plain) > limit:
                raise _body_too_large(limit)
            if not unzip.eof:
                raise InvalidBody(f"the body is not valid {encoding}: it ends too early")
            body = unzip.unused_data
            if not body:
                self.take(len(plain))
                return plain
        raise InvalidBody(f"the body has more than {MAX_MEMBERS} gzip members: send one")


def _body_too_large(limit: int) -> TooLarge:
    return TooLarge(f"the request body is larger than {limit} bytes: send fewer events at once", limit=limit)
