"""What counts as success and as failure: the row of docs/scores.md."""

from __future__ import annotations

from typing import Any

import pytest

from affidavit.dialects.agentlens import DIALECT
from affidavit.model.evidence import Evidence

from .examples import REQUIRED, event

SUCCESSES = {"tool_response", "llm_response", "session_ended"}


def outcome(*arguments: Any, **more: Any) -> str:
    found = DIALECT.evidence(event(*arguments, **more))
    assert found is not None
    return found.outcome


@pytest.mark.parametrize("kind", REQUIRED)
def test_every_type(kind: str) -> None:
    expected = "failure" if kind == "tool_error" else "success" if kind in SUCCESSES else "neutral"
    assert outcome(kind) == expected
    for severity in ("debug", "info", "warn", ""):
        assert outcome(kind, severity=severity) == expected
    for severity in ("error", "critical"):
        assert outcome(kind, severity=severity) == ("success" if kind in SUCCESSES else "failure")


@pytest.mark.parametrize(
    ("reason", "severity", "expected"),
    [
        ("completed", "info", "success"), ("error", "info", "failure"), ("timeout", "info", "failure"),
        ("manual", "info", "neutral"), ("manual", "error", "failure"),
    ],
)  # fmt: skip
def test_how_a_session_ended(reason: str, severity: str, expected: str) -> None:
    assert outcome("session_ended", {"reason": reason}, severity=severity) == expected


@pytest.mark.parametrize(("reason", "expected"), [("stop", "success"), ("error", "failure"), ("length", "success")])
def test_how_a_model_finished(reason: str, expected: str) -> None:
    assert outcome("llm_response", REQUIRED["llm_response"] | {"finishReason": reason}) == expected


def test_tools_durations_and_severities() -> None:
    assert DIALECT.evidence(event("tool_response", severity="warn")) == Evidence(
        "success", "tool_response", "warn", "search", 1.5
    )
    assert DIALECT.evidence(event("llm_response")) == Evidence("success", "llm_response", "info", None, 10)
    assert DIALECT.evidence(event("retrieval", {"query": "q", "durationMs": None})) == Evidence(
        "neutral", "retrieval", "info"
    )
    started = {"sessionId": "s", "agentId": "a", "eventType": "session_started"}
    assert DIALECT.evidence(started) == Evidence("neutral", "session_started", "info")


@pytest.mark.parametrize(
    "payload", [None, [], {}, "x", {"eventType": "nope"}, {"eventType": []}, event("tool_call", 7)]
)
def test_what_is_no_event_says_nothing(payload: Any) -> None:
    with pytest.raises(ValueError, match="not an AgentLens event"):
        DIALECT.evidence(payload)
