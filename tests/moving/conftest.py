"""A ledger that has something of everything, and whose servers have stopped."""

from __future__ import annotations

import base64
import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from affidavit.wiring.ledger import open_store
from affidavit.wiring.place import Place
from tests.cli.conftest import agentlens_event, post
from tests.cli.program import affidavit
from tests.invoking import invoke
from tests.moving.copies import EVENT, KEYED, QUIET, copied, order
from tests.running import Running, start
from tests.vendors import bearer

COSIGNATURE = f"— witness.example/one {base64.b64encode(bytes(76)).decode()}\n"


@pytest.fixture(scope="package")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with something of everything; nobody serves it. Tests take copies."""
    directory = tmp_path_factory.mktemp("source")
    running = start(directory / "data", environment=QUIET)
    try:
        told = _record(running)
    finally:
        running.stop()
    data = running.data
    order(data, "erase", told["erased"])
    order(data, "hold", "--agent", "held")
    assert invoke("signer", "rotate", "--data", data).code == 0
    assert invoke("seal", "--data", data).code == 0
    with closing(open_store(Place(data), exclusive=True)) as store:
        newest = store.checkpoint()
        assert newest
        store.add_cosignature(newest.size, "witness.example/one", COSIGNATURE, 1_790_000_000_000_000)
        store.add_timestamp(newest.size, b"\x30\x00")
    assert invoke("export", "--all", "--data", data, "-o", directory / "before.affidavit").code == 0
    (directory / "told.json").write_text(json.dumps(told))
    return data


def _record(running: Running) -> dict[str, Any]:
    """Two tenants, two dialects, more entries than a tile has; a revoked key, and one request that may come again."""
    affidavit("workspace", "create", "gone", "--data", running.data)
    affidavit("workspace", "create", "tenant", "--data", running.data)
    theirs = running.new_key("provenlog", None, "--workspace", "tenant")
    path, token = f"{running.base_url}/v1/events", bearer(running.key("provenlog"))
    once = httpx.post(path, json=EVENT, headers=token | KEYED)
    httpx.post(path, json=EVENT | {"agent_id": "theirs"}, headers=bearer(theirs["key"])).raise_for_status()
    for agent in ("held", "erased \u65e5\u672c", "erased \u65e5\u672c"):
        last = post(running, "provenlog", "/v1/events", EVENT | {"agent_id": agent})
    post(running, "agentlens", "/api/events", {"events": [agentlens_event(f"agent {n % 3}") for n in range(280)]})
    revoked = running.new_key("pecta")
    affidavit("key", "revoke", revoked["id"], "--data", running.data)
    return {
        "token": running.key("provenlog"),
        "theirs": theirs["key"],
        "revoked": revoked["key"],
        "once": once.text,
        "erased": last["id"],
    }


@pytest.fixture
def old(source: Path, tmp_path: Path) -> Path:
    """A copy of the source's directory."""
    return Path(shutil.copytree(source, tmp_path / "old", copy_function=shutil.copy))


@pytest.fixture
def told(source: Path) -> dict[str, Any]:
    """What its clients hold."""
    answers: dict[str, Any] = json.loads((source.parent / "told.json").read_text())
    return answers


@pytest.fixture
def moved(old: Path, database: str) -> Path:
    """A data directory whose ledger is in PostgreSQL."""
    copied(old, database)
    return old
