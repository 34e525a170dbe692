"""The dialects as their clients speak them: events made, answers read, chains read back, all over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import httpx

NO_HASH = "0" * 64
"""ProvenLog's `prev_hash` of a chain's first event."""


class Event(NamedTuple):
    """What a client reports: in which chain, and a marker that no other event has."""

    chain: str
    marker: str


class Receipt(NamedTuple):
    """What the server said of an event when it had recorded it."""

    id: str
    hash: str


class Recorded(NamedTuple):
    """An event as it is read back. `prev`: the hash of the chain's event before; None for its first."""

    event: Event
    receipt: Receipt
    prev: str | None


class Vendor(Protocol):
    """One vendor's API. Chains are sessions to one vendor and agents to another."""

    name: str

    def request(self, events: Sequence[Event]) -> tuple[str, Any]:
        """The path and the JSON that report these events."""
        ...

    def receipts(self, body: Any) -> list[Receipt]:
        """The answer to `request`, in the events' order."""
        ...

    def chain(self, client: httpx.Client, name: str) -> list[Recorded]:
        """A whole chain, oldest first."""
        ...

    def total(self, client: httpx.Client) -> int:
        """How many events there are in all."""
        ...

    def found(self, client: httpx.Client, event: Event) -> int:
        """How many events a query that only this one satisfies gives."""
        ...


class AgentLens:
    """One chain a session; a request's events are recorded together or not at all."""

    name = "agentlens"
    page = 500

    def request(self, events: Sequence[Event]) -> tuple[str, Any]:
        """POST /api/events."""
        return "/api/events", {
            "events": [
                {
                    "sessionId": event.chain,
                    "agentId": "agent",
                    "eventType": "custom",
                    "payload": {"type": "load", "data": {"marker": event.marker}},
                }
                for event in events
            ]
        }

    def receipts(self, body: Any) -> list[Receipt]:
        """`{"ingested":n,"events":[{"id","hash"}]}`."""
        assert body["ingested"] == len(body["events"])
        return [Receipt(event["id"], event["hash"]) for event in body["events"]]

    def chain(self, client: httpx.Client, name: str) -> list[Recorded]:
        """Page by page: no timestamp was sent, so the order of time is the chain's."""
        found: list[Recorded] = []
        while True:
            body = _got(client, "/api/events", sessionId=name, order="asc", limit=self.page, offset=len(found))
            found += [
                Recorded(
                    Event(event["sessionId"], event["payload"]["data"]["marker"]),
                    Receipt(event["id"], event["hash"]),
                    event["prevHash"],
                )
                for event in body["events"]
            ]
            assert body["hasMore"] == (len(found) < body["total"])
            if not body["hasMore"]:
                return found

    def total(self, client: httpx.Client) -> int:
        """The list's own count."""
        return int(_got(client, "/api/events", limit=1)["total"])

    def found(self, client: httpx.Client, event: Event) -> int:
        """Full-text search."""
        return int(_got(client, "/api/events", search=event.marker, limit=1)["total"])


class ProvenLog:
    """One chain an agent."""

    name = "provenlog"
    page = 1000

    def request(self, events: Sequence[Event]) -> tuple[str, Any]:
        """POST /v1/events for one event, POST /v1/batch for more."""
        bodies = [
            {"agent_id": event.chain, "action_type": "TOOL_CALL", "labels": {"marker": event.marker}}
            for event in events
        ]
        return ("/v1/events", bodies[0]) if len(bodies) == 1 else ("/v1/batch", bodies)

    def receipts(self, body: Any) -> list[Receipt]:
        """The whole stored event, or a list of them in envelopes."""
        stored = [body] if isinstance(body, dict) else [item["event"] for item in body]
        return [Receipt(event["id"], event["hash"]) for event in stored]

    def chain(self, client: httpx.Client, name: str) -> list[Recorded]:
        """Page by page, newest first; `sequence` must count down to 1."""
        events: list[Any] = []
        while page := _got(client, "/v1/events", agent_id=name, limit=self.page, offset=len(events)):
            events += page
        events.reverse()
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
        return [
            Recorded(
                Event(event["agent_id"], event["labels"]["marker"]),
                Receipt(event["id"], event["hash"]),
                None if event["prev_hash"] == NO_HASH else event["prev_hash"],
            )
            for event in events
        ]

    def total(self, client: httpx.Client) -> int:
        """The statistics' own count."""
        return int(_got(client, "/v1/stats")["total_events"])

    def found(self, client: httpx.Client, event: Event) -> int:
        """A label."""
        return len(_got(client, "/v1/events", **{"agent_id": event.chain, "label.marker": event.marker}))


VENDORS: Sequence[Vendor] = (AgentLens(), ProvenLog())


def bearer(token: str) -> dict[str, str]:
    """The credential of every dialect so far."""
    return {"Authorization": f"Bearer {token}"}


def _got(client: httpx.Client, path: str, **parameters: Any) -> Any:
    response = client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()
