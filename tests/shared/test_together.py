"""Four servers, 64 clients, twenty chains that all of them write to."""

from __future__ import annotations

import asyncio

from tests.shared.clients import CHAINS, Clients
from tests.shared.conftest import MakeFleet

SERVERS = 4
CLIENTS = 64
EVENTS = 1500


def test_four_servers_make_one_history(database: str, make_fleet: MakeFleet) -> None:
    """Every chain is one, without a gap; nothing acknowledged is missing, nothing is there twice, and it is proven."""
    fleet = make_fleet(database, SERVERS)
    clients = Clients(fleet, CLIENTS)
    asyncio.run(_some(clients, EVENTS))
    assert 2 * len(clients.chains) == 2 * CHAINS == 20
    assert clients.hold() == clients.acknowledged >= EVENTS
    assert clients.refused == 0
    assert clients.latest.keys() == set(range(SERVERS))
    assert fleet.prove() == clients.acknowledged
    assert fleet.seals()


async def _some(clients: Clients, events: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.work())
        await clients.grow(events)
        clients.stop()
