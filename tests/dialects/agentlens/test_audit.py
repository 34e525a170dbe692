"""GET /api/audit/verify over sound and broken chains, the stream, and what the server says of itself."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from affidavit import __version__
from affidavit.core.ids import ulid_text
from affidavit.dialects.agentlens import DIALECT

from .conftest import Client, at, run
from .examples import decode_events, entries_of, event, request


def test_a_session_that_holds(client: Client) -> None:
    entries = client.record(*run("s", ["tool_call"] * 3))
    assert client.get("/api/audit/verify", sessionId="s") == (
        200,
        {
            "verified": True, "verifiedAt": "2026-02-08T12:00:00.000Z", "range": None, "sessionId": "s",
            "sessionsVerified": 1, "totalEvents": 3, "firstHash": entries[0].hash.hex(),
            "lastHash": entries[2].hash.hex(), "brokenChains": [], "signature": None,
        },
    )  # fmt: skip


def test_a_session_that_is_not_there_holds(client: Client) -> None:
    body = client.get("/api/audit/verify", sessionId="nope")[1]
    assert (body["verified"], body["sessionsVerified"], body["totalEvents"]) == (True, 1, 0)
    assert (body["firstHash"], body["lastHash"]) == (None, None)


def test_a_span_has_the_sessions_with_an_event_in_it(client: Client) -> None:
    client.record(
        *run("b", ["tool_call"], "09:00"), *run("b", ["tool_call"], "11:00"), *run("c", ["tool_call"], "08:00")
    )
    (first,) = client.record(*run("a", ["tool_call"], "11:30"))
    body = client.get("/api/audit/verify", from_=at("10:00"), to=at("12:00"))[1]
    assert body["range"] == {"from": at("10:00"), "to": at("12:00")}
    assert "sessionId" not in body
    assert (body["verified"], body["sessionsVerified"], body["totalEvents"]) == (True, 2, 3)
    assert body["firstHash"] == first.hash.hex()
    empty = client.get("/api/audit/verify", from_=at("01:00"), to=at("02:00"))[1]
    assert (empty["verified"], empty["sessionsVerified"], empty["firstHash"]) == (True, 0, None)


def test_a_changed_event_is_found(client: Client) -> None:
    entries = client.record(*run("s", ["tool_call"] * 3, "11:00"))
    changed = replace(entries[1], payload=entries[1].payload.replace(b"search", b"delete"))
    client.store._entries[entries[1].position] = changed
    broken = [
        {"sessionId": "s", "failedAtIndex": 1, "failedEventId": ulid_text(changed.id), "reason": "payload-mismatch"}
    ]
    for asked in ({"sessionId": "s"}, {"from_": at("10:00"), "to": at("12:00")}):
        body = client.get("/api/audit/verify", **asked)[1]
        assert (body["verified"], body["brokenChains"]) == (False, broken)
    assert client.get("/api/sessions/s/timeline")[1]["chainValid"] is False


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, "Provide from/to or sessionId"),
        ({"from_": "2026-01-01"}, "Provide from/to or sessionId"),
        ({"to": "2026-01-01"}, "Provide from/to or sessionId"),
        ({"from_": "x", "to": "2026-01-01"}, "Invalid ISO 8601 date: x"),
        ({"from_": "2026-01-01", "to": "y"}, "Invalid ISO 8601 date: y"),
        ({"sessionId": "s", "from_": "x"}, "Invalid ISO 8601 date: x"),
        ({"from_": "2025-01-01", "to": "2026-01-02"}, "Range must not exceed 1 year"),
    ],
)
def test_what_cannot_be_verified(client: Client, query: dict[str, str], error: str) -> None:
    assert client.get("/api/audit/verify", **query) == (400, {"error": error})


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, [True, True, True]),
        ({"sessionId": "s1"}, [True, True, False]),
        ({"agentId": "a2"}, [False, True, False]),
        ({"eventType": "tool_error,custom"}, [False, True, True]),
        ({"eventType": ",", "sessionId": "s2"}, [False, False, True]),
        ({"eventType": "nope"}, [False, False, False]),
    ],
)
def test_the_stream_is_filtered(query: dict[str, str], wanted: list[bool]) -> None:
    entries = entries_of(decode_events(event(), event("custom", agentId="a2"), event("tool_error", sessionId="s2")))
    (stream,) = DIALECT.streams
    wants = stream.wants(request(query=query))
    assert [wants(entry) for entry in entries] == wanted


def test_an_event_of_the_stream_is_the_event_as_it_is_read() -> None:
    (stream,) = DIALECT.streams
    (entry,) = entries_of(decode_events(event("custom", {"type": "a\nb", "data": {"x": "\ud83d\u2028"}})))
    name, data, *rest = stream.render(entry, "team-a").split(b"\n")
    assert (name, rest) == (b"event: event", [b"", b""])
    shown = json.loads(data.removeprefix(b"data: "))
    assert (shown["id"], shown["tenantId"], shown["payload"]["type"]) == (ulid_text(entry.id), "team-a", "a\nb")
    assert (stream.path, stream.scope, stream.heartbeat_seconds) == ("/api/stream", "read", 30)
    assert stream.first == stream.heartbeat == b"event: heartbeat\ndata: {}\n\n"


def test_what_the_server_says_of_itself(client: Client) -> None:
    status, info = client.get("/api/server-info")
    assert (status, info["version"], info["pricing"]["modelCount"]) == (200, __version__, 0)
    assert info["features"] == ["sessions", "agents", "analytics", "stats", "health"]
    assert client.get("/api/version") == (200, {"current": "v1", "supported": ["v1"]})
