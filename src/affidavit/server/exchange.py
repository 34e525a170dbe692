"""One request and its answer, as the server keeps them while it works: what is logged, and nothing of the payload."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from affidavit.access.addresses import network_of
from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.dialects.contract import Answer
from affidavit.ledger.repeats import Repeated
from affidavit.model.rate import Rate
from affidavit.server.limits import Budget, Share
from affidavit.server.turns import holding


class Exchange(msgspec.Struct, gc=False):
    """`at`: receive time, µs since 1970. `route`: the template that matched, which unlike the path tells nothing.

    `address`: the client's, as the socket tells it. `body_share`, `answer_share`: what it has of the memory for bodies
    and for answers; of `visitor_answers` if it comes without a key. `parts`: what comes behind the body of a streamed
    answer, until there is no more.
    """

    id: str
    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    address: str
    at: int
    visitor_answers: Budget
    body_share: Share
    answer_share: Share
    route: str = ""
    by: str = ""
    body_bytes: int = 0
    entries: Sequence[Entry] = ()
    rate: Rate | None = None
    parts: AsyncGenerator[bytes, None] | None = None

    @property
    def network(self) -> str:
        """What the client shares its allowance with, where it has no key."""
        return network_of(self.address)

    def come_as(self, by: str) -> None:
        """Who sends it is known: a key, by its id, or a visitor without one (""). Nothing was taken before."""
        self.by = by
        if by:
            self.body_share.holder = self.answer_share.holder = by
        else:
            self.answer_share = Share(self.visitor_answers, self.network)
        holding.set(self.answer_share.holder)

    async def send(self, send: Any, answer: Answer) -> None:
        """Write the answer out, with the headers that every answer carries."""
        body = answer.body
        headers = [(b"x-request-id", self.id.encode())]
        if answer.headers:
            headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        if body and not any(name == b"content-type" for name, _ in headers):
            headers.append((b"content-type", b"application/json"))
        if answer.status != 204 and self.parts is None:  # 204 has no Content-Length: RFC 9110 section 8.6
            headers.append((b"content-length", b"%d" % len(body)))
        if self.entries:
            span = f"{uuid_text(self.entries[0].id)}..{uuid_text(self.entries[-1].id)}"
            headers.append((b"affidavit-entries", span.encode()))
        if isinstance(self.entries, Repeated):
            headers.append((b"idempotency-replayed", b"true"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if self.parts is not None:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            async with aclosing(self.parts):
                async for part in self.parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            body = b""
        await send({"type": "http.response.body", "body": body})

    def release(self) -> None:
        """It is over: others may have its memory."""
        self.body_share.release()
        self.answer_share.release()
