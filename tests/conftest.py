"""Fixtures of all tests: a real server, as a real process, on a free port of loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Running, start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests that only need one: they keep apart by names of sessions and agents, or workspaces."""
    running = start(tmp_path_factory.mktemp("server") / "data")
    yield running
    running.stop()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where a test of its own server keeps its ledger."""
    return tmp_path / "data"
