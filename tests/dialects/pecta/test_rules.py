"""POST /v1/ingest: what is taken, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit.dialects.contract import MAX_EVENT_BYTES
from tests.dialects.pecta.conftest import Client, event

GATE = {"name": "g", "passed": True, "latency_ms": 1}


@pytest.mark.parametrize(
    "more",
    [
        {"agent_id": "x" * 200},
        {"agent_id": "😀" * 200},
        {"agent_id": "cut \ud83d"},
        {"tool": "x" * 200},
        {"tool": ""},
        {"tool": None, "timestamp": None, "evaluation_id": None},
        {"timestamp": ""},
        {"timestamp": "2026-05-07T14:22:10Z"},
        {"timestamp": "2026-05-07T16:22:10.123456+02:00"},
        {"timestamp": "2026-05-07T14:22:10"},
        {"timestamp": "2026-05-07"},
        {"evaluation_id": "x" * 50},
        {"total_latency_ms": 60000},
        {"total_latency_ms": 60000.0},
        {"total_latency_ms": 0.25},
        {"total_latency_ms": -1},
        {"gates": [GATE] * 50},
        {"gates": [{**GATE, "name": "x" * 200, "reason": "x" * 500, "skipped": False, "latency_ms": 1e300}]},
        {"gates": [{**GATE, "name": "", "reason": None, "skipped": None}]},
        {"gates": [{**GATE, "unknown": {"kept": True}}]},
        {"unknown": [1.0, None, {"kept": 12345678901234567890}]},
    ],
)
def test_what_is_accepted(client: Client, more: dict[str, Any]) -> None:
    sent = {**event(), **more}
    assert client.ingest(sent)[0] == 202
    assert json.loads(client.entries[0].payload) == sent
    assert client.get("/v1/events")[0] == 200


@pytest.mark.parametrize("count", [1, 100])
def test_the_limits_of_a_batch(client: Client, count: int) -> None:
    assert client.ingest(*[event()] * count)[1]["accepted"] == count


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"[]", 'the body must be an object, {"events": [...]}, not an array'),
        (b"null", 'the body must be an object, {"events": [...]}, not null'),
        (b"{}", 'events is required: send {"events": [...]}'),
        (b'{"events":null}', "events must be an array, not null"),
        (b'{"events":{}}', "events must be an array, not an object"),
        (b'{"events":[]}', "events must hold 1 to 100 events, it has 0"),
        (b'{"events":[' + b"{}," * 100 + b"{}]}", "events must hold 1 to 100 events, it has 101"),
    ],
)
def test_a_body_that_is_no_batch_is_refused(client: Client, body: bytes, error: str) -> None:
    assert client.post("/v1/ingest", body) == (400, {"error": error, "code": "validation_error", "status": 400})


@pytest.mark.parametrize("body", [b"", b"{", b'{"events":[NaN]}', b'{"events":[],"events":[]}', b"\xff"])
def test_a_body_that_is_no_json_is_refused(client: Client, body: bytes) -> None:
    status, answer = client.post("/v1/ingest", body)
    assert (status, answer["code"], answer["status"]) == (400, "bad_json", 400)


MISSING = object()
TEXTS = [(1, "a number"), (True, "true or false"), ([], "an array"), ({}, "an object")]


@pytest.mark.parametrize(
    ("member", "value", "fault"),
    [
        *[(member, MISSING, "is required") for member in ("agent_id", "passed", "gates", "total_latency_ms")],
        *[(member, None, "is required") for member in ("agent_id", "passed", "gates", "total_latency_ms")],
        *[
            (member, value, f"must be a string, not {kind}")
            for member in ("agent_id", "tool", "timestamp", "evaluation_id")
            for value, kind in TEXTS
        ],
        ("agent_id", "", "must not be empty"),
        ("agent_id", "x" * 201, "must have at most 200 characters, this one has 201"),
        ("tool", "x" * 201, "must have at most 200 characters, this one has 201"),
        ("evaluation_id", "x" * 51, "must have at most 50 characters, this one has 51"),
        ("passed", "true", "must be true or false, not a string"),
        ("passed", 1, "must be true or false, not a number"),
        ("gates", {}, "must be an array, not an object"),
        ("gates", [GATE] * 51, "must hold at most 50 gates, it has 51"),
        ("total_latency_ms", "4", "must be a number, not a string"),
        ("total_latency_ms", True, "must be a number, not true or false"),
        ("total_latency_ms", 60001, "must be at most 60000 milliseconds"),
        ("total_latency_ms", 60000.5, "must be at most 60000 milliseconds"),
        ("total_latency_ms", 10**400, "must be at most 60000 milliseconds"),
        ("timestamp", "yesterday", "must be an ISO 8601 instant, like 2026-05-07T14:22:10.000Z"),
        ("timestamp", "2026-02-30T00:00:00Z", "must be an ISO 8601 instant, like 2026-05-07T14:22:10.000Z"),
    ],
)
def test_a_wrong_member_is_named(client: Client, member: str, value: Any, fault: str) -> None:
    sent = event()
    sent.pop(member, None)
    if value is not MISSING:
        sent[member] = value
    refused = {"error": f"events[1].{member} {fault}", "code": "validation_error", "status": 400}
    assert client.ingest(event(), sent) == (400, refused)
    assert client.store.size() == 0


@pytest.mark.parametrize(
    ("member", "value", "fault"),
    [
        *[(member, MISSING, "is required") for member in ("name", "passed", "latency_ms")],
        *[(member, value, f"must be a string, not {kind}") for member in ("name", "reason") for value, kind in TEXTS],
        ("name", "x" * 201, "must have at most 200 characters, this one has 201"),
        ("reason", "x" * 501, "must have at most 500 characters, this one has 501"),
        ("passed", 0, "must be true or false, not a number"),
        ("skipped", "no", "must be true or false, not a string"),
        ("latency_ms", "1", "must be a number, not a string"),
        ("latency_ms", False, "must be a number, not true or false"),
    ],
)
def test_a_wrong_member_of_a_gate_is_named(client: Client, member: str, value: Any, fault: str) -> None:
    gate = {name: given for name, given in {**GATE, member: value}.items() if given is not MISSING}
    status, answer = client.ingest(event(gates=[GATE, gate]))
    assert (status, answer["error"]) == (400, f"events[0].gates[1].{member} {fault}")


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (7, "events[1] must be an object, not a number"),
        (event(gates=["g"]), "events[1].gates[0] must be an object, not a string"),
        (event(gates=[None]), "events[1].gates[0] must be an object, not null"),
    ],
)
def test_a_bad_event_refuses_them_all(client: Client, bad: Any, error: str) -> None:
    status, answer = client.ingest(event(), bad, event())
    assert (status, answer["error"]) == (400, error)
    assert client.store.size() == 0


def test_an_event_that_is_too_large_is_named(client: Client) -> None:
    status, answer = client.ingest(event(), event(unknown="x" * MAX_EVENT_BYTES))
    assert (status, answer["code"], answer["status"]) == (413, "payload_too_large", 413)
    assert answer["error"].startswith("events[1] has 1048")


def test_an_event_that_nests_too_deep_is_refused(client: Client) -> None:
    deep = b'{"events":[{"agent_id":"a","passed":true,"gates":[],"total_latency_ms":1,"x":%b}]}'
    status, answer = client.post("/v1/ingest", deep % (b"[" * 128 + b"]" * 128))
    assert (status, answer["code"]) == (400, "bad_json")
