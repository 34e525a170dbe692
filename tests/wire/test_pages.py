"""Every example on the five vendors' pages, verbatim but for host and key: with keys, and with `--open` and none."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.running import Running
from tests.wire.callers import credential
from tests.wire.pages import commands, missing, page, requests, values

pytestmark = pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
ASN = "ASN-2026-0384-7721-A"
ASN_KEY = "asn_live_k1a2b3c4..."
TRENCHCOAT_KEY = "ct_live_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"


@dataclass
class Site:
    """A server to try the examples at. `opened`: it asks for no key, so what a page prints for one is sent."""

    server: Running
    opened: bool

    def curl(self, command: str, host: str, dialect: str, key: str = "") -> tuple[int, Any]:
        """Run a page's command against this server. `host`, `key`: what stands for them there."""
        assert host in command
        command = command.replace(host, self.server.base_url)
        if not self.opened:
            assert key in command
            token = self.server.key(dialect)
            command = command.replace(key, token) if key else f"{command} -H 'Authorization: Bearer {token}'"
        script = command + " --silent --show-error --write-out '\\n%{http_code}'"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    def client(self, dialect: str) -> httpx.Client:
        """A client with a key, where one is asked for."""
        headers = {} if self.opened else credential(dialect, self.server.key(dialect))
        return httpx.Client(base_url=self.server.base_url, headers=headers, timeout=60)


@pytest.fixture(params=["keys", "open"])
def site(request: pytest.FixtureRequest, server: Running, opened: Running) -> Site:
    """Both ways to serve."""
    return Site(opened, True) if request.param == "open" else Site(server, False)


def test_agentlens(site: Site) -> None:
    text, host, key = page("agentlens-events"), "http://localhost:3400", "als_your_key"
    post, query = commands(text)
    body, ingested, listed, single = values(text)
    status, answer = site.curl(post, host, "agentlens", key)
    assert (status, missing(ingested, answer)) == (201, [])
    with site.client("agentlens") as client:
        response = client.post("/api/events", json=body)
        assert (response.status_code, missing(ingested, response.json())) == (201, [])
        shown = client.get(f"/api/events/{answer['events'][0]['id']}")
        assert (shown.status_code, missing(single, shown.json())) == (200, [])
        assert shown.json()["payload"]["arguments"] == {"query": "user records"}
        found = client.get("/api/events", params={"sessionId": "sess_01"})
        assert (found.status_code, missing(listed, found.json())) == (200, [])
        assert found.json()["events"]
        assert client.get("/api/events/01HXYZ...").status_code == 404
        assert client.post("/api/events", json={"events": []}).status_code == 400
    status, answer = site.curl(query, host, "agentlens", key)
    assert (status, answer.keys()) == (200, listed.keys())


def test_agentlens_events_of_its_sdk(site: Site) -> None:
    """What the example in TypeScript hands to the client library, which sends it in `{"events": [...]}`."""
    listing = re.search(r"ingestEvents\((\[.*?\])\);", page("agentlens-events"), re.DOTALL)
    assert listing
    quoted = re.sub(r"(\w+):", r'"\1":', listing[1]).replace("'", '"')
    events = json.loads(re.sub(r",(?=\s*[}\]])", "", quoted))
    with site.client("agentlens") as client:
        answer = client.post("/api/events", json={"events": events})
        assert (answer.status_code, answer.json()["ingested"]) == (201, 1)


def test_provenlog(site: Site) -> None:
    text, host = page("provenlog-ingest"), "http://localhost:7600"
    single, several = commands(text)
    event, stored, batch, results, mixed = values(text)
    status, answer = site.curl(single, host, "provenlog")
    assert (status, missing(stored, answer)) == (201, [])
    status, answer = site.curl(several, host, "provenlog")
    assert (status, missing(results, answer), len(answer)) == (201, [], 2)
    with site.client("provenlog") as client:
        answer = client.post("/v1/events", json=event)
        assert (answer.status_code, missing(stored, answer.json())) == (201, [])
        assert event.items() <= answer.json().items()
        answer = client.post("/v1/batch", json=batch)
        assert (answer.status_code, missing(results, answer.json()), len(answer.json())) == (201, [], 2)
        nobody = {name: value for name, value in batch[1].items() if name != "agent_id"}
        answer = client.post("/v1/batch", json=[batch[0], nobody])
        assert (answer.status_code, missing(mixed, answer.json())) == (207, [])
        assert answer.json()[1] == mixed[1]


def test_pecta(site: Site) -> None:
    text = page("pecta-ingest")
    (ingest,) = commands(text)
    (example,) = values(text)
    status, answer = site.curl(ingest, "https://api.pecta.ai", "pecta", "pk_live_" + "x" * 32)
    assert (status, missing(example, answer)) == (202, [])
    assert (answer["accepted"], len(answer["reputation_updates"])) == (2, 1)
    assert answer["reputation_updates"][0]["agent_id"] == "bid-agent-prod"


def test_trenchcoat(site: Site) -> None:
    text = page("trenchcoat-events")
    (post,) = commands(text)
    body, accepted, invalid, too_large = values(text)
    status, answer = site.curl(
        post, "https://app.trenchcoat.com", "trenchcoat", "ct_live_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"
    )
    assert (status, missing(accepted, answer)) == (200, [])
    assert answer["data"] == {"accepted": 2, "rejected": 0}
    with site.client("trenchcoat") as client:
        answer = client.post("/api/v1/events", json=body)
        assert (answer.status_code, answer.json()["data"]) == (200, {"accepted": 1, "rejected": 0})
        (event,) = body["events"]
        wrong = [{**event, "session_id": "x"}, event, {**event, "event_type": "x"}]
        answer = client.post("/api/v1/events", json={"events": wrong})
        assert (answer.status_code, answer.json()) == (400, invalid)
        answer = client.post("/api/v1/events", json={"events": [event] * 1001})
        assert (answer.status_code, answer.json()) == (400, too_large)


def test_asn(site: Site) -> None:
    """An agent has its number from us: the page's is not registered here."""
    text = page("asn-activity")
    told = requests(text)
    assert [request.method for request in told] == ["POST", "POST", "GET"]
    bodies = [json.loads(request.body) for request in told if request.body]
    reported, listed = [value for value in values(text) if value not in bodies]
    token = ASN_KEY if site.opened else site.server.key("asn")
    with site.client("asn") as client:
        asn = client.post("/api/v1/agents", json={"name": "scanner", "class": "A"}).json()["asn"]
    with httpx.Client(base_url=site.server.base_url, timeout=60) as client:
        single, batch, activity = [
            client.request(
                request.method,
                request.target.replace(ASN, asn),
                content=request.body.replace(ASN, asn),
                headers={name: value.replace(ASN_KEY, token) for name, value in request.headers.items()},
            )
            for request in told
        ]
    assert (single.status_code, missing(reported, single.json())) == (201, [])
    assert single.json()["metadata"] == reported["metadata"]
    assert (batch.status_code, batch.json()["accepted"]) == (201, 2)
    assert missing([{**reported, "metadata": {"task_id": "scan-42"}}], batch.json()["data"]) == []
    assert (activity.status_code, activity.json()["pagination"]["total"]) == (200, 3)
    oldest = {**activity.json(), "data": activity.json()["data"][-1:]}
    assert missing(listed, oldest) == []
