"""The ASGI application: a request in, a dialect's answer out. Whatever goes wrong is drawn by the path's dialect."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from typing import Any

import msgspec
import orjson
import structlog

from affidavit.dialects.contract import Answer
from affidavit.errors import AffidavitError, InternalError, Refused, StoreError, Unavailable
from affidavit.server.endpoints import Endpoints
from affidavit.server.exchange import Exchange
from affidavit.server.limits import ClientGone
from affidavit.server.router import Router

CLIENT_GONE = 499
"""What the program's log says of a request whose client hung up."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class App:
    """The ASGI callable, one for each process."""

    def __init__(self, router: Router, endpoints: Endpoints, ready: Callable[[], None]) -> None:
        """`ready` raises AffidavitError while the ledger cannot be used."""
        self._router = router
        self._endpoints = endpoints
        self._ready = ready
        self._log = structlog.get_logger()
        self._run = os.urandom(4).hex()
        self._requests = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        started = time.perf_counter()
        exchange = self._open(scope)
        try:
            answer = await self._answer(exchange, receive)
        except ClientGone:
            status = CLIENT_GONE
        else:
            status = answer.status
            owner = self._router.owner(exchange.path)
            if owner is not None:
                answer = msgspec.structs.replace(answer, headers=answer.headers + owner.decorate(exchange.headers))
            await exchange.send(send, answer)
        self._log.info(
            "request", id=exchange.id, method=exchange.method, route=exchange.route, status=status,
            ms=round((time.perf_counter() - started) * 1000, 2), body_bytes=exchange.body_bytes,
            entries=len(exchange.entries), key=exchange.by,
        )  # fmt: skip

    def _open(self, scope: dict[str, Any]) -> Exchange:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        identity = headers.get("x-request-id", "")
        if not _REQUEST_ID.fullmatch(identity):
            self._requests += 1
            identity = f"{self._run}-{self._requests:x}"
        at = time.time_ns() // 1000
        return Exchange(identity, scope["method"], scope["path"], scope["query_string"], headers, at)

    async def _answer(self, exchange: Exchange, receive: Any) -> Answer:
        path = exchange.path
        try:
            if path in ("/healthz", "/readyz"):
                exchange.route = path
                return self._health(path)
            if exchange.method == "OPTIONS":
                return Answer(204)
            match = self._router.find(exchange.method, path)
            exchange.route = match.route.path
            return await self._endpoints.serve(exchange, match, receive)
        except Refused as error:
            return self._refuse(path, error)
        except StoreError as error:
            self._log.error("store", id=exchange.id, error=str(error))
            return self._refuse(path, Unavailable(f"the ledger cannot be used right now: {error}"))
        except ClientGone:
            raise
        except Exception:
            self._log.error("fault", id=exchange.id, exc_info=True)
            return self._refuse(path, InternalError(f"a fault of ours; its number is {exchange.id}"))

    def _refuse(self, path: str, error: Refused) -> Answer:
        owner = self._router.owner(path)
        if owner is not None:
            return owner.refuse(error)
        return Answer(error.status, orjson.dumps({"error": str(error), "status": error.status}))

    def _health(self, path: str) -> Answer:
        """/healthz: the process answers. /readyz: so does the ledger."""
        if path == "/readyz":
            try:
                self._ready()
            except AffidavitError as error:
                return Answer(503, orjson.dumps({"status": "not ready", "error": str(error)}))
        return Answer(200, b'{"status":"ok"}')
