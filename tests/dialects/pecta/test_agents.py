"""Agents: registered, listed, scored; and what another workspace sees of all this."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from affidavit.errors import StoreFailed
from tests.dialects.pecta.conftest import NOON, Client, event


def test_the_reputation_of_an_unknown_agent_is_zeros(client: Client) -> None:
    assert client.get("/v1/reputation/nobody") == (
        200,
        {
            "agent_id": "nobody",
            "score": 0,
            "evaluations": 0,
            "passed": 0,
            "pass_rate": 0,
            "avg_latency_ms": 0,
            "streak": 0,
            "status": "new",
        },
    )


def test_a_reputation(filled: Client) -> None:
    filled.ingest(event("a", total_latency_ms=8))
    status, answer = filled.get("/v1/reputation/a")
    assert status == 200
    assert answer == {
        "agent_id": "a",
        "score": 546,  # 400 * 3/4 + 250 * 0.95 + 200 * 2/50 + 150 * 4/500
        "evaluations": 4,
        "passed": 3,
        "pass_rate": 0.75,
        "avg_latency_ms": 5.0,
        "streak": 2,
        "status": "calibrating",
    }


def test_the_order_of_a_reputation_is_the_ledgers_and_not_the_timestamps(client: Client) -> None:
    client.ingest(event(timestamp="2026-02-02T00:00:00Z"), event(passed=False, timestamp="2026-02-01T00:00:00Z"))
    assert client.get("/v1/reputation/a")[1]["streak"] == 0


def test_agents_are_listed_last_seen_first(filled: Client) -> None:
    received = "2026-09-21T14:13:20.000Z"
    agents = [
        {"agent_id": "a", "first_seen": "2026-02-01T12:00:00.000Z", "last_seen": received, "eval_count": 3},
        {"agent_id": "c", "first_seen": received, "last_seen": received, "eval_count": 0},
        {
            "agent_id": "b",
            "first_seen": "2026-02-02T12:00:00.000Z",
            "last_seen": "2026-02-04T12:00:00.000Z",
            "eval_count": 2,
        },
    ]
    assert filled.get("/v1/agents") == (200, {"agents": agents})


def test_at_most_five_hundred_agents_are_listed(client: Client) -> None:
    for start in range(0, 600, 100):
        client.now = NOON + start
        client.ingest(*[event(f"agent {start + index:03}") for index in range(100)])
    agents = client.get("/v1/agents")[1]["agents"]
    assert len(agents) == 500
    assert [agents[0]["agent_id"], agents[-1]["agent_id"]] == ["agent 500", "agent 199"]


@pytest.mark.parametrize("agent", ["a", "x" * 200, "😀" * 200, "cut \ud83d", " "])
@pytest.mark.parametrize("name", ["agent_id", "id"])
def test_an_agent_is_registered_once(client: Client, agent: str, name: str) -> None:
    for recorded in (1, 0, 0):
        assert client.post("/v1/agents", {name: agent, "team": "x"}) == (201, {name: agent, "ok": True})
        assert len(client.entries) == recorded
    assert client.store.size() == 1
    assert client.store.scan(0, 1)[0].type == "agent_registered"
    (listed,) = client.get("/v1/agents")[1]["agents"]
    assert listed["eval_count"] == 0
    assert client.get("/v1/events")[1]["count"] == 0


def test_registering_an_agent_that_was_evaluated_changes_nothing(filled: Client) -> None:
    before = [filled.get(path) for path in ("/v1/agents", "/v1/events", "/v1/reputation/a")]
    filled.now += 1_000_000
    assert filled.post("/v1/agents", {"agent_id": "a"}) == (201, {"agent_id": "a", "ok": True})
    assert [filled.get(path) for path in ("/v1/agents", "/v1/events", "/v1/reputation/a")] == before


def test_a_registration_is_no_evaluation(filled: Client) -> None:
    assert filled.get("/v1/reputation/c")[1]["status"] == "new"
    assert filled.ingest(event("c"))[1]["reputation_updates"][0]["status"] == "calibrating"
    assert filled.get("/v1/reputation/c")[1]["evaluations"] == 1
    listed = {agent["agent_id"]: agent["eval_count"] for agent in filled.get("/v1/agents")[1]["agents"]}
    assert listed == {"a": 3, "b": 2, "c": 1}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{}", "agent_id is required"),
        (b'{"agent_id":null}', "agent_id is required"),
        (b'{"agent_id":""}', "agent_id must not be empty"),
        (b'{"agent_id":1}', "agent_id must be a string, not a number"),
        (b'{"agent_id":"%b"}' % (b"x" * 201), "agent_id must have at most 200 characters, this one has 201"),
        (b'{"id":[]}', "id must be a string, not an array"),
        (b'"a"', 'the body must be an object, {"agent_id": "..."}, not a string'),
        (b'{"agent_id":"a","passed":true}', "passed is a member of evaluations: send these to /v1/ingest"),
    ],
)
def test_a_bad_registration_is_refused(client: Client, body: bytes, error: str) -> None:
    refused = {"error": error, "code": "validation_error", "status": 400}
    assert client.post("/v1/agents", body) == (400, refused)
    assert client.store.size() == 0


def test_a_registration_that_is_no_json(client: Client) -> None:
    assert client.post("/v1/agents", b"{")[1]["code"] == "bad_json"


def test_another_workspace_sees_nothing(filled: Client, tenant: Callable[[str], Client]) -> None:
    stranger = tenant("stranger")
    assert stranger.get("/v1/events")[1]["events"] == []
    assert stranger.get("/v1/agents")[1]["agents"] == []
    assert stranger.get("/v1/reputation/a")[1]["status"] == "new"
    stranger.post("/v1/agents", {"agent_id": "a"})
    assert len(stranger.entries) == 1


def test_health(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/health") == (200, {"status": "ok"})

    def fail() -> int:
        raise StoreFailed("disk")

    monkeypatch.setattr(client.reader, "ping", fail)
    assert client.get("/health") == (503, {"status": "degraded"})
