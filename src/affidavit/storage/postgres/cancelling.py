"""Has the database end what nobody waits for any more, without anybody waiting for that.

To cancel is to make another connection, with TLS perhaps, to a database that may be slow: whoever finds that a read has
to end, the event loop's thread mostly, only says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import Final, Protocol

import psycopg

from affidavit.errors import ReadEnded
from affidavit.ledger.patience import stopped_by

CANCEL_SECONDS: Final = 5.0
"""How long a cancellation may take. A read that it does not reach ends by itself, or with its connection."""
_AT_ONCE: Final = 2


class Cancelled(Protocol):
    """A connection."""

    def cancel_safe(self, *, timeout: float) -> None:
        """End the statement that runs on it."""
        ...


class Cancelling:
    """One for a pool of connections."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, "cancelling")

    @contextmanager
    def stopping(self, connection: Cancelled) -> Iterator[None]:
        """Inside, what runs on the connection is cancelled when nobody waits for it. Raises ReadEnded if nobody does.

        Nothing is left of that at the end: the connection's next statement is somebody else's. What others cancel, a
        timeout of the database's own among them, stays psycopg's QueryCanceled.
        """
        begun: list[Future[None]] = []
        try:
            with stopped_by(lambda: begun.append(self._threads.submit(_cancel, connection))):
                yield
        except psycopg.errors.QueryCanceled as error:
            if not begun:
                raise
            raise ReadEnded("nobody waits for this read any more") from error
        finally:
            wait(begun)

    def close(self) -> None:
        """Nobody may be reading."""
        self._threads.shutdown()


def _cancel(connection: Cancelled) -> None:
    with suppress(psycopg.Error):
        connection.cancel_safe(timeout=CANCEL_SECONDS)
