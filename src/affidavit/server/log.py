"""The program's log: one JSON line an occurrence, on stderr. Never a payload, a query string or a key."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
import structlog


def _json_bytes(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=repr)


def start() -> None:
    """Set the process's logging up. uvicorn's warnings go the same way."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(serializer=_json_bytes),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Forward()], force=True)


class _Forward(logging.Handler):
    """Hands the standard library's records to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, "library", source=record.name, message=record.getMessage(), exc_info=record.exc_info)
