"""Over real HTTP: the page's examples, what the plugin does, and what only a whole server can show."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import httpx
import pytest

from affidavit.dialects.trenchcoat import DIALECT
from tests.running import Running

from . import page
from .conftest import plugged


@pytest.fixture(params=["", "/trenchcoat"])
def client(server: Running, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client with a key for everything, at the vendor's own paths and under the dialect's mount."""
    headers = {"X-API-Key": server.key(DIALECT.name), "Content-Type": "application/json"}
    with httpx.Client(base_url=server.base_url + request.param, headers=headers) as client:
        yield client


@pytest.mark.parametrize(("body", "count"), [(page.CURL_EVENTS, 2), (page.BODY, 1)])
def test_the_pages_examples(client: httpx.Client, body: bytes, count: int) -> None:
    answer = client.post("/api/v1/events", content=body)
    assert (answer.status_code, answer.json()) == (200, {"data": {"accepted": count, "rejected": 0}})
    assert {"x-request-id", "affidavit-entries", "x-ratelimit-reset"} <= answer.headers.keys()


def test_the_pages_refusals(client: httpx.Client) -> None:
    good, bad = json.loads(page.BODY)["events"][0], {"session_id": "x"}
    events = [{**good, **bad}, good, {**good, "event_type": "tool_call"}]
    answer = client.post("/api/v1/events", json={"events": events})
    assert (answer.status_code, answer.json()) == (400, json.loads(page.VALIDATION_ERROR))
    answer = client.post("/api/v1/events", json={"events": [good] * 1001})
    assert (answer.status_code, answer.json()) == (400, json.loads(page.TOO_LARGE))


@pytest.mark.parametrize("key", [None, "probe"])
def test_the_plugins_probe_needs_no_key(client: httpx.Client, key: str | None) -> None:
    client.headers.pop("X-API-Key")
    answer = client.get("/api/v1/events", headers={"X-API-Key": key} if key else {})
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (405, b"", "POST")


def test_a_repeated_request_gets_its_answer_again(client: httpx.Client) -> None:
    session = str(uuid.uuid4())
    headers = {"Idempotency-Key": session}
    event = plugged(session_id=session)
    first, again = (client.post("/api/v1/events", json={"events": [event]}, headers=headers) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.headers["affidavit-entries"] == again.headers["affidavit-entries"]
    shown = client.get("/api/v1/sessions", params={"limit": 200}).json()["data"]["sessions"]
    assert [row["event_count"] for row in shown if row["session_id"] == session] == [1]
    other = client.post("/api/v1/events", json={"events": [event, event]}, headers=headers)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "VALIDATION_ERROR")


def test_reads(client: httpx.Client) -> None:
    client.post("/api/v1/events", json={"events": [plugged(event="tool_result", data={"tool_name": "Read"})]})
    days = {"from": "2026-01-01", "to": "2026-01-01"}
    overview = client.get("/api/v1/analytics/overview", params=days, headers={"X-Request-ID": "mine-1"}).json()
    assert overview["data"]["active_days"] == 1
    assert overview["meta"]["requestId"] == "mine-1"
    tools = client.get("/api/v1/analytics/tools", params=days).json()["data"]
    assert tools[0].keys() == {
        "tool_name", "count", "avg_duration_ms", "p50_duration_ms", "p99_duration_ms", "trend",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("write:events", "POST", "/api/v1/events"),
        ("read:sessions", "GET", "/api/v1/sessions"),
        ("read:analytics", "GET", "/api/v1/analytics/overview?from=2026-01-01&to=2026-01-01"),
        ("read:analytics", "GET", "/api/v1/analytics/tools?from=2026-01-01&to=2026-01-01"),
    ],
)
def test_each_route_asks_for_its_scope(server: Running, scope: str, method: str, path: str) -> None:
    for held in DIALECT.scopes:
        headers = {"X-API-Key": server.key(DIALECT.name, [held])}
        content = page.BODY if method == "POST" else None
        answer = httpx.request(method, server.base_url + path, headers=headers, content=content)
        if held in (scope, "admin"):
            assert answer.status_code == 200
        else:
            message = f"Insufficient permissions. Required scopes: {scope}"
            assert (answer.status_code, answer.json()) == (403, {"error": {"code": "FORBIDDEN", "message": message}})


def test_unknown_paths(client: httpx.Client) -> None:
    answer = client.get("/api/v1/sessions/s1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
