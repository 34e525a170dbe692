"""A workspace that reports in every dialect under names that others have too, and looks at everything."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.wire.callers import SECONDS, Callers
from tests.wire.looks import AGENT, LOOKS, SESSION, Look, lasting
from tests.wire.reports import pecta_evaluation

MESSAGES = [{"role": "user", "content": "x"}]
NOW = datetime.now(UTC)
SPAN = {name: f"{NOW + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for name, days in (("since", -9), ("until", 9))}
"""All that is reported here is in it."""
NOBODYS = {
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "ulid": "01H45STQ4PEX5VSKNK0849N02Q",
    "chain": "5a" * 16,
    "position": "999999",
    "asn": "ASN-2026-9999-9999-X",
    "word": "unheard",
    **SPAN,
}
"""What no workspace has."""


class Tenant:
    """One workspace. `own`: dialect -> the id and so on of one of its entries, to fill in `Look.target`."""

    def __init__(self, callers: Callers, name: str) -> None:
        self._callers = callers
        self.name = name
        self.word = f"word-of-{name}"
        self._asn = ""

    def report(self, passed: bool, times: int) -> None:
        """Report in every dialect, so many times."""
        for _ in range(times):
            self._post("provenlog", "/v1/events", {
                "agent_id": AGENT, "session_id": SESSION, "action_type": "TOOL_CALL", "action_name": self.word,
                "action_status": "success" if passed else "error", "labels": {"word": self.word},
            })  # fmt: skip
            self._post("agentlens", "/api/events", {"events": self._agentlens(passed)})
            self._post("pecta", "/v1/ingest", {"events": [pecta_evaluation(AGENT, self.word, passed)]})
            self._post("trenchcoat", "/api/v1/events", {"events": self._trenchcoat()})
            if not self._asn:
                agent = {"name": AGENT, "class": "A", "word": self.word}
                self._asn = self._post("asn", "/api/v1/agents", agent)["asn"]
            kind = "task_completed" if passed else "task_failed"
            event = {"asn": self._asn, "event_type": kind, "metadata": {"word": self.word}}
            self._post("asn", "/api/v1/activity/report/batch", {"events": [event] * 10})

    def _trenchcoat(self) -> list[dict[str, Any]]:
        event = {"session_id": SESSION, "timestamp": "2026-11-20T10:30:00Z", "data": {"tool_name": self.word}}
        return [{"event_type": kind, **event} for kind in ("session_start", "tool_use", "tool_result")]

    def _agentlens(self, passed: bool) -> list[dict[str, Any]]:
        payloads: dict[str, dict[str, Any]] = {
            "session_started": {"agentName": self.word, "tags": [self.word]},
            "tool_call": {"toolName": self.word, "callId": "c", "arguments": {}},
            "llm_call": {"callId": "l", "provider": "p", "model": self.word, "messages": MESSAGES},
            "llm_response": {
                "callId": "l", "provider": "p", "model": self.word, "completion": "x", "finishReason": "stop",
                "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}, "costUsd": 0.5, "latencyMs": 7,
            },
        }  # fmt: skip
        if passed:
            payloads["tool_response"] = {"callId": "c", "toolName": self.word, "result": 1, "durationMs": 3}
        else:
            payloads["tool_error"] = {"callId": "c", "toolName": self.word, "error": self.word, "durationMs": 3}
        return [
            {"sessionId": SESSION, "agentId": AGENT, "eventType": kind, "payload": payload}
            for kind, payload in payloads.items()
        ]

    def _post(self, dialect: str, path: str, body: Any) -> Any:
        answer = self._callers(dialect, self.name).post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def hold(self) -> None:
        """Put the chain of the newest entry under legal hold."""
        why = {"reason": self.word, "authority": "somebody"}
        self._post("affidavit", "/v1/affidavit/holds", {"chains": [self._entries(limit="1")[0]["chain"]], **why})

    def await_heads(self) -> None:
        """Until where the chain of the newest entry stands is under a checkpoint."""
        ask, deadline = self._callers("affidavit", self.name).get, time.monotonic() + SECONDS
        newest = self._entries(limit="1")[0]
        for target in (f"/v1/affidavit/entries/{newest['id']}/proof", f"/v1/affidavit/heads?chain={newest['chain']}"):
            while ask(target).status_code == 503:
                assert time.monotonic() < deadline, f"{target} is not under a checkpoint"
                time.sleep(0.05)

    def own(self, dialect: str) -> dict[str, str]:
        """What only this workspace has: of the dialect's newest entry, or of the newest of all for our own reads."""
        of_one = {} if dialect == "affidavit" else {"dialect": dialect}
        entry = self._entries(limit="1", **of_one)[0]
        named = {name: str(entry[name]) for name in ("id", "ulid", "chain", "position")}
        return {**named, "asn": self._asn, "word": self.word, **SPAN}

    def marks(self) -> set[str]:
        """What must never stand in another's answer."""
        entries = self._entries(limit="200")
        told = {
            entry[name] for entry in entries for name in ("id", "ulid", "chain", "hash", "commitment", "by", "salt")
        }
        return {*told, self.word, self._asn, self.name}

    def _entries(self, **query: str) -> list[dict[str, Any]]:
        listed = self._callers("affidavit", self.name).get("/v1/affidavit/entries", params=query)
        assert listed.status_code == 200, listed.text
        return list(listed.json()["entries"])

    def ask(self, dialect: str, look: Look, filled: dict[str, str]) -> tuple[int, Any]:
        """The status, and what lasts of the answer."""
        answer = self._callers(dialect, self.name).get(look.target.format_map(filled))
        is_json = answer.headers["content-type"] == "application/json"
        return answer.status_code, lasting(answer.json() if is_json else answer.text)

    def everything(self, own: dict[str, dict[str, str]]) -> dict[str, tuple[int, Any]]:
        """All that a workspace can see: target -> status and answer. `own`: dialect -> what `{id}` and so on are."""
        return {
            f"{dialect} {look.target}": self.ask(dialect, look, own[dialect])
            for (dialect, _), looks in LOOKS.items()
            for look in looks
        }


def text_without(answer: tuple[int, Any], filled: dict[str, str]) -> str:
    """An answer as text, with a placeholder for everything that was filled in."""
    text = json.dumps(answer)
    for name, value in filled.items():
        text = text.replace(value, f"<{name}>")
    return text
