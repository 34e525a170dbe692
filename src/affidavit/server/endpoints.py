"""The two things a dialect's route can do: record, and read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from affidavit.access.admission import Grant
from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer, Dialect, Ingest, Intake, Read, Request, Stream
from affidavit.errors import InternalError, InvalidBody, Refused, StoreError
from affidavit.model.draft import Once, Submission, Workspace
from affidavit.model.reading import Reading
from affidavit.server import body, urls
from affidavit.server.append import Appender
from affidavit.server.exchange import Exchange
from affidavit.server.gate import Gate
from affidavit.server.hangup import while_wanted
from affidavit.server.live import Live, follow
from affidavit.server.router import Match
from affidavit.server.threads import Threads

INLINE_BODY_BYTES = 64 << 10
"""Bodies up to here are decoded by the event loop's thread; larger ones would hold everybody else up.

Most bodies take 20 ms a MiB, but those that need the exact JSON reader take a second.
"""
INLINE_INFLATED_BYTES = 1 << 20
"""What may come out of a body that is decompressed by the event loop's thread: 3 ms."""
MAX_KEY_CHARACTERS = 255
"""Of an Idempotency-Key."""

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
        appender: Appender,
        live: Live,
        *,
        reading: Callable[[Workspace, int], Reading],
        committed: Callable[[Sequence[Entry]], bool],
        recorded: Callable[[Once, int], bool],
        secret: Callable[[Dialect, str, int], bytes | None],
        entropy: Callable[[int], bytes],
        decoders: Threads,
        readers: Threads,
        checkers: Threads,
        body_bytes: int,
    ) -> None:
        """`decoders`, `readers` and `checkers` are strangers: no slow read and no large body keeps others waiting.

        reading     workspace, when the request came (µs since 1970) -> what its dialect may ask
        committed   told of entries whose answer will ask for scores; whether that will read nothing
        recorded    whether a request was recorded before (and when this one came, µs since 1970)
        secret      dialect, key id, generation -> the key's signing secret
        readers     where clients' reads are answered
        checkers    where the ledger is asked on behalf of what is to be recorded, or was
        body_bytes  the limit of one body
        """
        self._gate = gate
        self._appender = appender
        self._live = live
        self._reading = reading
        self._committed = committed
        self._recorded = recorded
        self._secret = secret
        self._entropy = entropy
        self._decoders = decoders
        self._readers = readers
        self._checkers = checkers
        self._body_bytes = body_bytes
        self._alone = asyncio.Lock()

    async def serve(self, exchange: Exchange, match: Match, receive: Any) -> Answer:
        """The vendor's order of checks: key, scope, rate, body. Raises Refused, StoreError, ClientGone."""
        if isinstance(match.route, Ingest):
            grant = self._gate.admit(exchange, match)
            request = _request(exchange, match)
            raw = await self._body(exchange, receive)
            entropy = self._entropy(16) if match.route.check else b""
            request = replace(
                request, body=raw, by=grant.by, entropy=entropy,
                secret=lambda: self._secret(match.dialect, grant.by, grant.secret_generation),
            )  # fmt: skip
            return await self._record(exchange, match, match.route, request, grant)
        if isinstance(match.route, Stream):
            with suppress(InvalidBody):  # what is wrong with the query is told to who is admitted
                exchange.headers = dict(match.route.headed(exchange.headers, urls.fields(exchange.query)))
            grant = self._gate.admit(exchange, match)
            request = replace(_request(exchange, match), by=grant.by)
            parts = follow(
                self._live, match.route, request, match.dialect.name, grant.workspace, receive,
                lambda: self._gate.still_admits(exchange, match),
            )  # fmt: skip
            first = await anext(parts)
            if exchange.method == "HEAD":
                await parts.aclose()
            else:
                exchange.parts = parts
            return Answer(200, first, STREAM_HEADERS)
        # A read has no use for a body. Were it read, anybody could fill the memory for bodies without a key.
        owner = self._gate.admit_reader(exchange, match, match.route)
        request = _request(exchange, match)
        grant = self._gate.placed(match, match.route, request, owner)
        return await while_wanted(
            exchange.headers, receive, self._read(exchange, match.route, replace(request, by=grant.by), grant)
        )

    async def _body(self, exchange: Exchange, receive: Any) -> bytes:
        """The whole body, decompressed."""
        encoding = body.encoding_of(exchange.headers)
        raw = await body.read(exchange.body_share, self._body_bytes, exchange.headers, receive)
        if raw and encoding is not None:
            if len(raw) <= INLINE_INFLATED_BYTES // body.MAX_RATIO:
                raw = body.decompress(raw, encoding, self._body_bytes)
            else:
                raw = await self._decoders.run(body.decompress, raw, encoding, self._body_bytes)
            exchange.body_share.take(len(raw))
        exchange.body_bytes = len(raw)
        return raw

    async def _record(self, exchange: Exchange, match: Match, route: Ingest, request: Request, grant: Grant) -> Answer:
        if len(request.body) <= INLINE_BODY_BYTES:
            intake = route.decode(request)
        else:
            intake = await self._decoders.run(route.decode, request)
        once = _once(exchange, match, grant, request.body)
        reading = self._reading(grant.workspace, exchange.at)
        if route.check is None:
            await self._append(exchange, match, grant, intake, once)
        else:
            async with self._alone if route.alone else nullcontext():
                if once is None or not await self._checkers.run(self._recorded, once, exchange.at):
                    intake = await self._checkers.run(route.check, request, intake, reading)
                await self._append(exchange, match, grant, intake, once)
        try:
            answer = await self._tell(exchange, route, intake, reading)
        except (Refused, StoreError) as error:  # no refusal is true any more: they all say that nothing was stored
            raise InternalError(f"the events are recorded, but the answer could not be made: {error}") from error
        exchange.answer_share.hold(len(answer.body))
        return answer

    async def _tell(self, exchange: Exchange, route: Ingest, intake: Intake, reading: Reading) -> Answer:
        if not route.asks or self._committed(exchange.entries):
            return intake.answer(exchange.entries, reading)
        return await self._checkers.run_surely(intake.answer, exchange.entries, reading)

    async def _append(self, exchange: Exchange, match: Match, grant: Grant, intake: Intake, once: Once | None) -> None:
        if intake.drafts:
            submission = Submission(grant.workspace, match.dialect.name, grant.by, exchange.at, intake.drafts, once)
            exchange.entries = await self._appender.append(submission)

    async def _read(self, exchange: Exchange, route: Read, request: Request, grant: Grant) -> Answer:
        answer = await self._readers.run(route.answer, request, self._reading(grant.workspace, exchange.at))
        exchange.answer_share.take(len(answer.body))
        return answer


def _once(exchange: Exchange, match: Match, grant: Grant, raw: bytes) -> Once | None:
    """What makes a request the same as another: its workspace, route, what it is about, its key, and then its body."""
    key = exchange.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS or not key.isprintable():
        raise InvalidBody(f"an Idempotency-Key has 1 to {MAX_KEY_CHARACTERS} printable characters")
    subject = repr((grant.workspace.id, match.dialect.name, match.route.path, sorted(match.parameters.items()), key))
    about = subject.encode("utf-8", "backslashreplace")
    # With the key in it, which is kept nowhere, the digest of a body does not tell a body that is guessed.
    return Once(sha256(about).digest(), sha256(sha256(b"body\x00" + about).digest() + raw).digest())


def _request(exchange: Exchange, match: Match) -> Request:
    """Without its body. Raises InvalidBody, which nobody is told who was not admitted."""
    return Request(
        exchange.method, exchange.path, exchange.headers, urls.fields(exchange.query), match.parameters, b"",
        exchange.at,
    )  # fmt: skip
