"""The program's log: one JSON line an occurrence, on stderr. Never a payload, a query string or a key.

A log that cannot be written (a full disk, a reader that has gone) stops nobody's work: its lines are lost.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from affidavit.server.exchange import Exchange


def start() -> None:
    """Set the process's logging up. The standard library's warnings go the same way."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _place_fault,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(serializer=_json_bytes),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Forward()], force=True)


class RequestLog:
    """A line a request. Owned by the event loop's thread: what one turn of the loop has to say is written at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[bytes] = []

    def add(self, exchange: Exchange, status: int, seconds: float) -> None:
        """Note that a request was answered with `status`, or what else became of it."""
        if not self._waiting:
            self._loop.call_soon(self._write)
        line = {
            "event": "request",
            "id": exchange.id,
            "method": exchange.method,
            "route": exchange.route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "body_bytes": exchange.body_bytes,
            "entries": len(exchange.entries),
            "key": exchange.by,
            "level": "info",
            "at": datetime.now(UTC),
        }
        self._waiting.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))

    def _write(self) -> None:
        lines = b"".join(self._waiting)
        self._waiting.clear()
        _write(lines)


class _Lines:
    """structlog's logger: every level's method takes a finished line."""

    def __init__(self, *_: Any) -> None:
        pass

    def info(self, line: bytes) -> None:
        _write(line + b"\n")

    debug = warning = error = critical = info


def _write(lines: bytes) -> None:
    try:
        sys.stderr.buffer.write(lines)
        sys.stderr.buffer.flush()
    except (OSError, ValueError):
        pass


def _json_bytes(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=repr)


def _place_fault(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say of an exception what it is and where, not what it says: that may be a client's text."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else sys.exc_info()[1] if info else None
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        event["fault"] = type(error).__name__
        event["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


class _Forward(logging.Handler):
    """Hands the standard library's records to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, "library", source=record.name, message=record.getMessage(), exc_info=record.exc_info)
