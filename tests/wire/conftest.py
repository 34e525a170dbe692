"""Servers that several tests share, and clients of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.running import Running
from tests.storing import Storing
from tests.wire.callers import Callers
from tests.wire.reports import REPORTS, Report


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Running]:
    """A server that only one file of tests reports to."""
    running = storing.start(tmp_path_factory.mktemp("own") / "data")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="package")
def opened(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Running]:
    """A server that asks for no key."""
    running = storing.start(tmp_path_factory.mktemp("opened") / "data", "--open")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def callers(own: Running) -> Iterator[Callers]:
    """Clients of the file's own server."""
    made = Callers(own)
    yield made
    made.close()


@pytest.fixture(params=REPORTS, ids=str)
def report(request: pytest.FixtureRequest) -> Report:
    """A route that records, with a request it takes."""
    found: Report = request.param
    return found


@pytest.fixture
def key() -> str:
    """An Idempotency-Key that nobody has used."""
    return str(uuid.uuid4())
