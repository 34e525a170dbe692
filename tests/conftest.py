"""Fixtures of all tests: a real server, as a real process, on a free port of loopback; a real PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import Cluster
from tests.postmaster import MISSING, binaries
from tests.running import Running
from tests.storing import Storing, on_each_store

Starter = Callable[..., Running]
"""`Storing.start`, for servers that a test starts itself."""
pytest_generate_tests = on_each_store


@pytest.fixture(scope="session")
def in_sqlite() -> Iterator[Storing]:
    """Servers with the embedded store."""
    with closing(Storing()) as storing:
        yield storing


@pytest.fixture(scope="session")
def in_postgresql(cluster: Cluster) -> Iterator[Storing]:
    """Servers with databases of `cluster`."""
    with closing(Storing(cluster.create_database)) as storing:
        yield storing


@pytest.fixture(scope="session")
def storing(request: pytest.FixtureRequest) -> Storing:
    """One of the two: where the servers of this test keep their ledgers."""
    found: Storing = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def server(storing: Storing, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """One server for all tests that only need one: they keep apart by names of sessions and agents, or workspaces."""
    return storing.shared(tmp_path_factory.mktemp("server") / "data")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where a test of its own server keeps its ledger."""
    return tmp_path / "data"


@pytest.fixture
def starter(storing: Storing) -> Iterator[Starter]:
    """Starts servers of a test's own. Those that still run when it is over are killed."""
    started: list[Running] = []

    def go(data: Path, *arguments: str, **options: Any) -> Running:
        started.append(storing.start(data, *arguments, **options))
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
