"""The witness over HTTP: POST /add-checkpoint (C2SP tlog-witness), and GET /key, which is no secret."""

from __future__ import annotations

from typing import Any, Final

import structlog

from affidavit.core.proposal import SIZE_TYPE
from affidavit.errors import MethodNotAllowed, NotFound, OtherCheckpoint, Refused, Unavailable
from affidavit.server.body import ClientGone, read
from affidavit.server.limits import Budget, Share
from affidavit.server.threads import Threads
from affidavit.witness.witness import Witness

MAX_BODY_BYTES: Final = 64 << 10
"""A checkpoint with a hundred signatures and 63 hashes takes half of it."""
BODIES_BYTES: Final = 16 << 20
"""Bodies in memory at once; more are answered 503."""
ADD_CHECKPOINT: Final = "/add-checkpoint"
KEY: Final = "/key"
_METHODS = {ADD_CHECKPOINT: "POST", KEY: "GET"}
_TEXT = "text/plain; charset=utf-8"


class WitnessApp:
    """The ASGI callable."""

    def __init__(self, witness: Witness, judges: Threads) -> None:
        """`judges`: one thread, on which proposals are judged and written down."""
        self._witness = witness
        self._judges = judges
        self._bodies = Budget(BODIES_BYTES, "too many proposals at once")

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        share = Share(self._bodies, scope["client"][0])
        more: list[tuple[bytes, bytes]] = []
        try:
            status, kind, body = 200, _TEXT, await self._answer(scope, share, receive)
        except ClientGone:
            return
        except OtherCheckpoint as error:
            status, kind, body = error.status, SIZE_TYPE, f"{error.size}\n"
        except Refused as error:
            status, kind, body, more = error.status, _TEXT, f"{error}\n", _headers(error)
        except Exception:
            structlog.get_logger().error("fault", exc_info=True)
            status, kind, body = 500, _TEXT, "a fault of ours, which the witness's log has\n"
        finally:
            share.release()
        data = body.encode()
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(data)), *more]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data})

    async def _answer(self, scope: dict[str, Any], share: Share, receive: Any) -> str:
        path, method = scope["path"], scope["method"]
        if path not in _METHODS:
            raise NotFound(f"there is nothing here: POST {ADD_CHECKPOINT}, or GET {KEY}")
        if method != _METHODS[path]:
            raise MethodNotAllowed(f"{path} takes {_METHODS[path]}", allowed=(_METHODS[path],))
        if path == KEY:
            return f"{self._witness.key}\n"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await read(share, MAX_BODY_BYTES, headers, receive)
        return await self._judges.run(self._witness.add, body)


def _headers(error: Refused) -> list[tuple[bytes, bytes]]:
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", ", ".join(error.allowed).encode())]
    if isinstance(error, Unavailable):
        return [(b"retry-after", b"%d" % error.retry_after)]
    return []
