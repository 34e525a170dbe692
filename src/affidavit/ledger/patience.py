"""Patience: whether anybody still waits for what a thread reads.

It belongs to the thread, and is in no signature: a walk asks a store many times, through parts that do not know on
whose behalf. Stores look at it before every read, and stop one that goes on when it ends. Who reads without it (the
command line, the commit's path) is never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import ParamSpec, TypeVar

from affidavit.errors import ReadEnded

P = ParamSpec("P")
R = TypeVar("R")


class Patience:
    """Of one who waits for one call. Any thread may end it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ended = False
        self._stops: list[Callable[[], None]] = []

    def end(self) -> None:
        """Nobody waits any more: what is read on its behalf, now or later, raises ReadEnded."""
        with self._lock:
            self._ended = True
            for stop in self._stops:
                stop()

    def read(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        """What `work` returns or raises; it reads on this one's behalf."""
        before = _whose.set(self)
        try:
            return work(*arguments, **named)
        finally:
            _whose.reset(before)

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Inside, `stop` is called when it ends; by another thread, and never after. Raises ReadEnded if it has."""
        with self._lock:
            if self._ended:
                raise ReadEnded("nobody waits for this read any more")
            self._stops.append(stop)
        try:
            yield
        finally:
            with self._lock:
                self._stops.remove(stop)


_whose: ContextVar[Patience | None] = ContextVar("patience", default=None)


@contextmanager
def stopped_by(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, `stop` is called when nobody waits for this thread's reads any more. Raises ReadEnded if nobody does."""
    patience = _whose.get()
    if patience is None:
        yield
    else:
        with patience.stopping(stop):
            yield
