"""Every store, made empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from affidavit.storage.memory import MemoryStore
from affidavit.storage.sqlite import SqliteStore, create
from tests.contract.databases import Databases
from tests.contract.recording import ORIGIN, SEARCHABLE, AnyStore, Recording
from tests.postgres import Cluster

MakeStore = Callable[[Path], AnyStore]


def make_memory(directory: Path) -> AnyStore:
    """Nothing of it is in the directory."""
    return MemoryStore(SEARCHABLE, origin=ORIGIN)


def make_shared_memory(directory: Path) -> AnyStore:
    """The same, of several processes: positions come after the commit."""
    return MemoryStore(SEARCHABLE, origin=ORIGIN, shared=True)


def make_sqlite(directory: Path) -> AnyStore:
    """As the server opens it."""
    create(directory, ORIGIN)
    return SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=True)


_MAKERS = {"memory": make_memory, "shared": make_shared_memory, "sqlite": make_sqlite}


@pytest.fixture(scope="session")
def make_postgres(cluster: Cluster) -> MakeStore:
    """As a server opens it. Nothing of it is in the directory."""
    databases = Databases(cluster)
    return lambda directory: databases.store()


@pytest.fixture(scope="session", params=["memory", "shared", "sqlite", "postgres"])
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Makes an empty store in a directory that does not exist yet."""
    make: MakeStore = (
        request.getfixturevalue("make_postgres") if request.param == "postgres" else _MAKERS[request.param]
    )
    return make


@pytest.fixture
def store(make_store: MakeStore, tmp_path: Path) -> Iterator[AnyStore]:
    """An empty store."""
    with ExitStack() as opened:
        made = make_store(tmp_path / "ledger")
        opened.callback(made.close)
        yield made


@pytest.fixture
def recording(store: AnyStore) -> Recording:
    """A store with a sequencer on it."""
    return Recording(store)
