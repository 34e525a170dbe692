"""What an event says about its agent, for scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from affidavit.core import canonical
from affidavit.dialects.provenlog import DIALECT
from affidavit.model.evidence import Evidence
from tests.dialects.provenlog.page import EVENT
from tests.dialects.provenlog.test_properties import events, values


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({}, Evidence("neutral", "CUSTOM")),
        ({"action_status": "success"}, Evidence("success", "CUSTOM")),
        ({"action_status": "error", "action_type": "LLM_CALL"}, Evidence("failure", "LLM_CALL")),
        ({"action_status": "timeout"}, Evidence("failure", "CUSTOM")),
        ({"action_status": "SUCCESS"}, Evidence("neutral", "CUSTOM")),
        ({"action_status": "pending"}, Evidence("neutral", "CUSTOM")),
        ({"action_status": None, "action_type": None, "duration_ms": None}, Evidence("neutral", "CUSTOM")),
        ({"action_name": "search", "duration_ms": 1.5}, Evidence("neutral", "CUSTOM", tool="search", latency_ms=1.5)),
        ({"action_name": "\ud83d", "action_type": "\ud83d"}, Evidence("neutral", "\\ud83d", tool="\\ud83d")),
    ],
)
def test_the_status_decides(event: dict[str, Any], expected: Evidence) -> None:
    assert DIALECT.evidence({"agent_id": "a", **event}) == expected


def test_the_pages_event() -> None:
    expected = Evidence("success", "TOOL_CALL", tool="search_database", latency_ms=150)
    assert DIALECT.evidence(canonical.parse(EVENT)) == expected
    assert DIALECT.agent_chains


@given(values | events)
def test_whatever_is_no_event_is_a_value_error(value: Any) -> None:
    assert _refuses(DIALECT.evidence, value) == _refuses(DIALECT.project, value)


def _refuses(reading: Callable[[Any], Any], value: Any) -> bool:
    try:
        reading(value)
    except ValueError:
        return True
    return False
