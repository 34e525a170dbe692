"""The ASGI application: a request in, a dialect's answer out. Whatever goes wrong is drawn by the path's dialect."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import orjson
import structlog

from affidavit.dialects.contract import Answer, Dialect
from affidavit.errors import (
    AffidavitError,
    BundleError,
    ErasedSince,
    InternalError,
    NotFound,
    Refused,
    StoreError,
    StoreUnreadable,
    Unavailable,
)
from affidavit.server.body import ClientGone
from affidavit.server.documents import Documents
from affidavit.server.endpoints import Endpoints
from affidavit.server.exchange import Exchange
from affidavit.server.limits import Budget, Share
from affidavit.server.log import RequestLog
from affidavit.server.router import Router, Target

CLIENT_GONE = 499
"""What the program's log says of a request that got no answer: its client hung up, or the server had to end."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Memory(msgspec.Struct, frozen=True):
    """What all requests share: bytes of bodies, and bytes of answers that their clients have not taken yet.

    `visitor_answers`: of those who come without a key, so that they take nothing from those who have one.
    """

    bodies: Budget
    answers: Budget
    visitor_answers: Budget


class App:
    """The ASGI callable, one for each process."""

    def __init__(
        self,
        router: Router,
        endpoints: Endpoints,
        documents: Documents,
        memory: Memory,
        requests: RequestLog,
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        """`ready` raises AffidavitError while the ledger cannot be used."""
        self._router = router
        self._endpoints = endpoints
        self._documents = documents
        self._memory = memory
        self._requests = requests
        self._ready = ready
        self._log = structlog.get_logger()
        self._run = os.urandom(4).hex()
        self._numbered = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        started = time.perf_counter()
        exchange, status = self._open(scope), CLIENT_GONE
        try:
            answer = await self._answer(exchange, receive)
            await exchange.send(send, answer)
            status = answer.status
        except ClientGone:
            pass
        finally:
            exchange.release()
            self._requests.add(exchange, status, time.perf_counter() - started)

    def _open(self, scope: dict[str, Any]) -> Exchange:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        identity = headers.get("x-request-id", "")
        if not _REQUEST_ID.fullmatch(identity):
            self._numbered += 1
            identity = f"{self._run}-{self._numbered:x}"
        return Exchange(
            identity, scope["method"], scope["raw_path"].decode("ascii"), scope["query_string"], headers,
            scope["client"][0], time.time_ns() // 1000, self._memory.visitor_answers, Share(self._memory.bodies),
            Share(self._memory.answers),
        )  # fmt: skip

    async def _answer(self, exchange: Exchange, receive: Any) -> Answer:
        owner: Dialect | None = None
        try:
            path = exchange.path
            if path in ("/healthz", "/readyz"):
                exchange.route = path
                return await self._health(path)
            if (document := self._documents.answer(exchange.method, path)) is not None:
                exchange.route = path
                return document
            target = self._router.resolve(exchange.method, path, exchange.headers)
            owner = target.owner
            try:
                answer = await self._routed(exchange, target, receive)
            except Refused as error:
                answer = _draw(owner, error)
            except ErasedSince as error:
                answer = _draw(owner, Unavailable(str(error)))
            except BundleError as error:
                answer = _draw(owner, NotFound(str(error)))
            except StoreError as error:
                self._log.error("store", id=exchange.id, error=str(error))
                answer = _draw(owner, _refusal(error))
            return _decorate(owner, answer, exchange)
        except ClientGone:
            raise
        except Exception:
            self._log.error("fault", id=exchange.id, exc_info=True)
            return _draw(owner, InternalError(f"a fault of ours; its number is {exchange.id}"))

    async def _routed(self, exchange: Exchange, target: Target, receive: Any) -> Answer:
        if exchange.method == "OPTIONS":
            return Answer(204)
        if isinstance(target.found, Refused):
            raise target.found
        exchange.route = target.found.route.path
        return await self._endpoints.serve(exchange, target.found, receive)

    async def _health(self, path: str) -> Answer:
        """/healthz: the process answers. /readyz: so does the ledger."""
        if path == "/readyz":
            try:
                await self._ready()
            except AffidavitError as error:
                return Answer(503, orjson.dumps({"status": "not ready", "error": str(error)}))
        return Answer(200, b'{"status":"ok"}')


def _refusal(error: StoreError) -> Refused:
    """What a client is told: to come again, unless that cannot help."""
    if isinstance(error, StoreUnreadable):
        return InternalError(f"a part of the ledger cannot be read: {error}")
    return Unavailable(f"the ledger cannot be used right now: {error}")


def _draw(owner: Dialect | None, error: Refused) -> Answer:
    """A refusal, in the shape of the path's dialect where it has one."""
    if owner is not None:
        return owner.refuse(error)
    return Answer(error.status, orjson.dumps({"error": str(error), "status": error.status}))


def _decorate(owner: Dialect | None, answer: Answer, exchange: Exchange) -> Answer:
    """The answer with the headers that its dialect gives to every answer."""
    if owner is None:
        return answer
    added = owner.decorate(exchange.headers)
    if exchange.rate is not None:
        added += owner.rate_headers(exchange.rate)
    return msgspec.structs.replace(answer, headers=answer.headers + added) if added else answer
