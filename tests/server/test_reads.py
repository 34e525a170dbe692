"""Who was told 2xx finds the event at once, by id, in lists and by search, while others write."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import httpx
import pytest

from tests.running import Running
from tests.server.endpoints import AGENTLENS, PROVENLOG

CLIENTS = 8
EVENTS = 12


def report_to_agentlens(server: Running, number: int) -> None:
    """One client that looks for each of its events as soon as it was recorded."""
    agent = f"reader-{number}-{uuid.uuid4().hex[:8]}"
    with AGENTLENS.client(server) as client:
        for count in range(1, EVENTS + 1):
            word = f"needle{uuid.uuid4().hex[:12]}"
            event = {
                "sessionId": "shared by all readers", "agentId": agent, "eventType": "custom",
                "payload": {"type": "t", "data": {"word": word}},
            }  # fmt: skip
            (receipt,) = client.post("/api/events", json={"events": [event]}).json()["events"]
            shown = client.get(f"/api/events/{receipt['id']}").json()
            assert (shown["hash"], shown["payload"]["data"]["word"]) == (receipt["hash"], word)
            page = client.get("/api/events", params={"agentId": agent, "limit": 500}).json()
            assert page["total"] == count
            assert page["events"][0]["id"] == receipt["id"]
            for search in (word, word.upper(), word[3:-1]):
                found = client.get("/api/events", params={"search": search}).json()
                assert [item["id"] for item in found["events"]] == [receipt["id"]]
            session = client.get("/api/events", params={"sessionId": "shared by all readers", "search": word}).json()
            assert session["total"] == 1


def report_to_provenlog(server: Running, number: int) -> None:
    """The same with the other vendor."""
    agent = f"reader-{number}-{uuid.uuid4().hex[:8]}"
    with PROVENLOG.client(server) as client:
        for count in range(1, EVENTS + 1):
            event = {"agent_id": agent, "action_type": "TOOL_CALL", "labels": {"number": str(count)}}
            recorded = client.post("/v1/events", json=event).json()
            assert recorded["sequence"] == count
            assert client.get(f"/v1/events/{recorded['id']}").json() == recorded
            assert client.get("/v1/events", params={"agent_id": agent}).json()[0] == recorded
            labelled = {"agent_id": agent, "label.number": str(count)}
            assert client.get("/v1/events", params=labelled).json() == [recorded]
            verified = client.get("/v1/verify", params={"agent_id": agent}).json()
            assert verified == {"valid": True, "agent_id": agent, "events_verified": count}
            (listed,) = [item for item in client.get("/v1/agents").json() if item["agent_id"] == agent]
            assert (listed["event_count"], listed["chain_valid"]) == (count, True)


@pytest.mark.parametrize("report", [report_to_agentlens, report_to_provenlog])
def test_what_was_recorded_is_read_by_its_writer(server: Running, report: object) -> None:
    assert callable(report)
    with ThreadPoolExecutor(CLIENTS) as threads:
        for done in [threads.submit(report, server, number) for number in range(CLIENTS)]:
            done.result()


def test_a_chain_that_all_write_to_has_no_gap_and_no_fork(clients: dict[str, httpx.Client]) -> None:
    page = clients["agentlens"].get(
        "/api/events", params={"sessionId": "shared by all readers", "order": "asc", "limit": 500}
    )
    events = page.json()["events"]
    assert len(events) == CLIENTS * EVENTS
    by_previous = {event["prevHash"]: event for event in events}
    assert len(by_previous) == len(events)
    event, length = by_previous[None], 1
    while event["hash"] in by_previous:
        event, length = by_previous[event["hash"]], length + 1
    assert length == len(events)


def test_a_chain_of_one_agent_counts_up(clients: dict[str, httpx.Client]) -> None:
    client = clients["provenlog"]
    agents = [item["agent_id"] for item in client.get("/v1/agents").json() if item["agent_id"].startswith("reader-")]
    assert len(agents) == CLIENTS
    for agent in agents:
        events = client.get("/v1/events", params={"agent_id": agent}).json()[::-1]
        assert [event["sequence"] for event in events] == list(range(1, EVENTS + 1))
        assert all(later["prev_hash"] == earlier["hash"] for earlier, later in pairwise(events))
