"""On which stores the tests run that go through a whole server, and how a server of theirs is told of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.running import Running, start

STORES = ("in_sqlite", "in_postgresql")
"""The fixtures of the stores there are; the first is what a server takes where it is told nothing."""
ON_EVERY_STORE = (
    "concurrency",
    "dialects",
    "server/test_downloads.py",
    "server/test_evidence.py",
    "server/test_orders.py",
    "server/test_preferences.py",
    "server/test_reads.py",
    "wire",
)
"""Tests of what a server records, finds and proves. What it does with bytes and connections is the same on all."""


class Storing:
    """Where servers keep their ledgers: each in its data directory, or each in a database of its own."""

    def __init__(self, new_database: Callable[[str], str] | None = None) -> None:
        """`new_database`: makes an empty one of this name, and returns its URL; without it: the embedded store."""
        self._new_database = new_database
        self._shared: Running | None = None

    def environment(self, data: Path) -> dict[str, str]:
        """What the first command on a data directory is told; it notes it there for all that come later."""
        if self._new_database is None or data.exists():
            return {}
        return {"AFFIDAVIT_STORE": self._new_database(f"test_{uuid.uuid4().hex}")}

    def start(
        self, data: Path, *arguments: str, environment: Mapping[str, str] | None = None, **options: Any
    ) -> Running:
        """`tests.running.start`, with the ledger where it belongs."""
        return start(data, *arguments, environment=self.environment(data) | dict(environment or {}), **options)

    def shared(self, data: Path) -> Running:
        """A server for everybody, started when it is first asked for.

        What it records about itself does not come between the entries of those who share it.
        """
        if self._shared is None:
            self._shared = self.start(data, environment={"AFFIDAVIT_HEADS_SECONDS": "86400"})
        return self._shared

    def close(self) -> None:
        """Stop what is shared."""
        if self._shared:
            self._shared.stop()


def on_each_store(metafunc: pytest.Metafunc) -> None:
    """A test that takes `storing` runs on every store, if it is one of those, or on the first, by its name as ever."""
    if "storing" in metafunc.fixturenames:
        path = metafunc.definition.path.relative_to(Path(__file__).parent)
        stores = STORES if any(path.is_relative_to(part) for part in ON_EVERY_STORE) else STORES[:1]
        ids = [pytest.HIDDEN_PARAM, *stores[1:]]
        metafunc.parametrize("storing", stores, indirect=True, ids=ids, scope="session")
