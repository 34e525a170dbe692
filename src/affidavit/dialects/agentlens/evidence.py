"""What AgentLens's events say about their agents: the table in docs/scores.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from affidavit.dialects.agentlens.wire import DEFAULT_SEVERITY, ERROR_SEVERITIES, PAYLOADS
from affidavit.dialects.typenames import is_number
from affidavit.model.draft import storable
from affidavit.model.evidence import Evidence, Outcome

_ENDS: Final[Mapping[str, Outcome]] = {"completed": "success", "error": "failure", "timeout": "failure"}
"""Why a session ended -> what that says; anything else is somebody's decision."""


def evidence(payload: Any) -> Evidence | None:
    """What an event says about its agent. Raises ValueError for what was never accepted as an event."""
    try:
        kind, sent = payload["eventType"], payload.get("payload", {})
        if kind not in PAYLOADS:
            raise ValueError(f"not an AgentLens event: of type {kind!r}")
        severity = payload.get("severity") or DEFAULT_SEVERITY
        tool, duration = sent.get("toolName"), sent.get("durationMs", sent.get("latencyMs"))
        return Evidence(
            _outcome(kind, sent, severity),
            kind,
            severity,
            storable(tool) if type(tool) is str else None,
            duration if is_number(duration) else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an AgentLens event: {error!r}") from None


def _outcome(kind: str, sent: Mapping[str, Any], severity: str) -> Outcome:
    if kind == "tool_error":
        return "failure"
    if kind == "tool_response":
        return "success"
    if kind == "llm_response":
        return "failure" if sent["finishReason"] == "error" else "success"
    if kind == "session_ended" and sent["reason"] in _ENDS:
        return _ENDS[sent["reason"]]
    return "failure" if severity in ERROR_SEVERITIES else "neutral"
