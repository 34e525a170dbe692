"""A server whose database is behind PgBouncer in transaction mode: nothing of ours outlives a transaction there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import post
from tests.cli.program import affidavit
from tests.pgbouncer import CONNECTIONS, MISSING, PROGRAM, Bouncer
from tests.postgres import Cluster
from tests.running import Running, start
from tests.vendors import bearer

EVENT = {"agent_id": "agent", "session_id": "session", "action_type": "TOOL_CALL"}
GROUNDS = ("--reason", "test", "--authority", "us")
CLIENTS, EVENTS = 16, 5


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """It makes its ledger there, too."""
    if not PROGRAM:
        pytest.skip(MISSING)
    cluster.create_database("pooled")
    with Bouncer(cluster) as bouncer:
        running = start(tmp_path_factory.mktemp("pooled") / "data", "--store", bouncer.url("pooled"))
        yield running
        running.kill()
    cluster.drop_database("pooled")


def test_many_at_once_have_few_connections(server: Running, cluster: Cluster) -> None:
    """Events, pages, searches, keys, seals, all mixed: no statement relies on what an earlier transaction set."""
    token, reading = bearer(server.key("provenlog")), bearer(server.key("agentlens"))

    def work(client: int) -> list[str]:
        made = []
        for number in range(EVENTS):
            body = EVENT | {"session_id": f"session {client % 4}", "labels": {"n": f"needle-{client}-{number}"}}
            posted = httpx.post(f"{server.base_url}/v1/events", json=body, headers=token, timeout=30)
            assert posted.status_code == 201, posted.text
            made.append(posted.json()["id"])
            assert (
                httpx.get(f"{server.base_url}/api/events?search=needle", headers=reading, timeout=30).status_code == 200
            )
        return made

    with ThreadPoolExecutor(CLIENTS) as threads:
        made = {identity for made in threads.map(work, range(CLIENTS)) for identity in made}
    shown = httpx.get(f"{server.base_url}/v1/events?limit=1000", headers=token, timeout=30).text
    assert len(made) == CLIENTS * EVENTS
    assert all(identity in shown for identity in made)
    backends = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'pooled'"
    assert cluster.ask(backends)[0][0] <= CONNECTIONS


def test_commands_and_erasures_and_the_whole_proof(server: Running) -> None:
    identity = post(server, "provenlog", "/v1/events", EVENT)["id"]
    seal = bearer(server.key("affidavit", ["seal"]))
    assert httpx.post(f"{server.base_url}/v1/affidavit/seal", headers=seal, timeout=30).status_code == 200
    done = affidavit("erase", identity, *GROUNDS, "--data", server.data, "--json").stdout
    assert json.loads(done)["erased"] == [identity]
    assert affidavit("verify", "--data", server.data).stdout.startswith("Proven: ")
    assert Path(server.log).read_text().count('"error"') == 0
