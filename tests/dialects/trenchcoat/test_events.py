"""POST /api/v1/events: what both forms accept, what they refuse, and in whose words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit.core import canonical, instants
from affidavit.core.ids import ulid_text
from affidavit.dialects.contract import MAX_EVENT_BYTES

from . import page
from .conftest import SESSION, Ledger, paged, plugged

PLUGIN_TYPES = (*page.TYPES, "prompt_submit", "subagent_start", "pre_compact", "skill_use", "error")
OPTIONS = (
    'Invalid option: expected one of "session_start"|"session_end"|"tool_use"|"tool_result"|"prompt_submit"|'
    '"assistant_stop"|"subagent_start"|"subagent_stop"|"pre_compact"|"skill_use"|"error"'
)
EXPECTED = f"Invalid enum value. Expected one of: {', '.join(page.TYPES)}"
RECEIVED = {"string": "x", "number": 1.5, "boolean": True, "null": None, "array": [1], "object": {}}


def details(ledger: Ledger, *events: Any) -> list[tuple[str, str]]:
    """What is wrong with a batch whose first event has the page's form."""
    status, body = ledger.send(*events)
    error = body["error"]
    assert (status, error["code"], error["message"]) == (400, "VALIDATION_ERROR", "Request body is invalid.")
    assert ledger.store.size() == 0
    return [(detail["field"], detail["message"]) for detail in error["details"]]


def message(ledger: Ledger, body: Any) -> str:
    """What is said of a body that is answered in the plugin's form."""
    status, answer = ledger.post(body)
    assert (status, answer["error"].keys(), answer["error"]["code"]) == (400, {"code", "message"}, "BAD_REQUEST")
    assert ledger.store.size() == 0
    return str(answer["error"]["message"])


@pytest.mark.parametrize(("body", "count"), [(page.CURL_EVENTS, 2), (page.BODY, 1)])
def test_the_pages_examples_are_recorded(ledger: Ledger, body: bytes, count: int) -> None:
    assert ledger.post(body) == (200, {"data": {"accepted": count, "rejected": 0}})
    sent = json.loads(body)["events"]
    assert [entry.payload for entry in ledger.store.scan(0, 10)] == [canonical.encode(event) for event in sent]


def test_the_pages_validation_error(ledger: Ledger) -> None:
    status, body = ledger.send(paged(session_id="not-a-uuid"), paged(), paged(event_type="tool_call"))
    assert (status, body) == (400, json.loads(page.VALIDATION_ERROR))


def test_the_plugins_answer_leads_to_its_first_entry(ledger: Ledger) -> None:
    status, body = ledger.send(plugged(), plugged())
    first = ledger.store.scan(0, 1)[0]
    assert status == 201
    assert body["data"] == {"inserted": 2}
    assert body["meta"] == {
        "requestId": f"req_{ulid_text(first.id).lower()}",
        "timestamp": instants.text(first.at),
    }


@pytest.mark.parametrize("kind", page.TYPES)
def test_types_of_the_page(ledger: Ledger, kind: str) -> None:
    assert ledger.send(paged(event_type=kind))[0] == 200
    assert [entry.type for entry in ledger.store.scan(0, 10)] == [kind]


@pytest.mark.parametrize("kind", PLUGIN_TYPES)
def test_types_of_the_plugin(ledger: Ledger, kind: str) -> None:
    assert ledger.send(plugged(event=kind))[0] == 201
    assert [entry.type for entry in ledger.store.scan(0, 10)] == [kind]


@pytest.mark.parametrize("kind", ["prompt_submit", "subagent_start", "pre_compact", "skill_use", "error", "stop", ""])
def test_types_that_the_page_has_not(ledger: Ledger, kind: str) -> None:
    assert details(ledger, paged(event_type=kind)) == [("events[0].event_type", EXPECTED)]


@pytest.mark.parametrize(
    "session", ["", "trenchcoat-verify", SESSION[:-1], SESSION + "0", SESSION.replace("-", ""), " " + SESSION]
)
def test_a_session_of_the_page_is_a_uuid(ledger: Ledger, session: str) -> None:
    assert details(ledger, paged(session_id=session)) == [("events[0].session_id", "Invalid UUID format")]


@pytest.mark.parametrize("session", ["x", "trenchcoat-verify", " ", "ключ", "\ud83d", "s" * 100_000])
def test_a_session_of_the_plugin_is_any_text(ledger: Ledger, session: str) -> None:
    assert ledger.send(plugged(session_id=session))[0] == 201
    assert canonical.parse(ledger.store.scan(0, 1)[0].payload)["session_id"] == session


def test_sessions_of_the_page_in_any_case(ledger: Ledger) -> None:
    assert ledger.send(paged(session_id=SESSION.upper()))[0] == 200
    assert ledger.store.scan(0, 1)[0].session == SESSION.upper()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00.123+00:00", "2026-01-01T00:00:00.123Z"),
        ("2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00.000Z"),
        ("2025-12-31T18:30-0530", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00Z", "2026-01-01T00:00:00.000Z"),
    ],
)
def test_instants_in_both_forms(ledger: Ledger, text: str, instant: str) -> None:
    assert ledger.send(paged(timestamp=text))[0] == 200
    assert ledger.send(plugged(ts=text))[0] == 201
    assert {instants.text(entry.time) for entry in ledger.store.scan(0, 10)} == {instant}


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00", "2026-01-01T00:00:00.5", "2026-01-01"])
def test_without_a_zone_only_the_page_knows_the_time(ledger: Ledger, text: str) -> None:
    assert message(ledger, {"events": [plugged(ts=text)]}) == "events.0.ts: Invalid ISO datetime"
    assert ledger.send(paged(timestamp=text))[0] == 200
    assert instants.text(ledger.store.scan(0, 1)[0].time).startswith("2026-01-01T00:00:00")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "1767225600"])
def test_what_is_no_time(ledger: Ledger, text: str) -> None:
    assert details(ledger, paged(timestamp=text)) == [("events[0].timestamp", "Invalid ISO 8601 timestamp")]
    assert message(ledger, {"events": [plugged(ts=text)]}) == "events.0.ts: Invalid ISO datetime"


@pytest.mark.parametrize("received", RECEIVED)
def test_wrong_types_in_the_pages_words(ledger: Ledger, received: str) -> None:
    value = RECEIVED[received]
    for name in ("session_id", "timestamp"):
        if received != "string":
            expected = f"Expected string, received {received}"
            assert details(ledger, paged(**{name: value})) == [(f"events[0].{name}", expected)]
    assert details(ledger, paged(event_type=value)) == [("events[0].event_type", EXPECTED)]
    if received != "object":
        assert details(ledger, paged(data=value)) == [("events[0].data", f"Expected object, received {received}")]
        assert details(ledger, paged(), value) == [("events[1]", f"Expected object, received {received}")]


@pytest.mark.parametrize("received", RECEIVED)
def test_wrong_types_in_the_plugins_words(ledger: Ledger, received: str) -> None:
    value = RECEIVED[received]

    def said(name: str) -> str:
        return message(ledger, {"events": [plugged(**{name: value})]})

    for name in ("session_id", "ts"):
        if received != "string":
            assert said(name) == f"events.0.{name}: Invalid input: expected string, received {received}"
    if received != "object":
        assert said("data") == f"events.0.data: Invalid input: expected record, received {received}"
    expected = "int" if received == "number" else "number"
    assert said("seq") == f"events.0.seq: Invalid input: expected {expected}, received {received}"
    assert said("event") == f"events.0.event: {OPTIONS}"


@pytest.mark.parametrize("seq", [0, 1, 1.0, 2**53 + 1, 10**30, 1e300])
def test_numbers_of_the_plugin(ledger: Ledger, seq: float) -> None:
    assert ledger.send(plugged(seq=seq))[0] == 201


@pytest.mark.parametrize("seq", [-1, -(10**30), -1e300])
def test_negative_numbers(ledger: Ledger, seq: float) -> None:
    assert message(ledger, {"events": [plugged(seq=seq)]}) == "events.0.seq: Too small: expected number to be >=0"


def test_what_may_be_missing(ledger: Ledger) -> None:
    event = plugged()
    del event["seq"]
    assert ledger.send(event)[0] == 201
    assert ledger.send(paged())[0] == 200
    assert [entry.payload for entry in ledger.store.scan(0, 10)] == [canonical.encode(event), canonical.encode(paged())]


def test_what_must_not_be_missing(ledger: Ledger) -> None:
    assert details(ledger, {}) == [
        ("events[0].event_type", "Required"),
        ("events[0].session_id", "Required"),
        ("events[0].timestamp", "Required"),
    ]
    assert message(ledger, {"events": [{"seq": 1}]}) == (
        "events.0.ts: Invalid input: expected string, received undefined; "
        f"events.0.event: {OPTIONS}; "
        "events.0.session_id: Invalid input: expected string, received undefined"
    )


@pytest.mark.parametrize(
    ("event", "is_page"),
    [
        ({"event_type": "x"}, True),
        ({"event": "x"}, False),
        ({"event_type": "x", "event": "x"}, True),
        ({"event": "x", "timestamp": "x"}, False),
        ({"event_type": "x", "ts": "x", "seq": 1}, True),
        ({"timestamp": "x", "ts": "x"}, True),
        ({"timestamp": "x", "seq": 1}, True),
        ({"ts": "x"}, False),
        ({"seq": 1}, False),
        ({"session_id": "s"}, True),
        ({}, True),
        ("text", True),
        (None, True),
    ],
)
def test_what_tells_the_forms_apart(ledger: Ledger, event: Any, is_page: bool) -> None:
    status, body = ledger.send(event)
    assert (status, body["error"]["code"]) == (400, "VALIDATION_ERROR" if is_page else "BAD_REQUEST")


def test_a_mixed_batch_is_answered_in_the_form_of_its_first_event(ledger: Ledger) -> None:
    assert ledger.send(paged(), plugged()) == (200, {"data": {"accepted": 2, "rejected": 0}})
    status, body = ledger.send(plugged(event="error"), paged())
    assert (status, body["data"]) == (201, {"inserted": 2})
    assert [entry.type for entry in ledger.store.scan(0, 10)] == ["tool_use", "tool_use", "error", "tool_use"]


def test_a_mixed_batch_is_judged_event_by_event(ledger: Ledger) -> None:
    bad = plugged(session_id="", seq=-1), paged(session_id="s", event_type="error")
    assert details(ledger, paged(), *bad) == [
        ("events[1].session_id", "Too small: expected string to have >=1 characters"),
        ("events[1].seq", "Too small: expected number to be >=0"),
        ("events[2].event_type", EXPECTED),
        ("events[2].session_id", "Invalid UUID format"),
    ]
    assert message(ledger, {"events": [plugged(), *bad]}) == (
        "events.1.session_id: Too small: expected string to have >=1 characters; "
        "events.1.seq: Too small: expected number to be >=0; "
        f"events.2.event_type: {EXPECTED}; events.2.session_id: Invalid UUID format"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "events: Invalid input: expected array, received undefined"),
        ({"events": None}, "events: Invalid input: expected array, received null"),
        ({"events": {}}, "events: Invalid input: expected array, received object"),
        ({"events": []}, "events: Too small: expected array to have >=1 items"),
        ([paged()], ": Invalid input: expected object, received array"),
        (None, ": Invalid input: expected object, received null"),
        ("x", ": Invalid input: expected object, received string"),
        (7, ": Invalid input: expected object, received number"),
        (False, ": Invalid input: expected object, received boolean"),
    ],
)
def test_a_body_without_a_first_event(ledger: Ledger, body: Any, said: str) -> None:
    assert message(ledger, body) == said


def test_the_limit_of_a_batch(ledger: Ledger) -> None:
    assert ledger.send(*[paged()] * 1000) == (200, {"data": {"accepted": 1000, "rejected": 0}})
    assert ledger.send(*[plugged()] * 1000)[1]["data"] == {"inserted": 1000}
    assert ledger.send(*[paged()] * 1001) == (400, json.loads(page.TOO_LARGE))
    status, body = ledger.send(plugged(), *[{}] * 1000)
    assert status == 400
    assert body == {"error": {"code": "BAD_REQUEST", "message": "events: Too big: expected array to have <=1000 items"}}


@pytest.mark.parametrize(
    "body",
    [b"", b'{"events":[', b"\xff", b'{"events":1,"events":1}', b'{"events":[NaN]}', b'{"events":[1e400]}', b"[" * 9999],
)
def test_broken_json_is_400_and_says_why(ledger: Ledger, body: bytes) -> None:
    status, answer = ledger.post(body)
    error = answer["error"]
    assert (status, error["code"], error["message"]) == (400, "VALIDATION_ERROR", "Request body is invalid.")
    (detail,) = error["details"]
    assert detail["field"] == ""
    assert detail["message"]


def test_an_event_that_nests_too_deep(ledger: Ledger) -> None:
    deep = json.dumps(plugged(data={"x": 0})).replace(": 0}", ": " + "[" * 127 + "]" * 127 + "}")
    status, answer = ledger.post(b'{"events":[' + deep.encode() + b"]}")
    assert status == 400
    assert "128 levels" in answer["error"]["details"][0]["message"]


def test_an_event_over_the_limit_is_413(ledger: Ledger) -> None:
    bare = len(canonical.encode(paged(data={"x": ""})))
    assert ledger.send(paged(data={"x": "x" * (MAX_EVENT_BYTES - bare)}))[0] == 200
    status, body = ledger.send(paged(), paged(data={"x": "x" * (MAX_EVENT_BYTES - bare + 1)}))
    assert (status, body["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert "events[1]" in body["error"]["message"]
    assert ledger.store.size() == 1


def test_events_sent_again_are_recorded_again(ledger: Ledger) -> None:
    assert ledger.send(plugged(), plugged())[1]["data"] == {"inserted": 2}
    assert ledger.send(plugged())[1]["data"] == {"inserted": 1}
    assert [entry.seq for entry in ledger.store.scan(0, 10)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("kind", "data", "agent"),
    [
        ("tool_use", {}, "main"),
        ("tool_use", {"origin_agent_type": "reviewer", "origin_agent_id": "a1"}, "reviewer"),
        ("tool_use", {"tool_name": "Agent", "agent_id": "a1", "agent_type": "reviewer"}, "main"),
        ("subagent_start", {"agent_type": "reviewer", "agent_id": "a1"}, "reviewer"),
        ("subagent_stop", {"agent_type": "reviewer"}, "reviewer"),
        ("subagent_stop", {"from_agent": "a", "to_agent": "b"}, "main"),
        ("subagent_stop", {"agent_type": "", "agent_name": "triage"}, "triage"),
        ("session_start", {"agent_name": "triage", "platform": "openai-agents"}, "triage"),
        ("session_start", {"agent_name": ["triage"]}, "main"),
        ("session_start", {"agent_name": " \n"}, "main"),
        ("session_start", {"agent_name": "\ud83d"}, "\\ud83d"),
    ],
)
def test_who_acted(ledger: Ledger, kind: str, data: dict[str, Any], agent: str) -> None:
    assert ledger.send(plugged(event=kind, data=data))[0] == 201
    assert ledger.store.scan(0, 1)[0].agent == agent
