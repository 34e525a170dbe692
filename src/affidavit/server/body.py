"""A request's body: read within limits, and decompressed within the same limits."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from affidavit.errors import InvalidBody, TooLarge, UnsupportedEncoding
from affidavit.server.limits import Share

MAX_MEMBERS = 16
"""gzip members of one body. Each costs a copy of what follows it."""
MAX_RATIO = 1032
"""No byte of a deflate stream gives more than so many."""

_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = 47
"""zlib's window bits for: tell gzip and zlib apart by their first bytes."""


class ClientGone(Exception):
    """The client hung up before its request was whole: there is nobody to answer."""


def encoding_of(headers: Mapping[str, str]) -> str | None:
    """How the body is compressed; None where it is not. Raises UnsupportedEncoding."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding not in _ENCODINGS:
        raise UnsupportedEncoding(f"Content-Encoding {encoding[:40]!r} is not supported: send gzip, or none")
    return encoding


async def read(share: Share, limit: int, headers: Mapping[str, str], receive: Any) -> bytes:
    """The whole body as it was sent, held in `share`. `limit` in bytes.

    Raises TooLarge, without reading where Content-Length says so, Unavailable, ClientGone.
    """
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)
    body: bytes | bytearray = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message["body"]
        share.take(len(chunk))
        if len(body) + len(chunk) > limit:
            raise too_large(limit)
        if not message["more_body"]:
            return bytes(body) + chunk if body else chunk
        body = body or bytearray()
        body += chunk


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """The body as it was before it was compressed. Raises InvalidBody, TooLarge. May run in any thread."""
    plain = b""
    for _ in range(MAX_MEMBERS):
        unzip = zlib.decompressobj(wbits=_GZIP_OR_ZLIB)
        try:
            plain += unzip.decompress(body, limit + 1 - len(plain))
        except zlib.error as error:
            raise InvalidBody(f"the body is not valid {encoding}: {error}") from None
        if len(plain) > limit:
            raise too_large(limit)
        if not unzip.eof:
            raise InvalidBody(f"the body is not valid {encoding}: it ends too early")
        body = unzip.unused_data
        if not body:
            return plain
    raise InvalidBody(f"the body has more than {MAX_MEMBERS} gzip members: send one")


def too_large(limit: int) -> TooLarge:
    """The refusal of a body."""
    return TooLarge(f"the request body is larger than {limit} bytes: send fewer events at once", limit=limit)
