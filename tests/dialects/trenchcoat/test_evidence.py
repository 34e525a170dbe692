"""What counts as success and as failure: the row of docs/scores.md."""

from __future__ import annotations

from typing import Any

import pytest

from affidavit.dialects.trenchcoat import DIALECT
from affidavit.model.evidence import Evidence

from .conftest import paged, plugged


@pytest.mark.parametrize(
    ("kind", "data", "outcome"),
    [
        ("tool_result", {}, "success"),
        ("tool_result", {"is_error": None, "error_preview": None}, "success"),
        ("tool_result", {"is_error": False}, "success"),
        ("tool_result", {"is_error": "true"}, "success"),
        ("tool_result", {"is_error": True}, "failure"),
        ("tool_result", {"success": True}, "success"),
        ("tool_result", {"success": None}, "success"),
        ("tool_result", {"success": False}, "failure"),
        ("tool_result", {"error": None}, "success"),
        ("tool_result", {"error": False}, "success"),
        ("tool_result", {"error": ""}, "success"),
        ("tool_result", {"error": "ENOENT"}, "failure"),
        ("tool_result", {"error": True}, "failure"),
        ("tool_result", {"error": {"code": 1}}, "failure"),
        ("tool_result", {"error": 0}, "failure"),
        ("tool_use", {"is_error": True}, "neutral"),
        ("session_start", {}, "neutral"),
        ("session_end", {"error": "x"}, "neutral"),
        ("subagent_stop", {}, "neutral"),
        ("assistant_stop", {}, "neutral"),
    ],
)
def test_outcomes_in_both_forms(kind: str, data: dict[str, Any], outcome: Any) -> None:
    assert DIALECT.evidence(paged(event_type=kind, data=data)) == Evidence(outcome, kind)
    assert DIALECT.evidence(plugged(event=kind, data=data)) == Evidence(outcome, kind)


@pytest.mark.parametrize("kind", ["prompt_submit", "subagent_start", "pre_compact", "skill_use"])
def test_the_rest_of_the_plugins_is_neutral(kind: str) -> None:
    assert DIALECT.evidence(plugged(event=kind)) == Evidence("neutral", kind)


def test_an_error_is_a_failure() -> None:
    assert DIALECT.evidence(plugged(event="error", data={})) == Evidence("failure", "error")
    assert DIALECT.evidence(plugged(event="error")) == Evidence("failure", "error")


def test_tools_and_durations() -> None:
    data = {"tool_name": "Bash", "duration_ms": 12.5}
    assert DIALECT.evidence(plugged(event="tool_result", data=data)) == Evidence(
        "success", "tool_result", tool="Bash", latency_ms=12.5
    )
    data = {"tool_name": 7, "duration_ms": True}  # type: ignore[dict-item]
    assert DIALECT.evidence(plugged(event="tool_result", data=data)) == Evidence("success", "tool_result")


@pytest.mark.parametrize("payload", [None, [], {}, "x", {"event": 7}, {"event": "error", "data": None}])
def test_what_is_no_event_says_nothing(payload: Any) -> None:
    with pytest.raises(ValueError, match="not a Trenchcoat event"):
        DIALECT.evidence(payload)
