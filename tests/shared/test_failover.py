"""The primary is killed, and its synchronous standby promoted: servers find it by themselves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from tests.postgres import Cluster
from tests.postmaster import MISSING, binaries
from tests.shared.clients import Clients
from tests.shared.conftest import MakeFleet
from tests.shared.fleet import Fleet

SERVERS = 2
CLIENTS = 16
OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "0"))
"""How long there is no primary at all: the longer it is, the more servers have lost heart."""
RECOVERY_SECONDS = 10
"""After the promotion, writers have recovered."""


@pytest.fixture
def primary() -> Iterator[Cluster]:
    """To be killed."""
    if binaries() is None:
        pytest.skip(MISSING)
    with Cluster() as running:
        yield running


def test_servers_go_on_with_the_standby(primary: Cluster, make_fleet: MakeFleet) -> None:
    """Nothing acknowledged is lost or there twice; whatever was signed before is the beginning of what is after."""
    name = "ledger"
    primary.create_database(name)
    with primary.standby() as standby:
        hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        fleet = make_fleet(f"postgresql://postgres@{hosts}/{name}?target_session_attrs=read-write", SERVERS)
        clients = Clients(fleet, CLIENTS)
        asyncio.run(_fail_over(fleet, clients, primary, standby))
        fleet.wait_for(lambda: fleet.sealed() >= clients.acknowledged)
        total = clients.hold()
        assert fleet.prove() == total
        fleet.close()


async def _fail_over(fleet: Fleet, clients: Clients, primary: Cluster, standby: Cluster) -> None:
    """Load before, during and after."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.work())
        await clients.grow(300)
        await asyncio.to_thread(fleet.sealer)
        fleet.look()
        await asyncio.to_thread(primary.kill)
        await asyncio.sleep(OUTAGE_SECONDS)
        await asyncio.to_thread(standby.promote)
        promoted = asyncio.get_running_loop().time()
        async with asyncio.timeout(RECOVERY_SECONDS):
            await clients.until(lambda: len(clients.latest) == SERVERS and min(clients.latest.values()) > promoted)
        await clients.grow(300)
        clients.stop()
