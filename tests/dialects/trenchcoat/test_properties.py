"""What holds for every body: refused or kept as it was sent, and never anything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.dialects.contract import Request
from affidavit.dialects.trenchcoat import DIALECT
from affidavit.errors import Refused
from affidavit.model.draft import Draft
from tests.dialects.jsonvalues import texts, values

from . import page
from .conftest import NOON, SESSION

own_names = st.sampled_from(["event_type", "event", "timestamp", "ts", "seq", "session_id", "data"])
data_names = st.sampled_from(
    ["tool_name", "duration_ms", "is_error", "success", "error", "agent_name", "agent_type", "origin_agent_type"]
)
moments = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123+00:00", "9999-12-31T23:59:59-12:00"])
strangers = st.dictionaries(texts, values, max_size=2)


@st.composite
def valid_events(draw: st.DrawFn) -> dict[str, Any]:
    """Events of both forms and every type, with odd names and data."""
    event = draw(strangers.map(without_the_forms_names))
    if draw(st.booleans()):
        event["data"] = draw(st.dictionaries(texts | data_names, values, max_size=4))
    if draw(st.booleans()):
        own = {"event_type": draw(st.sampled_from(page.TYPES)), "session_id": SESSION}
        return {**event, **own, "timestamp": draw(moments | st.just("2026-01-01"))}
    kinds = st.sampled_from([*page.TYPES, "prompt_submit", "subagent_start", "pre_compact", "skill_use", "error"])
    event |= {"event": draw(kinds), "session_id": draw(texts.filter(bool)), "ts": draw(moments)}
    if draw(st.booleans()):
        event["seq"] = draw(st.integers(0, 2**70))
    return event


def without_the_forms_names(event: dict[str, Any]) -> dict[str, Any]:
    """An event's other members."""
    return {
        name: value
        for name, value in event.items()
        if name not in ("event_type", "event", "timestamp", "ts", "seq", "session_id", "data")
    }


def decode(body: bytes) -> list[Draft]:
    """The drafts of a body."""
    return DIALECT.ingests[0].decode(Request("POST", "/api/v1/events", {}, {}, {}, body, NOON)).drafts


def refused_or_kept(events: Any) -> None:
    """Nothing but Refused is raised, and what is accepted is what was sent."""
    try:
        drafts = decode(json.dumps({"events": events}).encode())
    except Refused as refused:
        error = json.loads(DIALECT.refuse(refused).body)["error"]
        assert error["code"] in ("VALIDATION_ERROR", "BAD_REQUEST")
        assert error["message"]
    else:
        check(events, drafts)


def check(events: Sequence[Any], drafts: Sequence[Draft]) -> None:
    """The payloads are what was sent, and everything that is said of them follows from them alone."""
    assert [draft.payload for draft in drafts] == [canonical.encode_exactly(event) for event in events]
    for draft in drafts:
        payload = canonical.parse(draft.payload)
        projection = DIALECT.project(payload)
        assert projection == draft.projection
        assert projection.time is not None
        said = DIALECT.evidence(payload)
        assert said is not None
        assert said.kind == projection.type
        for text in (projection.chain_key, projection.agent, projection.session, projection.type, said.tool or ""):
            assert text is not None
            text.encode()
        assert projection.chain_key
        assert projection.agent


@given(st.lists(st.dictionaries(own_names | texts, values | moments, max_size=5) | values, max_size=3) | values)
def test_any_json_is_refused_or_kept(events: Any) -> None:
    refused_or_kept(events)


@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda inside: b'{"events":[' + inside + b"]}"))
def test_any_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        decode(body)


@given(st.lists(valid_events(), min_size=1, max_size=4))
def test_good_events_are_kept(events: list[dict[str, Any]]) -> None:
    check(events, decode(json.dumps({"events": events}).encode()))


@given(st.lists(valid_events(), min_size=1, max_size=3), st.integers(0, 2), own_names, values)
def test_one_wrong_member_is_refused_or_kept(events: list[Any], index: int, name: str, value: Any) -> None:
    events[index % len(events)][name] = value
    refused_or_kept(events)


@given(values)
def test_what_is_no_event_has_no_projection(payload: Any) -> None:
    for call in (DIALECT.project, DIALECT.evidence):
        with pytest.raises(ValueError, match="not a Trenchcoat event"):
            call(payload)
