"""Routes that record: a body becomes drafts, drafts become entries, entries become the vendor's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from affidavit.access.admission import Grant
from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer, Dialect, Ingest, Intake, Request
from affidavit.errors import Contended, InternalError, InvalidBody, Refused, StoreError
from affidavit.model.draft import Once, Submission, Workspace
from affidavit.model.reading import Reading
from affidavit.server.append import Appender
from affidavit.server.bodies import Bodies
from affidavit.server.exchange import Exchange
from affidavit.server.preferences import Preferences
from affidavit.server.router import Match
from affidavit.server.threads import Threads

INLINE_BODY_BYTES = 64 << 10
"""Bodies up to here are decoded by the event loop's thread; larger ones would hold everybody else up.

Most bodies take 20 ms a MiB, but those that need the exact JSON reader take a second.
"""
MOST_TRIES = 3
"""How often a request is checked whose place another server takes in the meantime."""
MAX_KEY_CHARACTERS = 255
"""Of an Idempotency-Key."""


class Recording:
    """Owned by the event loop's thread."""

    def __init__(
        self,
        appender: Appender,
        bodies: Bodies,
        preferences: Preferences,
        *,
        reading: Callable[[Workspace, int], Reading],
        committed: Callable[[Sequence[Entry]], bool],
        recorded: Callable[[Once, int], bool],
        secret: Callable[[Dialect, str, int], bytes | None],
        entropy: Callable[[int], bytes],
        decoders: Threads,
        checkers: Threads,
    ) -> None:
        """`decoders` and `checkers` are strangers: no slow question and no large body keeps others waiting.

        reading     workspace, when the request came (µs since 1970) -> what its dialect may ask
        committed   told of entries whose answer will ask for scores; whether that will read nothing
        recorded    whether a request was recorded before (and when this one came, µs since 1970)
        secret      dialect, key id, generation -> the key's signing secret
        checkers    where the ledger is asked on behalf of what is to be recorded, or was
        """
        self._appender = appender
        self._bodies = bodies
        self._preferences = preferences
        self._reading = reading
        self._committed = committed
        self._recorded = recorded
        self._secret = secret
        self._entropy = entropy
        self._decoders = decoders
        self._checkers = checkers
        self._alone = asyncio.Lock()

    async def record(
        self, exchange: Exchange, match: Match, route: Ingest, request: Request, grant: Grant, receive: Any
    ) -> Answer:
        """`request` is without its body, which is read here. Raises Refused, StoreError, ClientGone."""
        raw = await self._bodies.whole(exchange, receive)
        request = replace(
            request,
            body=raw,
            entropy=self._entropy(16) if route.check else b"",
            secret=lambda: self._secret(match.dialect, grant.by, grant.secret_generation),
        )
        answer = await self._record(exchange, match, route, request, grant)
        if "prefer" in exchange.headers:
            answer = await self._preferences.honour(exchange.headers["prefer"], exchange.entries, answer, receive)
        return answer

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
                intake = await self._check_and_append(exchange, match, route, request, grant, intake, once)
        try:
            answer = await self._tell(exchange, route, intake, reading)
        except (Refused, StoreError) as error:  # no refusal is true any more: they all say that nothing was stored
            raise InternalError(f"the events are recorded, but the answer could not be made: {error}") from error
        exchange.answer_share.hold(len(answer.body))
        return answer

    async def _check_and_append(
        self,
        exchange: Exchange,
        match: Match,
        route: Ingest,
        request: Request,
        grant: Grant,
        decoded: Intake,
        once: Once | None,
    ) -> Intake:
        """What was recorded. Where another server came in between, what it recorded is looked at, and so on."""
        reading, check = self._reading(grant.workspace, exchange.at), route.check
        for tries_left in reversed(range(MOST_TRIES)):
            intake = decoded
            if check is not None and (once is None or not await self._checkers.run(self._recorded, once, exchange.at)):
                intake = await self._checkers.run(check, request, decoded, reading)
            try:
                await self._append(exchange, match, grant, intake, once)
            except Contended:
                if not tries_left:
                    raise
            else:
                break
        return intake

    async def _tell(self, exchange: Exchange, route: Ingest, intake: Intake, reading: Reading) -> Answer:
        if not route.asks or self._committed(exchange.entries):
            return intake.answer(exchange.entries, reading)
        return await self._checkers.run_surely(intake.answer, exchange.entries, reading)

    async def _append(self, exchange: Exchange, match: Match, grant: Grant, intake: Intake, once: Once | None) -> None:
        if intake.drafts:
            claim = _claim(match, grant, intake) if self._appender.shared else b""
            submission = Submission(
                grant.workspace, match.dialect.name, grant.by, exchange.at, intake.drafts, once, claim=claim
            )
            exchange.entries = await self._appender.append(submission)


def _claim(match: Match, grant: Grant, intake: Intake) -> bytes:
    """What no other server may record at the same time; nothing for a route that is not `alone`."""
    alone = getattr(match.route, "alone", "")
    if not alone:
        return b""
    scope = grant.workspace.id if alone == "workspace" else None
    chains = [draft.projection.chain_key for draft in intake.drafts]
    return sha256(
        repr((scope, match.dialect.name, match.route.path, chains)).encode("utf-8", "backslashreplace")
    ).digest()


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
