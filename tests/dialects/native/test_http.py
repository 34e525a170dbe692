"""Over real HTTP: what vendors' clients reported is found here, with what it takes to hash it again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from hashlib import sha256

import httpx
import pytest

from affidavit.core.canonical import encode
from affidavit.core.entry import payload_commitment
from tests.running import Running


@pytest.fixture(params=["", "/affidavit"])
def client(server: Running, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client with a key, at the API's own paths and under its mount."""
    headers = {"Authorization": f"Bearer {server.key('affidavit')}"}
    with httpx.Client(base_url=f"{server.base_url}{request.param}/v1/affidavit", headers=headers) as client:
        yield client


def _report(server: Running, agent: str) -> dict[str, str]:
    """One event to each of two vendors' APIs. Dialect -> the hash that its client got."""
    key = {"Authorization": f"Bearer {server.key('provenlog')}"}
    body = {"agent_id": agent, "action_status": "success"}
    one = httpx.post(f"{server.base_url}/v1/events", json=body, headers=key)
    key = {"Authorization": f"Bearer {server.key('agentlens')}"}
    event = {"sessionId": agent, "agentId": agent, "eventType": "session_started"}
    two = httpx.post(f"{server.base_url}/api/events", json={"events": [event]}, headers=key)
    return {"provenlog": one.json()["hash"], "agentlens": two.json()["events"][0]["hash"]}


def test_entries_of_all_vendors(server: Running, client: httpx.Client) -> None:
    agent = str(uuid.uuid4())
    reported = _report(server, agent)
    entries = client.get("/entries", params={"agent": agent}).json()["entries"]
    assert {entry["dialect"]: entry["hash"] for entry in entries} == reported
    for entry in entries:
        assert sha256(b"\0" + entry["header"].encode()).hexdigest() == entry["hash"]
        commitment = payload_commitment(bytes.fromhex(entry["salt"]), encode(entry["payload"]))
        assert commitment.hex() == entry["commitment"]
        assert client.get(f"/entries/{entry['position']}").json() == entry
        chain = client.get(f"/chains/{entry['chain']}").json()
        assert (chain["key"], chain["head"]["hash"]) == (agent, entry["hash"])
    scores = client.get("/scores", params={"agent": agent}).json()["scores"]
    assert {score["dialect"]: score["head"] for score in scores} == reported


def test_a_walk(server: Running, client: httpx.Client) -> None:
    agent = str(uuid.uuid4())
    reported = [digest for _ in range(4) for digest in _report(server, agent).values()]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        body = client.get("/entries", params={"agent": agent, "limit": 3, "order": "asc", "cursor": cursor}).json()
        found += [entry["hash"] for entry in body["entries"]]
        cursor = body["next"]
    assert found == reported


def test_keys_of_other_dialects_open_nothing(server: Running, client: httpx.Client) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": f"Bearer {server.key('provenlog')}"}):
        answer = client.get("/entries", headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (401, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_it_only_reads(client: httpx.Client) -> None:
    answer = client.post("/entries", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.json()["status"] == 405
    assert client.get("/nothing").json()["status"] == 404
