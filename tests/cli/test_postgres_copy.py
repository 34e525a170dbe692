"""A server whose clients' reads are answered from a copy of the database: what is recorded never depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import post
from tests.cli.program import affidavit
from tests.postgres import Cluster
from tests.postmaster import MISSING, binaries
from tests.running import Running, start
from tests.vendors import bearer

EVENT = {"agent_id": "agent", "session_id": "session", "action_type": "TOOL_CALL"}


@pytest.fixture
def primary() -> Iterator[Cluster]:
    """A cluster of its own, whose copies are its own as well."""
    if binaries() is None:
        pytest.skip(MISSING)
    with Cluster() as running:
        yield running


def test_reads_are_the_copys_and_all_else_is_not(primary: Cluster, data: Path) -> None:
    url = primary.create_database("ledger")
    with primary.standby() as copy:
        server = start(data, "--store", url, "--read-store", copy.url("ledger"))
        try:
            token = bearer(server.key("provenlog"))

            def shown() -> str:
                return httpx.get(f"{server.base_url}/v1/events", headers=token, timeout=30).text

            first = post(server, "provenlog", "/v1/events", EVENT)
            primary.wait_for(lambda: first["id"] in shown())
            copy.ask("SELECT pg_wal_replay_pause()")
            second = post(server, "provenlog", "/v1/events", EVENT)
            assert second["prev_hash"] == first["hash"]
            assert httpx.post(f"{server.base_url}/v1/affidavit/seal", headers=sealing(server)).status_code == 200
            assert first["id"] in shown()
            assert second["id"] not in shown()
            copy.ask("SELECT pg_wal_replay_resume()")
            primary.wait_for(lambda: second["id"] in shown())
        finally:
            server.kill()
        assert affidavit("verify", "--data", data).stdout.startswith("Proven: ")


def sealing(server: Running) -> dict[str, str]:
    """Who may have the ledger sealed."""
    return bearer(server.key("affidavit", ["seal"]))


def test_another_ledger_is_no_copy(cluster: Cluster, database: str, tmp_path: Path) -> None:
    other = cluster.create_database("no_copy")
    affidavit("store", "init", "--data", tmp_path / "ours", "--store", database, "--origin", "a.example/ours")
    affidavit("store", "init", "--data", tmp_path / "other", "--store", other, "--origin", "a.example/other")
    refused = affidavit("serve", "--data", tmp_path / "ours", "--read-store", other, "--port", "0", code=2).stderr
    assert "read_store has the ledger a.example/other, store has a.example/ours: name a copy of that" in refused
    cluster.drop_database("no_copy")
