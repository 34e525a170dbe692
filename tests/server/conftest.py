"""Every endpoint and every vendor, with a client, and the promise that what is refused leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest

from affidavit.server.turns import holding
from tests.running import Running
from tests.server.endpoints import ENDPOINTS, VENDORS, Endpoint, Vendor

Unchanged = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def on_nobodys_behalf() -> Iterator[None]:
    """What a test says of whose turn it is, it says for itself: outside a request nothing else takes it back."""
    before = holding.set("")
    yield
    holding.reset(before)


@pytest.fixture(params=ENDPOINTS, ids=lambda endpoint: endpoint.path)
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    """A route that records."""
    found: Endpoint = request.param
    return found


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    """A wire API."""
    found: Vendor = request.param
    return found


@pytest.fixture(scope="session")
def clients(server: Running) -> Iterator[dict[str, httpx.Client]]:
    """A client of every vendor, by name."""
    made = {vendor.name: vendor.client(server) for vendor in VENDORS}
    yield made
    for client in made.values():
        client.close()


@pytest.fixture
def client(endpoint: Endpoint, clients: dict[str, httpx.Client]) -> httpx.Client:
    """The client of the endpoint's vendor."""
    return clients[endpoint.vendor.name]


@pytest.fixture
def unchanged(clients: dict[str, httpx.Client]) -> Unchanged:
    """A block in which nothing may be recorded, by any vendor's count."""

    @contextmanager
    def block() -> Iterator[None]:
        before = [vendor.count(clients[vendor.name]) for vendor in VENDORS]
        yield
        assert [vendor.count(clients[vendor.name]) for vendor in VENDORS] == before

    return block
