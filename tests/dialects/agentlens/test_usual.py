"""The types take nothing that the rules refuse, and what clients send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.dialects.agentlens.rules import is_good
from affidavit.dialects.agentlens.wire import BODY
from tests.dialects.jsonvalues import values

from .examples import OPTIONAL, REQUIRED, event
from .test_properties import names, valid_events


@st.composite
def nearly_events(draw: st.DrawFn) -> dict[str, Any]:
    sent, name, value = draw(valid_events()), draw(names), draw(values)
    return draw(st.sampled_from([sent, {**sent, name: value}, {**sent, "payload": {**sent["payload"], name: value}}]))


@given(st.lists(nearly_events(), max_size=3))
def test_what_the_types_take_the_rules_take(events: list[Any]) -> None:
    body = canonical.parse(canonical.write({"events": events}))
    if is_good(body, BODY.usual):
        assert BODY(body) is None


@pytest.mark.parametrize("kind", REQUIRED)
def test_events_of_every_type_are_taken(kind: str) -> None:
    sent = [event(kind), event(kind, REQUIRED[kind] | OPTIONAL.get(kind, {}) | {"x-extra": [{}]})]
    assert is_good({"events": [*sent, {**sent[0], "timestamp": "2026-02-01T10:00:00Z", "metadata": {}}]}, BODY.usual)


@pytest.mark.parametrize(
    "changed",
    [
        {"sessionId": ""},
        {"agentId": 7},
        {"eventType": "no_such_type"},
        {"severity": "loud"},
        {"severity": None},
        {"metadata": []},
        {"timestamp": "2026-13-01T10:00:00Z"},
        {"timestamp": "2026-02-01T10:00:00"},
        {"payload": None},
        {"payload": {"toolName": "", "callId": "c", "arguments": {}}},
        {"payload": {"toolName": "t", "callId": "c", "arguments": []}},
        {"payload": {"toolName": "t", "callId": "c"}},
        {"payload": {"toolName": "t", "callId": "c", "arguments": {}, "serverName": None}},
    ],
)
def test_what_the_types_leave_to_the_rules(changed: dict[str, Any]) -> None:
    body = {"events": [event("tool_call"), {**event("tool_call"), **changed}]}
    assert BODY(body)
    assert not is_good(body, BODY.usual)


def test_a_lone_surrogate_in_a_name_is_left_to_the_rules() -> None:
    body = {"events": [event("tool_call", {**REQUIRED["tool_call"], "\ud800": 1}) | {"\udfff": 1}]}
    assert BODY(body) is None
    assert not is_good(body, BODY.usual)


@pytest.mark.parametrize("events", [[], [event("tool_call")] * 1001])
def test_the_size_of_a_batch(events: list[Any]) -> None:
    assert BODY({"events": events})
    assert not is_good({"events": events}, BODY.usual)
