"""Statistics, analytics, costs and health: sums over the events of a span of time."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import NOON, Client, at, run
from .examples import event

DAY = 86_400_000_000


def response(
    cost: Any, model: str | None = "m", session: str = "s", clock: str = "11:00", **more: Any
) -> dict[str, Any]:
    usage = {"inputTokens": 2, "outputTokens": 3, "totalTokens": 5, "cacheReadTokens": 7, "cacheWriteTokens": 1}
    payload = {
        "callId": "c",
        "completion": None,
        "finishReason": "stop",
        "usage": usage,
        "costUsd": cost,
        "latencyMs": 40,
    }
    named = {} if model is None else {"model": model, "provider": "p"}
    return event("llm_response", payload | named, sessionId=session, timestamp=at(clock), **more)


def tool(kind: str, name: str, duration: Any = 10, clock: str = "11:00") -> dict[str, Any]:
    payload = {"toolName": name, "callId": "c", "arguments": {}, "result": 1, "error": "", "durationMs": duration}
    return event(kind, payload, timestamp=at(clock))


def test_stats(client: Client) -> None:
    nothing = {"totalEvents": 0, "totalSessions": 0, "totalAgents": 0, "storageSizeBytes": 0}
    assert client.get("/api/stats") == (200, nothing)
    client.record(*run("one", ["tool_call", "custom"], "10:00"), *run("two", ["custom"], "11:00", agentId="a2"))
    assert client.get("/api/stats") == (
        200,
        {
            "totalEvents": 3,
            "totalSessions": 2,
            "totalAgents": 2,
            "oldestEvent": at("10:00"),
            "newestEvent": at("11:00"),
            "storageSizeBytes": client.reader.storage_bytes(),
        },
    )


def test_stats_overview(client: Client) -> None:
    client.record(*run("one", ["tool_call"] * 3, "10:00"), *run("one", ["tool_error"], "11:00", severity="error"))
    client.record(event(sessionId="old", timestamp="2026-02-07T23:00:00Z", severity="critical"))
    client.record(
        event(sessionId="old", timestamp=at("11:00")), event(sessionId="older", timestamp="2026-02-06T23:00:00Z")
    )
    expected = {
        "eventsTodayCount": 5, "eventsYesterdayCount": 1, "errorsTodayCount": 1, "errorsYesterdayCount": 1,
        "sessionsTodayCount": 1, "sessionsYesterdayCount": 1, "totalAgents": 1, "errorRate": 0.2,
    }  # fmt: skip
    assert client.get("/api/stats/overview") == (200, expected)
    assert client.get("/api/stats/overview", from_="garbage", to="garbage") == (200, expected)
    body = client.get("/api/stats/overview", from_=at("10:30"), to=at("11:00"))[1]
    assert (body["eventsTodayCount"], body["eventsYesterdayCount"], body["errorRate"]) == (2, 3, 0.5)


def test_analytics(client: Client) -> None:
    client.record(
        tool("tool_call", "t", clock="10:10"), tool("tool_response", "t", 30, "10:20"),
        tool("tool_response", "t", 10, "10:50"),
        tool("tool_error", "t", clock="11:00"), response(0.5, clock="11:20", agentId="a2"),
    )  # fmt: skip
    common = {"avgLatencyMs": 20, "totalCostUsd": 0}
    first = {
        "timestamp": at("10:00"),
        "eventCount": 3,
        "toolCallCount": 1,
        "errorCount": 0,
        "uniqueSessions": 1,
        **common,
    }
    second = {
        "timestamp": at("11:00"), "eventCount": 2, "toolCallCount": 0, "errorCount": 1, "uniqueSessions": 2,
        "avgLatencyMs": 0, "totalCostUsd": 0.5,
    }  # fmt: skip
    totals = {
        "eventCount": 5, "toolCallCount": 1, "errorCount": 1, "uniqueSessions": 2, "uniqueAgents": 2,
        "avgLatencyMs": 20, "totalCostUsd": 0.5,
    }  # fmt: skip
    assert client.get("/api/analytics") == (200, {"buckets": [first, second], "totals": totals})
    assert client.get("/api/analytics", agentId="a2")[1]["totals"]["eventCount"] == 1
    assert client.get("/api/analytics", from_="garbage")[1]["buckets"] == []
    assert client.get("/api/analytics", granularity="day")[1]["buckets"][0]["timestamp"] == at("00:00")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3), ({"range": "1h"}, 1), ({"range": "6h"}, 2), ({"range": "24h"}, 3), ({"range": "3d"}, 4),
        ({"range": "x"}, 3), ({"from_": at("08:00"), "range": "1h"}, 2), ({"from_": "2026-02-01"}, 4),
        ({"to": at("11:00"), "range": "6h"}, 1),
        ({"from_": "2026-02-01", "to": "nope"}, 5), ({"to": "2027-01-01"}, 4),
    ],
)  # fmt: skip
def test_spans(client: Client, query: dict[str, str], count: int) -> None:
    for moment in (at("11:30"), at("08:00"), at("13:00", "2026-02-07"), at("12:00", "2026-02-06"), at("12:30")):
        client.record(event(timestamp=moment))
    assert client.get("/api/analytics", **query)[1]["totals"]["eventCount"] == count


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        ("2026-01-01T00:00:00Z", "2026-00"), ("2026-01-05T00:00:00Z", "2026-01"), ("2024-12-31T23:59:59Z", "2024-53"),
        ("0000-01-01T00:00:00Z", "0000-00"), ("9999-12-31T23:59:59Z", "9999-52"),
        ("0000-01-01T00:00:00+01:00", "-000001-52"),
    ],
)  # fmt: skip
def test_weeks_begin_on_monday(client: Client, moment: str, week: str) -> None:
    """What SQLite's strftime('%Y-%W') says, and beyond its years the same calendar."""
    client.record(event(timestamp=moment))
    body = client.get("/api/analytics", from_="0000-01-01T00:00:00+23:59", to="x", granularity="week")[1]
    assert [bucket["timestamp"] for bucket in body["buckets"]] == [week]


@pytest.mark.parametrize("path", ["/api/analytics", "/api/analytics/costs", "/api/analytics/llm"])
def test_an_unknown_granularity(client: Client, path: str) -> None:
    body = {"error": "Invalid granularity. Use: hour, day, week", "status": 400}
    assert client.get(path, granularity="month") == (400, body)


def test_costs(client: Client) -> None:
    client.record(
        response(1),
        response(2, "big", "t", agentId="a2"),
        response(4, None),
        tool("tool_call", "x"),
        tool("tool_call", "y"),
    )
    client.record(*run("s", ["cost_tracked"], "10:00"))
    body = client.get("/api/analytics/costs")[1]
    assert body["byAgent"][0] == {
        "agentId": "a1", "totalCostUsd": 5.01, "totalInputTokens": 5, "totalOutputTokens": 8, "totalTokens": 13,
        "cacheReadTokens": 14, "cacheWriteTokens": 2, "eventCount": 3,
    }  # fmt: skip
    assert [(row["model"], row["totalCostUsd"], row["eventCount"]) for row in body["byModel"]] == [
        (None, 4, 1), ("big", 2, 1), ("m", 1.01, 2),
    ]  # fmt: skip
    assert [(row["sessionId"], row["totalCostUsd"]) for row in body["bySession"]] == [("s", 5.01), ("t", 2)]
    assert [row["toolName"] for row in body["byTool"]] == ["y", "x"]
    assert body["overTime"] == [
        {"bucket": at("00:00"), "totalCostUsd": 7.01, "eventCount": 4, "byAgent": {"a1": 5.01, "a2": 2}}
    ]
    assert body["totals"] == {"totalCostUsd": 7.01, "totalInputTokens": 7, "totalOutputTokens": 11, "totalTokens": 18}


def test_llm(client: Client) -> None:
    client.record(response(1), response(3, clock="10:00"), response(0.5, "big"), response(0, None))
    body = client.get("/api/analytics/llm")[1]
    assert body["summary"] == {
        "totalCalls": 4, "totalCostUsd": 4.5, "totalInputTokens": 8, "totalOutputTokens": 12, "avgLatencyMs": 40,
        "avgCostPerCall": 1.125,
    }  # fmt: skip
    assert [(row["provider"], row["model"], row["calls"], row["costUsd"]) for row in body["byModel"]] == [
        ("p", "m", 2, 4), ("p", "big", 1, 0.5), (None, None, 1, 0),
    ]  # fmt: skip
    assert [(row["bucket"], row["calls"]) for row in body["byTime"]] == [(at("10:00"), 1), (at("11:00"), 3)]
    assert client.get("/api/analytics/llm", model="big")[1]["summary"]["totalCalls"] == 1
    assert client.get("/api/analytics/llm", provider="p")[1]["summary"]["totalCalls"] == 3
    assert client.get("/api/analytics/llm", provider="q")[1]["summary"]["avgCostPerCall"] == 0


def test_tools(client: Client) -> None:
    client.record(*[tool("tool_call", "t")] * 3, tool("tool_response", "t", 10), tool("tool_error", "t", 30))
    client.record(tool("tool_error", "only-results", 1.5), tool("tool_call", "called"))
    assert client.get("/api/analytics/tools")[1]["tools"] == [
        {"toolName": "t", "callCount": 3, "errorCount": 1, "errorRate": 1 / 3, "avgDurationMs": 20},
        {"toolName": "called", "callCount": 1, "errorCount": 0, "errorRate": 0, "avgDurationMs": 0},
        {"toolName": "only-results", "callCount": 1, "errorCount": 1, "errorRate": 1, "avgDurationMs": 1.5},
    ]


@pytest.mark.parametrize("huge", [10**400, -(10**400), 1e308, 2**53 + 1])
def test_numbers_that_no_sum_can_hold_add_nothing(client: Client, huge: Any) -> None:
    client.record(response(huge), response(1), tool("tool_response", "t", huge))
    for path in (
        "/api/analytics",
        "/api/analytics/costs",
        "/api/analytics/llm",
        "/api/analytics/tools",
        "/api/sessions",
    ):
        assert client.get(path)[0] == 200
    assert client.get("/api/analytics/costs")[1]["totals"]["totalCostUsd"] == 1


def test_health_of_nobody(client: Client) -> None:
    assert client.get("/api/health/overview") == (200, {"agents": [], "computedAt": "2026-02-08T12:00:00.000Z"})


def test_health(client: Client) -> None:
    client.record(*run("good", ["tool_call", "tool_call", "tool_response", "session_started"], "10:00"))
    client.record(event("session_ended", sessionId="good", timestamp=at("10:01")))
    client.record(*run("bad", ["tool_error", "cost_tracked"], "10:00"))
    (agent,) = client.get("/api/health/overview")[1]["agents"]
    rows = {row["name"]: (row["score"], row["rawValue"], row["description"]) for row in agent["dimensions"]}
    assert rows == {
        "error_rate": (50, 0.5, "1/2 sessions had errors"),
        "cost_efficiency": (100, 0.005, "Avg cost per session: $0.0050"),
        "tool_success": (50, 0.5, "1/2 tool calls succeeded"),
        "latency": (100, 60000, "Avg session duration: 60000ms"),
        "completion_rate": (50, 0.5, "1/2 sessions completed"),
    }
    assert (agent["overallScore"], agent["trend"], agent["trendDelta"], agent["sessionCount"]) == (67.5, "stable", 0, 2)
    assert agent["window"] == {"from": "2026-02-01T12:00:00.000Z", "to": "2026-02-08T12:00:00.000Z"}


def test_health_trend(client: Client) -> None:
    client.record(*run("old", ["tool_error"], "10:00"))
    client.now = NOON + 7 * DAY
    client.record(event(sessionId="new"))
    (agent,) = client.get("/api/health/overview")[1]["agents"]
    assert (agent["overallScore"], agent["trend"], agent["trendDelta"]) == (85, "improving", 50)
    assert client.get("/api/health/overview", window="14")[1]["agents"][0]["sessionCount"] == 2


@pytest.mark.parametrize("window", ["0", "91", "x"])
def test_health_of_no_window(client: Client, window: str) -> None:
    body = {"error": "window must be an integer between 1 and 90", "status": 400}
    assert client.get("/api/health/overview", window=window) == (400, body)
