"""The two things a dialect's route can do: record, and read. Admission comes before both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from affidavit.access.admission import Admission, Grant
from affidavit.dialects.contract import Answer, Ingest, Intake, Read, Request
from affidavit.errors import InternalError, InvalidBody, Refused, StoreError
from affidavit.model.draft import Submission, Workspace
from affidavit.model.reading import Reading
from affidavit.server import body
from affidavit.server.append import Appender
from affidavit.server.exchange import Exchange
from affidavit.server.origins import refuse_foreign
from affidavit.server.router import Match
from affidavit.server.threads import Threads

INLINE_BODY_BYTES = 1 << 20
"""Bodies up to here are worked on by the event loop's thread; larger ones would hold everybody else up."""
MAX_QUERY_FIELDS = 100


class Endpoints(msgspec.Struct, frozen=True):
    """`public`: the workspace that routes without a key look into. `body_bytes`: the limit of one body.

    `decoders` and `readers` are strangers, so that slow reads do not keep large bodies waiting.
    """

    admission: Admission
    appender: Appender
    reading: Callable[[Workspace], Reading]
    public: Workspace
    decoders: Threads
    readers: Threads
    body_bytes: int

    async def serve(self, exchange: Exchange, match: Match, receive: Any) -> Answer:
        """The vendor's order of checks: key, scope, body. Raises Refused, StoreError, ClientGone."""
        grant = self._admit(exchange, match)
        raw = await self._body(exchange, receive)
        request = Request(
            exchange.method, exchange.path, exchange.headers, _fields(exchange.query), match.parameters, raw,
            exchange.at, grant.by,
        )  # fmt: skip
        if isinstance(match.route, Ingest):
            return await self._record(exchange, match, match.route, request, grant)
        return await self._read(exchange, match.route, request, grant)

    def _admit(self, exchange: Exchange, match: Match) -> Grant:
        if self.admission.open_grant is not None:
            refuse_foreign(exchange.headers)
            grant = self.admission.open_grant
        elif match.route.scope is None:
            return Grant(self.public, "", ())
        else:
            token = match.dialect.credential(exchange.headers)
            grant = self.admission.admit(token, match.dialect.name)
            exchange.by = grant.by
            grant.require(match.route.scope)
        exchange.by = grant.by
        return grant

    async def _body(self, exchange: Exchange, receive: Any) -> bytes:
        """The whole body, decompressed."""
        encoding = body.encoding_of(exchange.headers)
        raw = await body.read(exchange.body_share, self.body_bytes, exchange.headers, receive)
        if raw and encoding is not None:
            if len(raw) <= INLINE_BODY_BYTES // body.MAX_RATIO:
                raw = body.decompress(raw, encoding, self.body_bytes)
            else:
                raw = await self.decoders.run(body.decompress, raw, encoding, self.body_bytes)
            exchange.body_share.take(len(raw))
        exchange.body_bytes = len(raw)
        return raw

    async def _record(self, exchange: Exchange, match: Match, route: Ingest, request: Request, grant: Grant) -> Answer:
        if len(request.body) <= INLINE_BODY_BYTES:
            intake = route.decode(request)
        else:
            intake = await self.decoders.run(route.decode, request)
        if intake.drafts:
            submission = Submission(grant.workspace, match.dialect.name, grant.by, exchange.at, intake.drafts)
            exchange.entries = await self.appender.append(submission)
        try:
            answer = await self._recorded(exchange, route, intake, grant)
        except (Refused, StoreError) as error:
            raise InternalError(f"the events are recorded, but the answer could not be made: {error}") from error
        exchange.answer_share.hold(len(answer.body))
        return answer

    async def _recorded(self, exchange: Exchange, route: Ingest, intake: Intake, grant: Grant) -> Answer:
        reading = self.reading(grant.workspace)
        if route.asks:
            return await self.readers.run_surely(intake.answer, exchange.entries, reading)
        return intake.answer(exchange.entries, reading)

    async def _read(self, exchange: Exchange, route: Read, request: Request, grant: Grant) -> Answer:
        answer = await self.readers.run(route.answer, request, self.reading(grant.workspace))
        exchange.answer_share.take(len(answer.body))
        return answer


def _fields(query: bytes) -> dict[str, str]:
    """Query string -> fields; of one given twice the last counts."""
    if not query:
        return {}
    try:
        return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS))
    except ValueError:
        raise InvalidBody(f"the query string has more than {MAX_QUERY_FIELDS} fields") from None
