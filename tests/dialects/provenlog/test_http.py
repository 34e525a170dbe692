"""Over real HTTP: the page's examples, found again, and proved to whoever has nothing but an export."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from affidavit.dialects.provenlog import DIALECT
from tests.dialects.provenlog import page
from tests.dialects.provenlog.test_export import verify
from tests.running import Running


@pytest.fixture(params=["", "/provenlog"])
def client(server: Running, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client with a key for everything, at the vendor's own paths and under the dialect's mount."""
    headers = {"Authorization": f"Bearer {server.key(DIALECT.name)}", "Content-Type": "application/json"}
    with httpx.Client(base_url=server.base_url + request.param, headers=headers) as client:
        yield client


@pytest.mark.parametrize("body", [page.EVENT, page.CURL_EVENT])
def test_the_pages_events(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/events", content=body)
    assert answer.status_code == 201
    assert answer.json().items() >= json.loads(body).items()


@pytest.mark.parametrize("body", [page.BATCH, page.CURL_BATCH])
def test_the_pages_batches(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/batch", content=body)
    assert answer.status_code == 201
    assert [result["index"] for result in answer.json()] == [0, 1]


def test_what_was_sent_is_found_and_proved(client: httpx.Client, server: Running) -> None:
    agent = f"prover of {client.base_url}"
    others = {"Authorization": f"Bearer {server.key('agentlens')}"}
    event = {"sessionId": "s", "agentId": "a", "eventType": "custom", "payload": {"type": "t", "data": {}}}
    sent = []
    for turn in range(3):
        sent.append(client.post("/v1/events", json={"agent_id": agent, "metadata": {"turn": turn}}).json())
        httpx.post(f"{server.base_url}/api/events", headers=others, json={"events": [event]}).raise_for_status()
    assert client.get("/v1/search", params={"q": agent}).json() == sent[::-1]
    export = client.get("/v1/export", params={"agent_id": agent}).json()
    assert verify(export) == [event["id"] for event in sent]
    assert export["events"] == sent
    root = client.get("/v1/merkle/root").json()
    assert root == {"root": export["merkle_root"], "tree_size": export["tree_size"]}
    assert export["merkle_proofs"][-1]["proof"]["leaf_index"] == root["tree_size"] - 2  # the other vendor's is the last


@pytest.mark.parametrize("path", ["/v1/search?q=a", "/v1/merkle/root", "/v1/export"])
def test_reads_need_a_key_that_may_read(client: httpx.Client, server: Running, path: str) -> None:
    client.headers["Authorization"] = f"Bearer {server.key(DIALECT.name, ['events:write'])}"
    assert client.get(path).status_code == 403
    del client.headers["Authorization"]
    refused = client.get(path)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert list(refused.json()) == ["error"]
