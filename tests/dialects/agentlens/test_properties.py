"""What holds for every body: refused or kept as it was sent, and never anything else."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.dialects.agentlens import DIALECT
from affidavit.errors import Refused
from tests.dialects.jsonvalues import texts, values

from .conftest import Client
from .examples import OPTIONAL, REQUIRED, Ledger, ask, decode, entries_of, event

names = st.sampled_from(
    ["sessionId", "agentId", "eventType", "severity", "payload", "metadata", "timestamp", "id", "toolName", "reason"]
)


@st.composite
def valid_events(draw: st.DrawFn) -> dict[str, Any]:
    """Events of every type, with odd names, odd values and keys of their own."""
    kind = draw(st.sampled_from(list(REQUIRED)))
    payload = draw(st.dictionaries(texts, values, max_size=3)) | OPTIONAL.get(kind, {}) | REQUIRED[kind]
    if kind == "custom":
        payload["data"] = draw(st.dictionaries(texts, values, max_size=4))
    if kind == "tool_response":
        payload["result"] = draw(values)
    unknown = texts.filter(lambda name: name not in ("severity", "metadata", "timestamp"))
    more = draw(st.dictionaries(unknown, values, max_size=2))
    timestamp = draw(st.sampled_from([{}, {"timestamp": ""}, {"timestamp": "2026-02-08T10:00:00.5+02:00"}]))
    own = {"sessionId": draw(texts.filter(bool)), "agentId": draw(texts.filter(bool))}
    return {**more, **event(kind, payload), **own, **timestamp}


@given(st.lists(st.dictionaries(names, values) | values, max_size=3) | values)
def test_any_json_is_refused_or_accepted(events: Any) -> None:
    try:
        intake = decode({"events": events})
    except Refused as refused:
        json.loads(DIALECT.refuse(refused).body)
    else:
        assert len(intake.drafts) == len(events)


@given(values)
def test_any_body_is_refused_or_accepted(body: Any) -> None:
    with pytest.raises(Refused):
        decode(body)


@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda inside: b'{"events":[' + inside + b"]}"))
def test_any_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        decode(body)


@given(valid_events(), names, values)
def test_one_wrong_field_is_refused_or_accepted(sent: dict[str, Any], name: str, value: Any) -> None:
    changed = {**sent, name: value}
    inside = {**sent, "payload": {**sent["payload"], name: value}}
    for body in ({"events": [changed]}, {"events": [sent, inside]}):
        with suppress(Refused):
            drafts = decode(body).drafts
            assert [draft.payload for draft in drafts] == [canonical.encode_exactly(each) for each in body["events"]]


@given(st.lists(valid_events(), min_size=1, max_size=4))
def test_events_are_kept_as_sent_and_projected_from_what_is_kept(events: list[dict[str, Any]]) -> None:
    drafts = decode({"events": events}).drafts
    for sent, draft in zip(events, drafts, strict=True):
        assert draft.payload == canonical.encode_exactly(sent)
        assert DIALECT.project(canonical.parse(draft.payload)) == draft.projection
        projection = draft.projection
        for text in (projection.chain_key, projection.agent, projection.session):
            assert text is not None
            text.encode()


@given(st.lists(valid_events(), min_size=1, max_size=3))
def test_events_read_back_equal_what_was_sent(events: list[dict[str, Any]]) -> None:
    ledger = Ledger(entries_of(decode({"events": events}).drafts))
    shown = canonical.parse(ask(ledger, "/api/events").body)["events"]
    for sent, read in zip(events, shown, strict=True):
        for name, missing in (("sessionId", ""), ("agentId", ""), ("eventType", ""), ("payload", {}), ("metadata", {})):
            # As JSON, because Python says that 3.076103759102913e+16 and the integer of the same double differ.
            assert canonical.encode(read[name]) == canonical.encode_exactly(sent.get(name, missing))


@given(values)
def test_what_is_no_event_has_no_projection(payload: Any) -> None:
    for derive in (DIALECT.project, DIALECT.evidence):
        with pytest.raises(ValueError, match="not an AgentLens event"):
            derive(payload)


numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.just(10**400)


@st.composite
def measured_events(draw: st.DrawFn) -> dict[str, Any]:
    """Valid events whose numbers are any numbers, of a few agents and sessions."""
    sent = draw(valid_events())
    own = {key: draw(numbers) if type(value) in (int, float) else value for key, value in sent["payload"].items()}
    if sent["eventType"] == "llm_response":
        own["usage"] = {key: draw(numbers) for key in own["usage"]}
    names = {"sessionId": draw(st.sampled_from("st\ud83d")), "agentId": draw(st.sampled_from("ab\ud83d"))}
    return {**sent, **names, "payload": own, "severity": draw(st.sampled_from(["info", "error"]))}


@settings(max_examples=50)
@given(st.lists(measured_events(), min_size=1, max_size=6))
def test_every_read_answers_whatever_was_recorded(events: list[dict[str, Any]]) -> None:
    client = Client()
    with suppress(Refused):  # a number may be too long for an integer
        client.record(*events)
    total = client.get("/api/stats")[1]["totalEvents"]
    status, listed = client.get("/api/sessions")
    assert (status, sum(session["eventCount"] for session in listed["sessions"])) == (200, total)
    assert client.get("/api/audit/verify", from_="2026-01-01", to="2026-12-31")[1]["verified"] is True
    for session in listed["sessions"]:
        timeline = client.get(f"/api/sessions/{session['id']}/timeline")[1]
        assert (len(timeline["events"]), timeline["chainValid"]) == (session["eventCount"], True)
    for path in ("", "/costs", "/llm", "/tools"):
        assert client.get(f"/api/analytics{path}", from_="2026-01-01", to="2026-12-31")[0] == 200
    assert client.get("/api/analytics", from_="2026-01-01")[1]["totals"]["eventCount"] == total
    for path in ("/api/agents", "/api/stats/overview", "/api/health/overview"):
        assert client.get(path)[0] == 200
    for sent in events:
        assert DIALECT.evidence(sent) is not None
