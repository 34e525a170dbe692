"""What the server says of itself: GET /api/health, /api/server-info and /api/version, for which no key is asked."""

from __future__ import annotations

from typing import Final

from affidavit import __version__
from affidavit.core import canonical
from affidavit.dialects.agentlens.refusals import API_VERSION
from affidavit.dialects.contract import Answer, Request
from affidavit.errors import StoreError
from affidavit.model.reading import Reading

FEATURES: Final = ("sessions", "agents", "analytics", "stats", "health")
"""The vendor's words for what is there of its API. Its clients look here before they ask for more."""


def health(_: Request, reading: Reading) -> Answer:
    """GET /api/health: 200, or 503 when the store does not answer."""
    try:
        database = {"ok": True, "latencyMs": reading.ping() // 1000}
    except StoreError:
        return _health(503, "degraded", {"ok": False, "latencyMs": 0})
    return _health(200, "ok", database)


def _health(status: int, word: str, database: dict[str, bool | int]) -> Answer:
    return Answer(status, canonical.write({"status": word, "version": __version__, "db": database}))


def server_info(_: Request, __: Reading) -> Answer:
    """GET /api/server-info: the program's version and what it can do. It has no prices of models."""
    pricing = {"source": "none", "asOf": None, "version": None, "modelCount": 0}
    return Answer(200, canonical.write({"version": __version__, "features": FEATURES, "pricing": pricing}))


def version(_: Request, __: Reading) -> Answer:
    """GET /api/version: of the API."""
    return Answer(200, canonical.write({"current": API_VERSION, "supported": [API_VERSION]}))
