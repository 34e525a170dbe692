"""A request that is taken, for every route that records, as the dialect's clients send it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx


def _named(_: httpx.Client) -> str:
    return f"subject-{uuid.uuid4()}"


def _registered(client: httpx.Client) -> str:
    answer = client.post("/api/v1/agents", json={"name": "agent", "class": "A"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["asn"])


@dataclass(frozen=True)
class Report:
    """A route that records, and what is sent there.

    path     the route's, with `{asn}` for the subject where it has one
    body     the subject (an agent's name or number), a note -> the body; another note makes it another request
    status   what it is answered with
    entries  how many it records
    subject  a subject that may be reported on, and was not before
    """

    dialect: str
    path: str
    body: Callable[[str, str], Any]
    status: int
    entries: int
    subject: Callable[[httpx.Client], str] = _named
    name: str = ""

    def __str__(self) -> str:
        return f"{self.dialect}{self.path}{self.name}"

    def send(
        self, client: httpx.Client, subject: str, key: str | None, *, note: str = "", mount: str = ""
    ) -> httpx.Response:
        """The answer to the request with an Idempotency-Key, or without one."""
        headers = {} if key is None else {"Idempotency-Key": key}
        path = mount + self.path.replace("{asn}", subject)
        return client.post(path, json=self.body(subject, note), headers=headers)


def _provenlog(subject: str, note: str, **more: Any) -> dict[str, Any]:
    return {"agent_id": subject, "session_id": subject, "action_type": "TOOL_CALL", "metadata": {"note": note}, **more}


def _provenlog_batch(subject: str, note: str) -> list[Any]:
    """The second of them is refused."""
    return [_provenlog(subject, note), {"action_name": "nobody's"}, _provenlog(f"{subject}-b", note)]


def _agentlens(subject: str, note: str) -> dict[str, Any]:
    call = {"toolName": "search", "callId": "c1", "arguments": {"note": note}}
    event = {"sessionId": subject, "agentId": subject, "eventType": "tool_call", "payload": call}
    return {"events": [event, {**event, "sessionId": f"{subject}-b"}]}


def pecta_evaluation(subject: str, note: str = "", passed: bool = True) -> dict[str, Any]:
    """One evaluation; a failed one has the note as its reason."""
    gate = {"name": "gate", "passed": passed, "latency_ms": 1, "reason": note}
    return {"agent_id": subject, "tool": "bid", "passed": passed, "gates": [gate], "total_latency_ms": 4}


def _pecta(subject: str, note: str) -> dict[str, Any]:
    return {"events": [pecta_evaluation(subject, note), pecta_evaluation(f"{subject}-b", note, passed=False)]}


def _trenchcoat(subject: str, note: str) -> dict[str, Any]:
    session = str(uuid.uuid5(uuid.NAMESPACE_URL, subject))
    event = {"event_type": "tool_use", "session_id": session, "timestamp": "2026-01-15T10:30:00Z"}
    return {"events": [{**event, "data": {"tool_name": "Read", "note": note}}]}


def _plugin(subject: str, note: str) -> dict[str, Any]:
    event = {"event": "tool_use", "session_id": subject, "ts": "2026-01-15T10:30:00+02:00", "seq": 1}
    return {"events": [{**event, "data": {"tool_name": "Read", "note": note}}]}


def _asn(subject: str, note: str) -> dict[str, Any]:
    return {"asn": subject, "event_type": "task_completed", "metadata": {"note": note}}


REPORTS = (
    Report("provenlog", "/v1/events", _provenlog, 201, 1),
    Report("provenlog", "/v1/batch", _provenlog_batch, 207, 2),
    Report("agentlens", "/api/events", _agentlens, 201, 2),
    Report("pecta", "/v1/ingest", _pecta, 202, 2),
    Report("pecta", "/v1/agents", lambda subject, note: {"agent_id": subject + note}, 201, 1),
    Report("trenchcoat", "/api/v1/events", _trenchcoat, 200, 1),
    Report("trenchcoat", "/api/v1/events", _plugin, 201, 1, name=" plugin"),
    Report("asn", "/api/v1/activity/report", _asn, 201, 1, _registered),
    Report("asn", "/api/v1/activity/report/batch", lambda a, n: {"events": [_asn(a, n)] * 2}, 201, 2, _registered),
    Report("asn", "/api/v1/agents", lambda subject, note: {"name": subject, "class": "A", "note": note}, 201, 1),
    Report("asn", "/api/v1/agents/{asn}/deactivate", lambda _, note: {"note": note}, 200, 1, _registered),
)


def told(answer: httpx.Response) -> tuple[int, bytes, str | None]:
    """All that must be the same when it is told again."""
    return answer.status_code, answer.content, answer.headers.get("affidavit-entries")


def is_again(answer: httpx.Response) -> bool:
    """Whether the answer says that it was given before."""
    return answer.headers.get("idempotency-replayed") == "true"
