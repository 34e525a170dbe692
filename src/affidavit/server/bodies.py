"""The bodies of requests, whole and decompressed, in the memory that all of them share."""

from __future__ import annotations

from typing import Any

from affidavit.server import body
from affidavit.server.exchange import Exchange
from affidavit.server.threads import Threads

INLINE_INFLATED_BYTES = 1 << 20
"""What may come out of a body that is decompressed by the event loop's thread: 3 ms."""


class Bodies:
    """Reads them. Owned by the event loop's thread."""

    def __init__(self, decoders: Threads, limit_bytes: int) -> None:
        self._decoders = decoders
        self._limit_bytes = limit_bytes

    async def whole(self, exchange: Exchange, receive: Any) -> bytes:
        """The body of a request. Raises TooLarge, UnsupportedEncoding, InvalidBody, Unavailable, ClientGone."""
        encoding = body.encoding_of(exchange.headers)
        raw = await body.read(exchange.body_share, self._limit_bytes, exchange.headers, receive)
        if raw and encoding is not None:
            if len(raw) <= INLINE_INFLATED_BYTES // body.MAX_RATIO:
                raw = body.decompress(raw, encoding, self._limit_bytes)
            else:
                raw = await self._decoders.run(body.decompress, raw, encoding, self._limit_bytes)
            exchange.body_share.take(len(raw))
        exchange.body_bytes = len(raw)
        return raw
