"""Names that clients put into a path, percent-encoded as their libraries do: whatever the name, its own is found."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx
import pytest

from tests.running import Running

NAMES = ["team/agent", "a%2Fb", "a b+c", "größer", "a?b#c", "..", "{}", "/", "reputation/x", "a;b", "%", "cut \ud83d"]


def _encoded(name: str) -> str:
    """As encodeURIComponent writes it, which has no lone surrogates; dots too, which libraries would resolve."""
    return quote(name, safe="", errors="surrogatepass").replace(".", "%2E")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mount", ["", "/pecta"])
def test_pecta_finds_the_reputation_of_any_agent(server: Running, mount: str, name: str) -> None:
    headers = {"Authorization": f"Bearer {server.key('pecta')}"}
    event = {"agent_id": name, "tool": "t", "passed": True, "total_latency_ms": 1, "gates": []}
    reported = httpx.post(f"{server.base_url}/v1/ingest", content=json.dumps({"events": [event]}), headers=headers)
    assert reported.status_code == 202
    answer = httpx.get(f"{server.base_url}{mount}/v1/reputation/{_encoded(name)}", headers=headers)
    assert (answer.status_code, answer.json()["agent_id"]) == (200, name)
    assert answer.json()["evaluations"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_agentlens_finds_any_session_and_agent(server: Running, name: str) -> None:
    headers = {"Authorization": f"Bearer {server.key('agentlens')}"}
    event = {"sessionId": name, "agentId": name, "eventType": "custom", "payload": {"type": "x", "data": {}}}
    reported = httpx.post(f"{server.base_url}/api/events", content=json.dumps({"events": [event]}), headers=headers)
    assert reported.status_code == 201
    for path in ("agents/{}", "sessions/{}", "sessions/{}/timeline"):
        answer = httpx.get(f"{server.base_url}/api/{path.format(_encoded(name))}", headers=headers)
        assert answer.status_code == 200, path
        assert name in (answer.json().get("id"), answer.json().get("events", [{}])[0].get("sessionId"))


@pytest.mark.parametrize("tail", ["", "/activity", "/trust-score", "/trust-score/history", "/deactivate"])
def test_what_is_no_number_of_asn_is_not_found(server: Running, tail: str) -> None:
    """An ASN has no slash; what has one is refused as any other number that nobody has."""
    headers = {"Authorization": f"Bearer {server.key('asn')}"}
    method = "POST" if tail == "/deactivate" else "GET"
    answer = httpx.request(method, f"{server.base_url}/api/v1/agents/a%2Fb{tail}", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert answer.json()["error"]["message"].startswith("there is no agent ")


@pytest.mark.parametrize("path", ["/v1%2Fevents", "/v1/reputation%2Fa", "/api%2Fevents", "/pecta%2Fv1/agents"])
def test_an_encoded_slash_separates_nothing(server: Running, path: str) -> None:
    headers = {"Authorization": f"Bearer {server.key('pecta')}"}
    assert httpx.get(server.base_url + path, headers=headers).status_code == 404


def test_other_encoded_characters_are_themselves(server: Running) -> None:
    headers = {"Authorization": f"Bearer {server.key('pecta')}"}
    assert httpx.get(f"{server.base_url}/v1/%61gents", headers=headers).status_code == 200
