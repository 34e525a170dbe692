"""Events, entries and a ledger's reading side for these tests, made by hand: no store, no server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from affidavit.core.entry import Entry
from affidavit.dialects.agentlens import DIALECT
from affidavit.dialects.contract import Answer, Intake, Read, Request
from affidavit.errors import Refused, StoreFailed
from affidavit.model.draft import Draft, Workspace
from affidavit.model.query import Page, Query

AT = 1_790_000_000_123_456

REQUIRED: dict[str, dict[str, Any]] = {
    "session_started": {},
    "session_ended": {"reason": "completed"},
    "tool_call": {"toolName": "search", "callId": "c1", "arguments": {}},
    "tool_response": {"callId": "c1", "toolName": "search", "result": None, "durationMs": 1.5},
    "tool_error": {"callId": "c1", "toolName": "search", "error": "", "durationMs": 1},
    "approval_requested": {"requestId": "r", "action": "pay", "params": {}, "urgency": "high"},
    "approval_granted": {"requestId": "r", "action": "pay", "decidedBy": "ann"},
    "approval_denied": {"requestId": "r", "action": "pay", "decidedBy": "ann"},
    "approval_expired": {"requestId": "r", "action": "pay", "decidedBy": "ann"},
    "form_submitted": {"submissionId": "s", "formId": "f", "fieldCount": 3},
    "form_completed": {"submissionId": "s", "formId": "f", "completedBy": "ann", "durationMs": 1},
    "form_expired": {"submissionId": "s", "formId": "f", "expiredAfterMs": 1},
    "cost_tracked": {
        "provider": "p", "model": "m", "inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "costUsd": 0.01,
    },
    "llm_call": {"callId": "c", "provider": "p", "model": "m", "messages": [{"role": "user", "content": "hi"}]},
    "llm_response": {
        "callId": "c", "completion": None, "finishReason": "stop",
        "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}, "costUsd": 0.1, "latencyMs": 10,
    },
    "alert_triggered": {
        "alertRuleId": "r", "alertName": "n", "condition": "x > 1", "currentValue": 2, "threshold": 1, "message": "m",
    },
    "alert_resolved": {"alertRuleId": "r", "alertName": "n"},
    "retrieval": {"query": "q"},
    "embedding": {"model": "m", "inputCount": 4},
    "chain_step": {"name": "n"},
    "custom": {"type": "t", "data": {}},
}  # fmt: skip
"""The smallest payload of every type, written down from the vendor's page, not from the code."""

OPTIONAL: dict[str, dict[str, Any]] = {
    "session_started": {"agentName": "a", "agentVersion": "1", "mcpClientInfo": {}, "tags": ["x"]},
    "session_ended": {"summary": "s", "totalToolCalls": 3, "totalDurationMs": 4},
    "tool_call": {"serverName": "s"},
    "tool_error": {"errorCode": "E1"},
    "approval_granted": {"reason": "ok"},
    "approval_denied": {"reason": "no"},
    "approval_expired": {"reason": "late"},
    "form_submitted": {"formName": "f"},
    "cost_tracked": {"trigger": "t"},
    "llm_call": {"systemPrompt": "s", "parameters": {"temperature": 1}, "tools": [{"name": "t"}], "redacted": True},
    "llm_response": {"provider": "p", "model": "m", "toolCalls": [{"id": "1"}], "redacted": False},
    "alert_resolved": {"resolvedBy": "ann"},
    "retrieval": {"retrieverName": "r", "topK": 5, "resultCount": 2, "durationMs": 7},
    "embedding": {"dimensions": 8, "durationMs": 9},
    "chain_step": {"stepType": "s", "durationMs": 1},
}

CHOICES = {("session_ended", "reason")}
NULLABLE = {("llm_response", "completion")}
MAY_BE_EMPTY = {
    ("tool_error", "error"), ("approval_requested", "urgency"), ("alert_triggered", "condition"),
    ("alert_triggered", "message"), ("retrieval", "query"), ("embedding", "model"), ("chain_step", "name"),
    ("custom", "type"),
}  # fmt: skip


def event(kind: str = "tool_call", payload: Any = None, **more: Any) -> dict[str, Any]:
    """A valid event, but for what is given."""
    payload = REQUIRED[kind] if payload is None else payload
    return {"sessionId": "s1", "agentId": "a1", "eventType": kind, "payload": payload, **more}


def request(
    body: bytes = b"", query: dict[str, str] | None = None, parameters: dict[str, str] | None = None
) -> Request:
    """A request as the server hands it to the dialect."""
    return Request("POST" if body else "GET", "/api/events", {}, query or {}, parameters or {}, body, AT)


def decode(body: Any) -> Intake:
    """POST /api/events with a body: bytes as they are, anything else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return DIALECT.ingests[0].decode(request(raw))


def decode_events(*events: Any) -> list[Draft]:
    """The drafts of a batch."""
    return decode({"events": list(events)}).drafts


def refusal(call: Any, *arguments: Any) -> tuple[int, dict[str, Any]]:
    """The answer of a call that must be refused: status and body."""
    try:
        call(*arguments)
    except Refused as refused:
        answer = DIALECT.refuse(refused)
        return answer.status, json.loads(answer.body)
    raise AssertionError("accepted")


def problems(*events: Any) -> list[tuple[str, str]]:
    """What is wrong with a batch, (path, message), in the order of the answer; paths without `events.`."""
    status, body = refusal(decode_events, *events)
    assert status == 400
    assert body["error"] == "Validation failed"
    assert all(problem["path"].startswith("events.") for problem in body["details"])
    return [(problem["path"].removeprefix("events."), problem["message"]) for problem in body["details"]]


def entries_of(drafts: Sequence[Draft]) -> list[Entry]:
    """Drafts as one chain of entries; the hashes are made up."""
    return [
        Entry(
            seq - 1, b"c" * 16, seq, AT, bytes([0] * 15 + [seq]), "key_1", "agentlens", bytes([seq - 1] * 32),
            bytes([seq] * 32), b"p" * 32, b"s" * 16, draft.payload, 1, draft.projection.agent,
            draft.projection.session, draft.projection.type, draft.projection.severity, draft.projection.time or AT,
        )
        for seq, draft in enumerate(drafts, 1)
    ]  # fmt: skip


class Ledger:
    """The reading side of a ledger with these entries. `asked` is the last query."""

    def __init__(self, entries: Sequence[Entry] = (), total: int | None = None) -> None:
        self.workspace = Workspace(1, "team-a", b"w" * 16)
        self.entries = list(entries)
        self.total = len(self.entries) if total is None else total
        self.asked: Query | None = None
        self.broken = False

    def find(self, query: Query) -> Page:
        self.asked = query
        return Page(self.entries, self.total)

    def entry(self, dialect: str, identity: bytes) -> Entry | None:
        return next((entry for entry in self.entries if (entry.dialect, entry.id) == (dialect, identity)), None)

    def storage_bytes(self) -> int:
        return 4096

    def ping(self) -> int:
        if self.broken:
            raise StoreFailed("disk I/O error")
        return 2500


def ask(ledger: Ledger, path: str, query: dict[str, str] | None = None, **parameters: str) -> Answer:
    """GET a route of the dialect from a ledger."""
    (route,) = [read for read in DIALECT.reads if read.path == path]
    assert isinstance(route, Read)
    return route.answer(request(query=query, parameters=parameters), ledger)  # type: ignore[arg-type]
