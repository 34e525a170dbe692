"""What POST /api/events accepts and refuses, and the words of each refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit.core import canonical
from affidavit.dialects.contract import MAX_EVENT_BYTES

from .examples import (
    CHOICES,
    MAY_BE_EMPTY,
    NULLABLE,
    OPTIONAL,
    REQUIRED,
    Ledger,
    decode,
    decode_events,
    entries_of,
    event,
    problems,
    refusal,
)

REQUIRED_FIELDS = [(kind, name) for kind, payload in REQUIRED.items() for name in payload]
OPTIONAL_FIELDS = [(kind, name) for kind, payload in OPTIONAL.items() for name in payload]
JAVASCRIPT = {str: "string", bool: "boolean", int: "number", float: "number", list: "array", type(None): "null"}
WRONG: list[Any] = ["text", 7, 1.5, True, [1], None]


def expected(kind: str, name: str, value: Any) -> str:
    """What the vendor calls the type of a good value."""
    if isinstance(value, dict):
        return "object" if name in ("usage", "parameters") else "record"
    return "string" if (kind, name) in NULLABLE else JAVASCRIPT[type(value)]


def is_good(kind: str, name: str, good: Any, other: Any) -> bool:
    """Whether another value would do as well as the good one."""
    if name == "result" or ((kind, name) in NULLABLE and other is None):
        return True
    if (kind, name) in CHOICES or isinstance(other, list):  # no list in WRONG has the right elements
        return False
    if other is None:
        return (kind, name) in OPTIONAL_FIELDS and expected(kind, name, good) == "number"
    return JAVASCRIPT.get(type(other)) == expected(kind, name, good)


@pytest.mark.parametrize("kind", REQUIRED)
def test_every_type_is_accepted_with_its_required_fields(kind: str) -> None:
    sent = event(kind)
    (draft,) = decode_events(sent)
    assert draft.payload == canonical.encode(sent)
    assert (draft.projection.type, draft.projection.severity, draft.projection.time) == (kind, "info", None)
    assert (draft.projection.chain_key, draft.projection.session, draft.projection.agent) == ("s1", "s1", "a1")


@pytest.mark.parametrize("kind", REQUIRED)
def test_every_type_is_accepted_with_all_fields_and_unknown_ones(kind: str) -> None:
    sent = event(kind, REQUIRED[kind] | OPTIONAL.get(kind, {}) | {"x-extra": [{}]})
    assert decode_events(sent)[0].payload == canonical.encode(sent)


@pytest.mark.parametrize(("kind", "name"), REQUIRED_FIELDS)
def test_every_required_field_is_missed(kind: str, name: str) -> None:
    good = REQUIRED[kind]
    ((path, message),) = problems(event(kind, {key: value for key, value in good.items() if key != name}))
    assert path == f"0.payload.{name}"
    if (kind, name) in CHOICES:
        assert message == 'Invalid option: expected one of "completed"|"error"|"timeout"|"manual"'
    else:
        wanted = "nonoptional" if name == "result" else expected(kind, name, good[name])
        assert message == f"Invalid input: expected {wanted}, received undefined"


@pytest.mark.parametrize(("kind", "name"), REQUIRED_FIELDS + OPTIONAL_FIELDS)
def test_every_wrong_type_is_named(kind: str, name: str) -> None:
    good = {**OPTIONAL.get(kind, {}), **REQUIRED[kind]}
    for other in WRONG:
        sent = event(kind, {**good, name: other})
        if is_good(kind, name, good[name], other):
            assert decode_events(sent)
        elif (kind, name) in CHOICES:
            assert [path for path, _ in problems(sent)] == [f"0.payload.{name}"]
        elif isinstance(other, list) and isinstance(good[name], list):
            assert problems(sent)[0][0] == f"0.payload.{name}.0"
        else:
            message = f"Invalid input: expected {expected(kind, name, good[name])}, received {JAVASCRIPT[type(other)]}"
            assert problems(sent) == [(f"0.payload.{name}", message)]


@pytest.mark.parametrize(("kind", "name"), [at for at in REQUIRED_FIELDS if isinstance(REQUIRED[at[0]][at[1]], str)])
def test_empty_names_are_refused_and_empty_prose_is_not(kind: str, name: str) -> None:
    sent = event(kind, {**REQUIRED[kind], name: ""})
    if (kind, name) in MAY_BE_EMPTY:
        assert decode_events(sent)
    elif (kind, name) not in CHOICES:
        assert problems(sent) == [(f"0.payload.{name}", "Too small: expected string to have >=1 characters")]


def test_problems_of_nested_fields() -> None:
    usage = {"inputTokens": "1", "outputTokens": 2}
    assert problems(event("llm_response", {**REQUIRED["llm_response"], "usage": usage})) == [
        ("0.payload.usage.inputTokens", "Invalid input: expected number, received string"),
        ("0.payload.usage.totalTokens", "Invalid input: expected number, received undefined"),
    ]
    roles = 'Invalid option: expected one of "system"|"user"|"assistant"|"tool"'
    messages = [{"role": "user"}, {"role": "bot"}, "hi"]
    assert problems(event("llm_call", {**REQUIRED["llm_call"], "messages": messages})) == [
        ("0.payload.messages.1.role", roles),
        ("0.payload.messages.2", "Invalid input: expected object, received string"),
    ]
    assert problems(event("llm_call", {**REQUIRED["llm_call"], "messages": []})) == [
        ("0.payload.messages", "Too small: expected array to have >=1 items")
    ]


def test_all_problems_of_a_batch_are_listed_in_the_order_of_its_fields() -> None:
    bad = {"timestamp": "yesterday", "metadata": [], "severity": "fatal", "eventType": "tool_call", "agentId": ""}
    kinds = "|".join(f'"{kind}"' for kind in REQUIRED if kind in REQUIRED)
    assert problems(bad, event(), "x", {"eventType": ["tool_call"]}, event(payload={"toolName": 1})) == [
        ("0.sessionId", "Invalid input: expected string, received undefined"),
        ("0.agentId", "agentId is required"),
        ("0.severity", 'Invalid option: expected one of "debug"|"info"|"warn"|"error"|"critical"'),
        ("0.payload", "Invalid input: expected record, received undefined"),
        ("0.metadata", "Invalid input: expected record, received array"),
        ("0.timestamp", "Invalid ISO datetime"),
        ("2", "Invalid input: expected object, received string"),
        ("3.sessionId", "Invalid input: expected string, received undefined"),
        ("3.agentId", "Invalid input: expected string, received undefined"),
        ("3.eventType", f"Invalid option: expected one of {kinds}"),
        ("3.payload", "Invalid input: expected record, received undefined"),
        ("4.payload.toolName", "Invalid input: expected string, received number"),
        ("4.payload.callId", "Invalid input: expected string, received undefined"),
        ("4.payload.arguments", "Invalid input: expected record, received undefined"),
    ]


def test_what_is_wrong_around_a_payload_does_not_hide_what_is_wrong_inside() -> None:
    assert problems(event(payload={"toolName": "t", "callId": "c"}, timestamp=1)) == [
        ("0.timestamp", "Invalid input: expected string, received number"),
        ("0.payload.arguments", "Invalid input: expected record, received undefined"),
    ]


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-02-08T10:00:00Z", "2026-02-08T10:00:00.123456Z", "2026-02-08T10:00Z", "9999-12-31T23:59:59.999Z",
        "0000-01-01T00:00:00Z", "2024-02-29T00:00:00Z", "2026-02-08T10:00:00+00:00", "2026-02-08T12:00:00+02:00",
        "2026-02-08T10:00:00.123456789Z", "2026-02-08T04:30:00.000-05:30", "",
    ],
)  # fmt: skip
def test_instants_with_any_zone_are_accepted(timestamp: str) -> None:
    (draft,) = decode_events(event(timestamp=timestamp))
    assert canonical.parse(draft.payload)["timestamp"] == timestamp
    assert (draft.projection.time is None) == (timestamp == "")


def test_the_time_of_an_event_is_its_instant() -> None:
    (draft,) = decode_events(event(timestamp="2026-02-08T12:00:00.000001+02:00"))
    assert draft.projection.time == 1_770_544_800_000_001


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-02-08T10:00:00", "2026-02-08", "2026-02-08 10:00:00Z", "2026-02-08T24:00:00Z", "2026-02-08T23:59:60Z",
        "not-a-date", "2026-02-08t10:00:00z", "2026-02-30T10:00:00Z", "2025-02-29T00:00:00Z", "1770544800",
        "2026-W06-7T10:00:00Z", "2026-02-08T10:00:00,123Z", "2026-02-08T10:00:00Z" + " " * 100, "٢٠٢٦-02-08T10:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_instant_is_refused(timestamp: str) -> None:
    assert problems(event(timestamp=timestamp)) == [("0.timestamp", "Invalid ISO datetime")]


@pytest.mark.parametrize(("value", "name"), [(None, "null"), (1770544800, "number"), ({}, "object"), (True, "boolean")])
def test_a_timestamp_that_is_no_text_is_refused(value: Any, name: str) -> None:
    assert problems(event(timestamp=value)) == [("0.timestamp", f"Invalid input: expected string, received {name}")]


def test_spellings_of_real_clients() -> None:
    sent = event("session_ended", {"reason": "error", "totalToolCalls": None}, id="", timestamp="", severity="")
    (draft,) = decode_events(sent)
    assert draft.payload == canonical.encode(sent)
    assert (draft.projection.severity, draft.projection.time) == ("info", None)
    (started,) = decode_events({"sessionId": "s", "agentId": "a", "eventType": "session_started"})
    assert b"payload" not in started.payload
    assert problems({"sessionId": "s", "agentId": "a", "eventType": "session_started", "payload": None}) == [
        ("0.payload", "Invalid input: expected record, received null")
    ]


@pytest.mark.parametrize(
    ("body", "name"),
    [([event()], "array"), (5, "number"), ("x", "string"), (True, "boolean"), ([], "array")],
)
def test_bodies_that_are_no_object(body: Any, name: str) -> None:
    assert refusal(decode, body) == (400, invalid("", f"Invalid input: expected object, received {name}"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Invalid input: expected array, received undefined"),
        ({"events": {}}, "Invalid input: expected array, received object"),
        ({"events": []}, "Too small: expected array to have >=1 items"),
        ({"events": [event()] * 1001}, "Too big: expected array to have <=1000 items"),
    ],
)
def test_bodies_without_a_batch(body: Any, message: str) -> None:
    assert refusal(decode, body) == (400, invalid("events", message))


def invalid(path: str, message: str) -> dict[str, Any]:
    return {"error": "Validation failed", "status": 400, "details": [{"path": path, "message": message}]}


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b"", "body is not JSON"),
        (b'{"events":[', "body is not JSON"),
        (b"null", "the body is empty"),
        (b"0", "the body is empty"),
        (b'""', "the body is empty"),
        (b"false", "the body is empty"),
        (b'{"events":[],"events":[]}', "duplicate key"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":1e400}', "beyond the range"),
        (b'{"a":"\xff"}', "not UTF-8"),
        (b"[" * 10_000, "nest"),
    ],
)
def test_what_is_no_json_is_refused_with_the_reason(body: bytes, hint: str) -> None:
    status, answer = refusal(decode, body)
    assert hint in answer.pop("hint")
    assert (status, answer) == (400, {"error": "Invalid JSON body", "status": 400})


def test_a_thousand_events_are_taken_and_answered_in_order() -> None:
    intake = decode({"events": [event(sessionId=f"s{index % 3}", n=index) for index in range(1000)]})
    assert [canonical.parse(draft.payload)["n"] for draft in intake.drafts] == list(range(1000))
    entries = entries_of(intake.drafts[:3])
    answer = intake.answer(entries, Ledger())  # type: ignore[arg-type]
    assert answer.status == 201
    assert json.loads(answer.body) == {
        "ingested": 3,
        "events": [{"id": f"0000000000000000000000000{n}", "hash": f"{n:02x}" * 32} for n in (1, 2, 3)],
    }


def test_an_event_over_the_limit_is_named_and_nothing_is_taken() -> None:
    large = event("custom", {"type": "t", "data": {"x": "y" * MAX_EVENT_BYTES}})
    status, body = refusal(decode_events, event(), large)
    assert (status, body["error"], body["maxSize"]) == (413, "Request body too large", "1MB")
    assert body["hint"].startswith("events.1 has ")
    room = MAX_EVENT_BYTES - len(canonical.encode(event("custom", {"type": "t", "data": {"x": ""}})))
    assert decode_events(event("custom", {"type": "t", "data": {"x": "y" * room}}))


def test_the_list_of_problems_is_bounded() -> None:
    payload = {**REQUIRED["llm_call"], "messages": [0] * 100_000}
    assert len(problems(event("llm_call", payload), event("llm_call", payload))) <= 40_000
