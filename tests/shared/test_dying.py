"""Servers that are killed, connections that are cut, a database that is killed: all of it under load.

The suite does each of it once; `./scripts/soak` over and over. ROUNDS and SEED in the environment change both.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Iterator

import pytest

from tests.postgres import Cluster
from tests.postmaster import MISSING, binaries
from tests.shared.clients import Clients
from tests.shared.conftest import MakeFleet
from tests.shared.fleet import Fleet

ROUNDS = int(os.environ.get("ROUNDS", "1"))
SEED = int(os.environ.get("SEED", "1"))
SERVERS = 3
CLIENTS = 12
BETWEEN = (50, 250)
"""Events that are acknowledged between one blow and the next."""


@pytest.fixture
def own() -> Iterator[Cluster]:
    """A PostgreSQL that keeps what it has committed whatever happens, and may be killed."""
    if binaries() is None:
        pytest.skip(MISSING)
    with Cluster(fsync=True) as running:
        yield running


class Blows:
    """What befalls a fleet and its database. Each leaves them as they were, but for what they knew."""

    def __init__(self, fleet: Fleet, cluster: Cluster, chance: random.Random) -> None:
        self._fleet = fleet
        self._cluster = cluster
        self._chance = chance

    def all(self) -> list[Callable[[], object]]:
        """In a random order."""
        blows = [self.any_server, self.sealer, self.connections, self.connections, self.connections, self.database]
        return self._chance.sample(blows, len(blows))

    def any_server(self) -> None:
        """Any."""
        self._again(self._chance.randrange(SERVERS))

    def sealer(self) -> None:
        """The one that seals."""
        self._again(self._fleet.sealer())

    def _again(self, number: int) -> None:
        self._fleet.look()
        self._fleet.kill(number)
        self._fleet.look()
        self._fleet.start(number)

    def connections(self) -> None:
        """All of them, of all servers."""
        assert self._cluster.terminate_backends("ledger")

    def database(self) -> None:
        """Its memory is lost."""
        self._cluster.kill()
        self._cluster.start()


def test_whatever_dies_what_was_acknowledged_is_there_once(own: Cluster, make_fleet: MakeFleet) -> None:
    """Read back from every server, and proven; nothing that was ever signed is of another history."""
    chance = random.Random(SEED)
    fleet = make_fleet(own.create_database("ledger"), SERVERS)
    total = 0
    for number in range(1, ROUNDS + 1):
        clients = Clients(fleet, CLIENTS, seed=SEED, era=f"round-{number}-")
        asyncio.run(_round(clients, Blows(fleet, own, chance).all(), chance))
        total += clients.hold()
        assert fleet.prove() == total
        print(f"round {number} of {ROUNDS}, seed {SEED}: {total:,} events, proven")


async def _round(clients: Clients, blows: list[Callable[[], object]], chance: random.Random) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.work())
        for blow in blows:
            await clients.grow(chance.randint(*BETWEEN))
            await asyncio.to_thread(blow)
        await clients.grow(BETWEEN[0])
        clients.stop()
