"""A database that is brought back from a backup under running servers."""

from __future__ import annotations

import asyncio

import httpx
from psycopg import sql

from tests.postgres import Cluster
from tests.running import run
from tests.shared.clients import Clients
from tests.shared.conftest import MakeFleet
from tests.shared.fleet import Fleet
from tests.vendors import VENDORS, Event, bearer

SERVERS = 2
BACKUP = "backup"


def test_an_older_copy_is_signed_and_written_by_nobody(cluster: Cluster, database: str, make_fleet: MakeFleet) -> None:
    """Every server finds out by itself, and says so; none starts on it."""
    name = database.rpartition("/")[2]
    fleet = make_fleet(database, SERVERS)
    clients = Clients(fleet, 4)
    asyncio.run(_some(clients))
    copy(cluster, name, BACKUP)
    asyncio.run(_some(clients))
    fleet.wait_for(lambda: fleet.sealed() >= clients.acknowledged)
    cluster.drop_database(name)
    copy(cluster, BACKUP, name)
    cluster.drop_database(BACKUP)
    for server in fleet.servers:
        fleet.wait_for(lambda: '"fault":"OlderCopy"' in server.log.read_text())  # noqa: B023 - at once
    before = contents(fleet)
    for server in fleet.servers:
        assert httpx.get(server.base_url + "/readyz").status_code == 503
        for vendor in VENDORS:
            path, body = vendor.request([Event(clients.chains[0], "too late")])
            refused = httpx.post(server.base_url + path, json=body, headers=bearer(server.key(vendor.name)))
            assert refused.status_code == 503
            assert "nothing is recorded until the server is started again" in refused.text
    fleet.kill(0)
    ended = run("serve", "--data", fleet.servers[0].data, "--port", "0")
    assert (ended.returncode, "this is an older copy of it" in ended.stderr) == (2, True)
    assert contents(fleet) == before


def contents(fleet: Fleet) -> object:
    """What was recorded and signed."""
    return fleet.ask("SELECT (SELECT count(*) FROM affidavit.entries), (SELECT max(size) FROM affidavit.checkpoints)")


def copy(cluster: Cluster, name: str, other: str) -> None:
    """Whoever is connected meanwhile is cut off, and let in again."""
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    cluster.ask(allow.format(sql.Identifier(name), sql.SQL("false")))
    cluster.terminate_backends(name)
    cluster.create_database(other, template=name)
    cluster.ask(allow.format(sql.Identifier(name), sql.SQL("true")))


async def _some(clients: Clients) -> None:
    clients.go_on()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.work())
        await clients.grow(100)
        clients.stop()
