"""Fixtures of all tests: a real server, as a real process, on a free port of loopback; a real PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import Cluster
from tests.postmaster import MISSING, binaries
from tests.running import Running, start

Starter = Callable[..., Running]
"""`tests.running.start`, for servers that a test starts itself."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests that only need one: they keep apart by names of sessions and agents, or workspaces.

    What it records about itself does not come between their entries.
    """
    running = start(tmp_path_factory.mktemp("server") / "data", environment={"AFFIDAVIT_HEADS_SECONDS": "86400"})
    yield running
    running.stop()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where a test of its own server keeps its ledger."""
    return tmp_path / "data"


@pytest.fixture
def starter() -> Iterator[Starter]:
    """Starts servers of a test's own. Those that still run when it is over are killed."""
    started: list[Running] = []

    def go(data: Path, *arguments: str, **options: Any) -> Running:
        started.append(start(data, *arguments, **options))
        return started[-1]

    yield go
    for running in started:
        running.kill()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """PostgreSQL for all tests of this process that need no more than a database of their own."""
    if binaries() is None:
        pytest.skip(MISSING)
    with Cluster() as running:
        yield running


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    """The URL of a new empty database, which is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    yield cluster.create_database(name)
    cluster.drop_database(name)
