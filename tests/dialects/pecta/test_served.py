"""The page's example over real HTTP, and whose answer a path gets that ProvenLog has too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.dialects.pecta import page
from tests.dialects.pecta.conftest import event
from tests.running import Running
from tests.storing import Storing

AGENT = "bid-agent-prod"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Running]:
    running = storing.start(Path(tmp_path_factory.mktemp("served")) / "data")
    yield running
    running.stop()


@pytest.fixture
def pecta(server: Running) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.key('pecta')}", "Content-Type": "application/json"}
    with httpx.Client(base_url=server.base_url, headers=headers) as client:
        yield client


def test_the_pages_example_gets_the_pages_answer(pecta: httpx.Client) -> None:
    passes, failures = page.PASSED - 1, page.EVALUATIONS - page.PASSED - 1
    before = [event(AGENT)] * passes + [event(AGENT, False)] * failures
    for sent in range(0, len(before), 100):
        assert pecta.post("/v1/ingest", json={"events": before[sent : sent + 100]}).status_code == 202
    response = pecta.post("/v1/ingest", content=page.REQUEST)
    assert (response.status_code, response.json()) == (202, page.ANSWER)
    first, last = response.headers["Affidavit-Entries"].split("..")
    rows = pecta.get("/v1/events", params={"agent_id": AGENT, "to": "2026-05-07T23:59:59Z"}).json()["events"]
    assert [row["id"] for row in rows] == [last, first]
    assert rows[0]["reputation_score"] == 731
    assert rows[0]["gates"] == json.loads(page.REQUEST)["events"][1]["gates"]
    reputation = pecta.get(f"/v1/reputation/{AGENT}").json()
    assert (reputation["score"], reputation["passed"], reputation["evaluations"]) == (731, 427, 500)


def test_the_callers_key_decides_whose_answer_it_is(server: Running, pecta: httpx.Client) -> None:
    provenlog = {"Authorization": f"Bearer {server.key('provenlog')}"}
    for path in ("/v1/events", "/v1/agents"):
        assert isinstance(pecta.get(path).json(), dict)
        assert isinstance(pecta.get(f"/pecta{path}").json(), dict)
        assert isinstance(pecta.get(path, headers=provenlog).json(), list)
    unknown = {"Authorization": f"Bearer sk_live_{'0' * 32}"}
    assert pecta.get("/v1/events", headers=unknown).json()["code"] == "auth_invalid"
    assert pecta.get("/v1/nothing").json()["code"] == "not_found"
    assert pecta.get("/v1/nothing", headers=provenlog).json().keys() == {"error"}


def test_refusals_over_http(server: Running, pecta: httpx.Client) -> None:
    with httpx.Client(base_url=server.base_url) as nobody:
        refused = nobody.post("/v1/ingest", content=page.REQUEST)
        assert (refused.status_code, refused.json()["code"]) == (401, "auth_missing")
        assert nobody.get("/health").json() == {"status": "ok"}
    forged = pecta.post("/v1/ingest", content=b"{", headers={"X-Pecta-Signature": "sha256=" + "0" * 64})
    assert (forged.status_code, forged.json()["code"]) == (401, "hmac_invalid")
    reader = {"Authorization": f"Bearer {server.key('pecta', ['read'])}"}
    assert pecta.post("/v1/ingest", content=page.REQUEST, headers=reader).json()["code"] == "forbidden"
    assert pecta.delete("/v1/ingest").headers["Allow"] == "POST"


def test_an_agent_is_registered_over_http(pecta: httpx.Client) -> None:
    for _ in range(2):
        response = pecta.post("/v1/agents", json={"agent_id": "registered"})
        assert (response.status_code, response.json()) == (201, {"agent_id": "registered", "ok": True})
    listed = [agent for agent in pecta.get("/v1/agents").json()["agents"] if agent["agent_id"] == "registered"]
    assert [agent["eval_count"] for agent in listed] == [0]
