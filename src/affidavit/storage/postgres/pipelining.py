"""Pipelines after which PostgreSQL's clock of a resting transaction runs.

`idle_in_transaction_session_timeout` starts when the server says that it is ready, and stops at the next message,
whatever that is. psycopg sends a Flush behind the last Sync of a pipeline: with it a server of ours that is paused in
the midst of a commit would keep chains locked for as long as it sleeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import PQGen


class _Pipeline(psycopg.Pipeline):
    """Ends with a Sync, which flushes as well. What it overrides is psycopg's own: tests/contract counts messages."""

    def _exit_gen(self) -> PQGen[None]:
        try:
            self._enqueue_sync()
            yield from self._communicate_gen()
        finally:
            yield from self._fetch_gen(flush=False)


class PipeliningConnection(psycopg.Connection[tuple[Any, ...]]):
    """One whose pipelines are these. They do not nest."""

    @contextmanager
    def pipeline(self) -> Iterator[psycopg.Pipeline]:
        """Statements inside are sent together; their results are there behind it."""
        self._pipeline = _Pipeline(self)
        try:
            with self._pipeline:
                yield self._pipeline
        finally:
            self._pipeline = None
