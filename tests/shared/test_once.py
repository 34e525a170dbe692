"""What only one request may record: two servers of one ledger, asked at the same moment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from affidavit.wiring.database import KEY_FILES
from tests.running import Running, start
from tests.tables import ask

ROUNDS = 6


@pytest.fixture
def servers(database: str, tmp_path: Path) -> Iterator[list[Running]]:
    """Two, each with a data directory of its own."""
    first = start(tmp_path / "first", "--store", database)
    other = tmp_path / "second"
    other.mkdir(mode=0o700)
    for name in KEY_FILES:
        shutil.copy(first.data / name, other / name)
    running = [first, start(other, "--store", database)]
    yield running
    for server in running:
        server.kill()


def at_once(servers: list[Running], ask: Callable[[str], httpx.Response]) -> list[int]:
    """The statuses of what is asked of all servers at the same moment, twice of each."""
    with ThreadPoolExecutor(2 * len(servers)) as clients:
        answers = list(clients.map(ask, [server.base_url for server in servers] * 2))
    return sorted(answer.status_code for answer in answers)


def test_an_asn_is_registered_once(servers: list[Running]) -> None:
    key = {"Authorization": f"Bearer {servers[0].key('asn')}"}
    for number in range(ROUNDS):
        agent = {"name": "one", "class": "S", "asn": f"ASN-2026-0384-{number:04}-{number}"}

        def register(base: str, body: dict[str, str] = agent) -> httpx.Response:
            return httpx.post(f"{base}/api/v1/agents", headers=key, json=body, timeout=30)

        assert at_once(servers, register) == [201, 409, 409, 409]


def test_an_agent_of_pecta_is_registered_once(servers: list[Running]) -> None:
    key = {"Authorization": f"Bearer {servers[0].key('pecta')}"}
    for number in range(ROUNDS):

        def register(base: str, agent: str = f"agent-{number}") -> httpx.Response:
            return httpx.post(f"{base}/v1/agents", headers=key, json={"agent_id": agent}, timeout=30)

        assert at_once(servers, register) == [201] * 4
    counted = ask(
        servers[0].data, "SELECT count(*), count(DISTINCT chain) FROM affidavit.entries WHERE dialect = 'pecta'"
    )
    assert counted == [(ROUNDS, ROUNDS)]
