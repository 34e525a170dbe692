"""A ledger to tamper with."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from tests.fault.keeping import wait_for_index
from tests.running import start
from tests.vendors import VENDORS, Event, bearer

REQUESTS = 8
"""To each dialect, each with one event for each of its chains."""
CHAINS = 3
LONG = 1_500
"""Words of a text that no page of the file can hold."""


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a ledger that was made over HTTP in both dialects; its server has stopped. Copy it."""
    # The ledger's own entry is one, and the last.
    server = start(tmp_path_factory.mktemp("healthy") / "data", environment={"AFFIDAVIT_HEADS_SECONDS": "86400"})
    try:
        for vendor in VENDORS:
            with httpx.Client(base_url=server.base_url, headers=bearer(server.key(vendor.name))) as client:
                for number in range(REQUESTS):
                    chains = [f"{vendor.name}-{chain}" for chain in range(CHAINS)]
                    path, body = vendor.request([Event(chain, _marker(chain, number)) for chain in chains])
                    assert client.post(path, json=body).status_code == 201
        wait_for_index(server.data, entries=REQUESTS * CHAINS * len(VENDORS))
    finally:
        server.stop()
    return server.data


def _marker(chain: str, number: int) -> str:
    if number == 3:
        return " ".join(f"{chain}.{word}" for word in range(LONG))
    return f"{chain}.{number}{'é€😀' if number % 2 else ''}"


@pytest.fixture
def tampered(healthy: Path, tmp_path: Path) -> Path:
    """A copy of the healthy ledger's data directory, to be tampered with."""
    return Path(shutil.copytree(healthy, tmp_path / "data"))
