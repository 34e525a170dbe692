"""Servers of a test's own, none of which outlives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import Running, start

Starter = Callable[[Path], Running]


@pytest.fixture
def starter() -> Iterator[Starter]:
    """Starts a server on a data directory. Those that still run when the test is over are killed."""
    started: list[Running] = []

    def go(data: Path) -> Running:
        started.append(start(data))
        return started[-1]

    yield go
    for server in started:
        server.kill()
