"""What was used last, up to a limit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A bounded map: past its limit, what was asked for longest ago goes. Any thread may call it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """What is kept under a key; it is the newest then."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def get_or_make(self, key: K, make: Callable[[], V]) -> V:
        """What is kept under a key; made and kept if nothing is. `make` is quick: others wait for it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            made = make()
            self._put(key, made)
            return made

    def put(self, key: K, value: V) -> None:
        """Keep a value, in the place of what was there."""
        with self._lock:
            self._put(key, value)

    def drop(self, goes: Callable[[K], bool]) -> None:
        """Forget what is kept under all keys of which this is true."""
        with self._lock:
            for key in [key for key in self._kept if goes(key)]:
                del self._kept[key]

    def _put(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
