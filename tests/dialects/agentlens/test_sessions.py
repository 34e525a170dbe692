"""Sessions, their timelines, and agents: derived from events alone."""

from __future__ import annotations

from typing import Any

import pytest

from affidavit.core.ids import ulid_text

from .conftest import Client, at, run
from .examples import event


def started(session: str, clock: str, **payload: Any) -> dict[str, Any]:
    return event("session_started", payload, sessionId=session, timestamp=at(clock))


def ended(session: str, clock: str, reason: str = "completed") -> dict[str, Any]:
    return event("session_ended", {"reason": reason}, sessionId=session, timestamp=at(clock))


def names(client: Client, **query: str) -> list[str]:
    status, body = client.get("/api/sessions", **query)
    assert status == 200
    return [session["id"] for session in body["sessions"]]


def test_a_session_is_the_sum_of_its_events(client: Client) -> None:
    usage = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}
    response = {
        "callId": "c",
        "completion": "x",
        "finishReason": "stop",
        "usage": usage,
        "costUsd": 0.25,
        "latencyMs": 1,
    }
    client.record(
        started("s", "11:40", agentName="Ann", tags=["prod", "eu"]),
        *run("s", ["tool_call", "tool_call", "tool_response", "tool_error", "cost_tracked"]),
        event("llm_response", response, sessionId="s", timestamp=at("11:46")),
        event(sessionId="s", severity="critical", timestamp=at("11:47")),
        event("tool_error", sessionId="s", severity="error", timestamp=at("11:47")),
        ended("s", "11:50"),
    )
    assert client.get("/api/sessions/s") == (
        200,
        {
            "id": "s", "agentId": "a1", "agentName": "Ann", "startedAt": at("11:40"), "endedAt": at("11:50"),
            "status": "completed", "eventCount": 10, "toolCallCount": 3, "errorCount": 3, "totalCostUsd": 0.26,
            "llmCallCount": 1, "totalInputTokens": 11, "totalOutputTokens": 7, "tags": ["prod", "eu"],
            "tenantId": "team-a",
        },
    )  # fmt: skip
    assert client.get("/api/sessions")[1]["sessions"] == [client.get("/api/sessions/s")[1]]


@pytest.mark.parametrize(
    ("clock", "events", "status"),
    [
        ("11:30", [], "active"),
        ("11:29", [], "idle"),
        ("11:45", [ended("s", "11:46")], "completed"),
        ("11:45", [ended("s", "11:46", "error")], "error"),
        ("11:45", [ended("s", "11:46", "timeout")], "completed"),
        ("11:45", [ended("s", "11:46", "manual")], "completed"),
        ("11:45", [ended("s", "11:46"), started("s", "11:47")], "active"),
        ("11:45", [started("s", "11:47"), ended("s", "11:46", "error")], "error"),  # what arrives last counts
    ],
)
def test_status(client: Client, clock: str, events: list[dict[str, Any]], status: str) -> None:
    client.record(*run("s", ["tool_call"], clock), *events)
    assert client.get("/api/sessions/s")[1]["status"] == status
    assert names(client, status=status) == ["s"]
    assert names(client, status=f"nope,{status}") == ["s"]
    assert names(client, status="nope") == []
    assert names(client, status=",") == ["s"]


def test_a_session_begins_with_its_earliest_event_whatever_arrived_first(client: Client) -> None:
    client.record(*run("s", ["tool_call"], "11:00", agentId="late"))
    client.record(*run("s", ["tool_call"], "10:00", agentId="early"))
    session = client.get("/api/sessions/s")[1]
    assert (session["startedAt"], session["agentId"]) == (at("10:00"), "early")
    assert (names(client, agentId="early"), names(client, agentId="late")) == (["s"], [])


def test_filters_pages_and_counts(client: Client) -> None:
    client.record(
        started("one", "09:00", tags=["red"]), started("two", "10:00", tags=["red", "blue"]), started("three", "11:00")
    )
    client.record(*run("other", ["tool_call"], "11:30", agentId="a2"))
    assert names(client) == ["other", "three", "two", "one"]
    assert names(client, agentId="a1") == ["three", "two", "one"]
    assert names(client, agentId="nobody") == []
    assert names(client, tags="red") == ["two", "one"]
    assert names(client, tags="blue,green") == ["two"]
    assert names(client, from_=at("10:00"), to=at("11:00")) == ["three", "two"]
    assert names(client, from_="garbage") == []
    assert names(client, to="garbage", limit="1", offset="1") == ["three"]
    body = client.get("/api/sessions", limit="2")[1]
    assert (len(body["sessions"]), body["total"], body["hasMore"]) == (2, 4, True)
    assert client.get("/api/sessions", limit="2", offset="2")[1]["hasMore"] is False
    assert client.get("/api/sessions", countOnly="true", tags="red") == (200, {"count": 2})
    assert client.get("/api/sessions", countOnly="1")[1]["total"] == 4


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("abc", "Invalid input: expected number, received NaN"),
        ("nan", "Invalid input: expected number, received NaN"),
        ("1_0", "Invalid input: expected number, received NaN"),
        ("2.5", "Invalid input: expected int, received number"),
        ("1e999", "Invalid input: expected int, received number"),
    ],
)
def test_limits_that_are_no_integers(client: Client, sent: str, message: str) -> None:
    for name in ("limit", "offset"):
        details = [{"path": name, "message": message}]
        assert client.get("/api/sessions", **{name: sent}) == (
            400,
            {"error": "Validation failed", "status": 400, "details": details},
        )
    assert len(client.get("/api/sessions", limit=sent, offset=sent)[1]["details"]) == 2


@pytest.mark.parametrize(("sent", "count"), [("", 3), ("0", 3), ("-5", 1), ("1e0", 1), (" 2 ", 2), ("9" * 30, 3)])
def test_limits_that_are(client: Client, sent: str, count: int) -> None:
    client.record(*[started(name, "11:00") for name in "abc"])
    assert len(names(client, limit=sent)) == count


def test_a_page_reads_only_what_its_sessions_need(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcdef":
        client.record(*run(name, ["session_started", *["tool_call"] * 20, "cost_tracked", "session_ended"]))
    asked = []
    monkeypatch.setattr(
        client.reader, "scan", lambda query, scan=client.reader.scan: (asked.append(query), scan(query))[1]
    )
    assert len(names(client, limit="2")) == 2
    assert {query.session for query in asked} == {"a", "b"}
    assert all(query.types and "tool_call" not in query.types for query in asked)


def test_what_is_not_there(client: Client) -> None:
    for path in ("/api/sessions/nope", "/api/sessions/nope/timeline"):
        assert client.get(path) == (404, {"error": "Session not found", "status": 404})
    assert client.get("/api/agents/nope") == (404, {"error": "Agent not found", "status": 404})
    assert client.get("/api/sessions") == (200, {"sessions": [], "total": 0, "hasMore": False})
    assert client.get("/api/agents") == (200, {"agents": []})


def test_a_timeline_is_sorted_by_time_and_its_chain_by_arrival(client: Client) -> None:
    late, early = (client.record(*run("s", ["tool_call"], clock))[0] for clock in ("11:00", "10:00"))
    body = client.get("/api/sessions/s/timeline")[1]
    assert [shown["id"] for shown in body["events"]] == [ulid_text(early.id), ulid_text(late.id)]
    assert [shown["prevHash"] for shown in body["events"]] == [late.hash.hex(), None]
    assert (body["chainValid"], body["chained"]) == (True, True)


def test_agents(client: Client) -> None:
    client.record(
        started("one", "09:00", agentName="Old"), started("two", "10:00", agentName="New"), *run("x", ["tool_call"])
    )
    client.record(*run("y", ["tool_call"], "11:50", agentId="a2"))
    first = {
        "id": "a2", "name": "a2", "firstSeenAt": "2026-02-08T11:50:00.000Z", "lastSeenAt": "2026-02-08T11:50:00.000Z",
        "sessionCount": 0, "tenantId": "team-a",
    }  # fmt: skip
    second = {
        "id": "a1", "name": "New", "firstSeenAt": "2026-02-08T09:00:00.000Z", "lastSeenAt": "2026-02-08T11:45:00.000Z",
        "sessionCount": 2, "tenantId": "team-a",
    }  # fmt: skip
    assert client.get("/api/agents") == (200, {"agents": [first, second]})
    assert client.get("/api/agents/a1") == (200, second)
