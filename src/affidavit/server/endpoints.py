"""The two things a dialect's route can do: record, and read. Admission comes before both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from affidavit.access.admission import Admission, Grant
from affidavit.dialects.contract import Answer, Ingest, Intake, Request
from affidavit.errors import InvalidBody
from affidavit.model.draft import Submission, Workspace
from affidavit.model.reading import Reading
from affidavit.server.append import Appender
from affidavit.server.exchange import Exchange
from affidavit.server.limits import Budget
from affidavit.server.origins import refuse_foreign
from affidavit.server.router import Match

INLINE_BODY_BYTES = 1 << 20
"""Bodies up to here are decoded on the event loop's thread; larger ones would hold everybody else up."""
MAX_QUERY_FIELDS = 100


class Endpoints(msgspec.Struct, frozen=True):
    """`public`: the workspace that routes without a key look into. `readers`: threads for reads and large bodies."""

    admission: Admission
    appender: Appender
    reading: Callable[[Workspace], Reading]
    public: Workspace
    readers: Executor
    budget: Budget

    async def serve(self, exchange: Exchange, match: Match, receive: Any) -> Answer:
        """The vendor's order of checks: key, scope, body. Raises Refused, StoreError, ClientGone."""
        grant = self._admit(exchange, match)
        with self.budget.share() as share:
            body = await share.read(exchange.headers, receive)
            exchange.body_bytes = len(body)
            request = Request(
                exchange.method, exchange.path, exchange.headers, _fields(exchange.query), match.parameters, body,
                exchange.at,
            )  # fmt: skip
            if isinstance(match.route, Ingest):
                return await self._record(exchange, match, match.route, request, grant)
            reading = self.reading(grant.workspace)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.readers, match.route.answer, request, reading)

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

    async def _record(self, exchange: Exchange, match: Match, route: Ingest, request: Request, grant: Grant) -> Answer:
        intake: Intake
        if len(request.body) > INLINE_BODY_BYTES:
            intake = await asyncio.get_running_loop().run_in_executor(self.readers, route.decode, request)
        else:
            intake = route.decode(request)
        if intake.drafts:
            submission = Submission(grant.workspace, match.dialect.name, grant.by, exchange.at, intake.drafts)
            exchange.entries = await self.appender.append(submission)
        return intake.answer(exchange.entries)


def _fields(query: bytes) -> dict[str, str]:
    """Query string -> fields; of one given twice the last counts."""
    if not query:
        return {}
    try:
        return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS))
    except ValueError:
        raise InvalidBody(f"the query string has more than {MAX_QUERY_FIELDS} fields") from None
