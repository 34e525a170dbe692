"""What a dialect's routes can do: record, stream, have the ledger do something, give a file, and read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from affidavit.access.admission import Grant
from affidavit.dialects.contract import Answer, Download, Ingest, Order, Read, Request, Stream
from affidavit.errors import InvalidBody
from affidavit.model.draft import Workspace
from affidavit.model.reading import Reading
from affidavit.server import urls
from affidavit.server.bodies import Bodies
from affidavit.server.downloads import Downloads
from affidavit.server.exchange import Exchange
from affidavit.server.gate import Gate
from affidavit.server.hangup import while_wanted
from affidavit.server.live import Live, follow
from affidavit.server.orders import Orders
from affidavit.server.recording import Recording
from affidavit.server.router import Match
from affidavit.server.threads import Threads

STREAM_HEADERS = (
    ("Content-Type", "text/event-stream"),
    ("Cache-Control", "no-cache"),
    ("X-Accel-Buffering", "no"),  # nginx would keep the events to itself
)


class Endpoints:
    """Serves routes. Owned by the event loop's thread."""

    def __init__(
        self,
        gate: Gate,
        recording: Recording,
        live: Live,
        orders: Orders,
        downloads: Downloads,
        bodies: Bodies,
        *,
        reading: Callable[[Workspace, int], Reading],
        readers: Threads,
    ) -> None:
        """`reading`: workspace, when the request came (µs since 1970) -> what its dialect may ask.

        `readers`: where clients' reads are answered; nothing that records waits for them.
        """
        self._gate = gate
        self._recording = recording
        self._live = live
        self._orders = orders
        self._downloads = downloads
        self._bodies = bodies
        self._reading = reading
        self._readers = readers

    async def serve(self, exchange: Exchange, match: Match, receive: Any) -> Answer:
        """The vendor's order of checks: key, scope, rate, body. Raises Refused, StoreError, BundleError, ClientGone."""
        route = match.route
        if isinstance(route, Read):
            # A read has no use for a body. Were it read, anybody could fill the memory for bodies without a key.
            owner = await self._gate.admit_reader(exchange, match, route)
            request = _request(exchange, match)
            return await while_wanted(exchange.headers, receive, self._read(exchange, match, route, request, owner))
        if isinstance(route, Stream):
            return await self._stream(exchange, match, route, receive)
        grant = await self._gate.admit(exchange, match)
        request = replace(_request(exchange, match), by=grant.by)
        if isinstance(route, Ingest):
            return await self._recording.record(exchange, match, route, request, grant, receive)
        if isinstance(route, Order):
            return await self._order(exchange, route, request, grant, receive)
        return await self._download(exchange, route, request, grant, receive)

    async def _stream(self, exchange: Exchange, match: Match, route: Stream, receive: Any) -> Answer:
        with suppress(InvalidBody):  # what is wrong with the query is told to who is admitted
            exchange.headers = dict(route.headed(exchange.headers, urls.fields(exchange.query)))
        grant = await self._gate.admit(exchange, match)
        request = replace(_request(exchange, match), by=grant.by)
        parts = follow(
            self._live, route, request, match.dialect.name, grant.workspace, receive,
            lambda: self._gate.still_admits(exchange, match),
        )  # fmt: skip
        first = await anext(parts)
        if exchange.method == "HEAD":
            await parts.aclose()
        else:
            exchange.parts = parts
        return Answer(200, first, STREAM_HEADERS)

    async def _order(self, exchange: Exchange, route: Order, request: Request, grant: Grant, receive: Any) -> Answer:
        raw = await self._bodies.whole(exchange, receive)
        outcome = await self._orders.give(route.command(replace(request, body=raw)), grant, exchange.at)
        return route.answer(outcome)

    async def _download(
        self, exchange: Exchange, route: Download, request: Request, grant: Grant, receive: Any
    ) -> Answer:
        reading = self._reading(grant.workspace, exchange.at)
        return await self._downloads.begin(exchange, lambda: route.make(request, reading), receive)

    async def _read(
        self, exchange: Exchange, match: Match, route: Read, request: Request, owner: Grant | None
    ) -> Answer:
        def work() -> Answer:
            grant = self._gate.placed(match, route, request, owner)
            return route.answer(replace(request, by=grant.by), self._reading(grant.workspace, exchange.at))

        answer = await self._readers.run(work)
        exchange.answer_share.take(len(answer.body))
        return answer


def _request(exchange: Exchange, match: Match) -> Request:
    """Without its body. Raises InvalidBody, which nobody is told who was not admitted."""
    return Request(
        exchange.method, exchange.path, exchange.headers, urls.fields(exchange.query), match.parameters, b"",
        exchange.at,
    )  # fmt: skip
