"""Servers that are stopped with SIGSTOP, and wake up (SIGCONT) when the world has gone on without them."""

from __future__ import annotations

import asyncio

from tests.shared.clients import Clients
from tests.shared.conftest import MakeFleet
from tests.shared.fleet import Fleet

SERVERS = 2
CLIENTS = 8
TRIES = 300
"""A server that is paused at any moment is in the midst of a commit once in a few."""
_HOLDS_CHAINS = """
SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
WHERE a.application_name = 'server-{}' AND a.state = 'idle in transaction'
    AND l.relation = 'affidavit.chains'::regclass AND l.mode = 'RowShareLock'
"""


def test_a_sealer_that_sleeps_longer_than_its_lease(database: str, make_fleet: MakeFleet) -> None:
    """Another takes over. Awake again, it records as before and seals nothing, until it is for this one again."""
    fleet = make_fleet(database, SERVERS)
    clients = Clients(fleet, CLIENTS)
    slept = asyncio.run(_sleep_through_the_lease(fleet, clients))
    fleet.wait_for(lambda: fleet.sealed() >= clients.acknowledged)
    whose = [seal.who for seal in fleet.seals()]
    assert whose == sorted(whose, key=lambda who: who != slept), "the one, then the other"
    asyncio.run(_seal_again(fleet, clients, slept))
    assert clients.hold() == fleet.prove()


async def _seal_again(fleet: Fleet, clients: Clients, server: int) -> None:
    """The other dies, and it is for this one."""
    clients.go_on()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.work())
        fleet.kill(1 - server)
        await asyncio.to_thread(fleet.wait_for, lambda: fleet.sealer() == server)
        await asyncio.to_thread(fleet.start, 1 - server)
        clients.stop()


async def _sleep_through_the_lease(fleet: Fleet, clients: Clients) -> int:
    """Returns which server slept."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.work())
        await clients.grow(100)
        slept = await asyncio.to_thread(fleet.sealer)
        fleet.pause(slept)
        await asyncio.to_thread(fleet.wait_for, lambda: fleet.sealer() != slept)
        fleet.look()
        fleet.resume(slept)
        await clients.answered_by(slept)
        await clients.grow(100)
        clients.stop()
    return slept


def test_a_server_that_is_paused_in_the_midst_of_a_commit_gives_way(database: str, make_fleet: MakeFleet) -> None:
    """Its transaction is ended by the database, the other goes on; awake again, it commits what it had begun, once."""
    fleet = make_fleet(database, SERVERS)
    clients = Clients(fleet, CLIENTS)
    asyncio.run(_pause_in_a_commit(fleet, clients, 1))
    assert clients.refused == 0
    assert clients.hold() == fleet.prove() == clients.acknowledged


async def _pause_in_a_commit(fleet: Fleet, clients: Clients, paused: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.work())
        await clients.grow(50)
        await _catch(fleet, clients, paused)
        await asyncio.to_thread(fleet.wait_for, lambda: not _holds_chains(fleet, paused))
        await clients.answered_by(1 - paused)
        fleet.resume(paused)
        await clients.answered_by(paused)
        clients.stop()


async def _catch(fleet: Fleet, clients: Clients, number: int) -> None:
    """Pause it while it has chains locked, and rests between two statements."""
    for _ in range(TRIES):
        fleet.pause(number)
        if _holds_chains(fleet, number) and _holds_chains(fleet, number):
            return
        fleet.resume(number)
        await clients.grow(1)
    raise AssertionError(f"in {TRIES} tries the server was in no commit")


def _holds_chains(fleet: Fleet, number: int) -> bool:
    return fleet.ask(_HOLDS_CHAINS.format(number)) != [(0,)]
