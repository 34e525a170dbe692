"""The two vendors' ingest endpoints as a table: how an event is sent, counted and read back, what a refusal is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from tests.running import Running

AGENT = "agent of these tests"


def must_parse(text: bytes | str) -> Any:
    """JSON with every number as it is written."""
    return json.loads(text, parse_float=str, parse_int=str)


@dataclass(frozen=True)
class Vendor:
    """One wire API."""

    name: str
    key_prefix: str
    listing: str
    reads: tuple[str, ...]

    def client(self, server: Running, token: str | None = None, **options: Any) -> httpx.Client:
        """A client with a key."""
        headers = {"Authorization": f"Bearer {token or server.key(self.name)}"}
        return httpx.Client(base_url=server.base_url, headers=headers, timeout=60, **options)

    def count(self, client: httpx.Client) -> int:
        """Events that the vendor's API says there are, in the client's workspace."""
        if self.name == "agentlens":
            total: int = client.get("/api/events", params={"limit": 1}).json()["total"]
            return total
        events: int = client.get("/v1/stats").json()["total_events"]
        return events

    def is_refusal(self, status: int, body: Any) -> bool:
        """Whether a body is the vendor's own for this status."""
        if not isinstance(body, dict) or not isinstance(body.get("error"), str) or not body["error"]:
            return False
        if self.name == "provenlog":
            return set(body) == {"error"}
        more = {"hint", "docs", "details", "maxSize", "required", "current"}
        return body.get("status") == status and set(body) <= {"error", "status"} | more


AGENTLENS = Vendor("agentlens", "als_", "/api/events", ("/api/events", "/api/events/{id}"))
PROVENLOG = Vendor(
    "provenlog",
    "pl_",
    "/v1/events",
    ("/v1/events", "/v1/events/{id}", "/v1/agents", "/v1/stats", f"/v1/verify?agent_id={AGENT}"),
)
VENDORS = (AGENTLENS, PROVENLOG)


@dataclass(frozen=True)
class Endpoint:
    """A route that records. `before` and `after` stand around a JSON value, `{...}` of one event's own free field."""

    vendor: Vendor
    path: str
    before: bytes
    after: bytes

    def holding(self, value: bytes = b"{}") -> bytes:
        """A body with one event that has this JSON text in it."""
        return self.before + value + self.after

    def ids(self, answer: Any) -> list[str]:
        """The ids of what an answer says was recorded."""
        if self.path == "/v1/events":
            return [answer["id"]]
        if self.path == "/v1/batch":
            return [item["event"]["id"] for item in answer if "event" in item]
        return [event["id"] for event in answer["events"]]

    def held(self, client: httpx.Client, identity: str) -> Any:
        """What an event has in its free field, read back by its id; numbers as they are written."""
        answer = client.get(f"{self.vendor.listing}/{identity}")
        assert answer.status_code == 200, answer.text
        return must_parse(answer.content)["metadata"]["held"]


_AGENTLENS = b'{"sessionId":"s","agentId":"%b","eventType":"session_started","metadata":{"held":' % AGENT.encode()
_PROVENLOG = b'{"agent_id":"%b","metadata":{"held":' % AGENT.encode()
ENDPOINTS = (
    Endpoint(AGENTLENS, "/api/events", b'{"events":[' + _AGENTLENS, b"}}]}"),
    Endpoint(PROVENLOG, "/v1/events", _PROVENLOG, b"}}"),
    Endpoint(PROVENLOG, "/v1/batch", b"[" + _PROVENLOG, b"}}]"),
)
