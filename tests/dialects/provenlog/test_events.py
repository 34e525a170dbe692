"""POST /v1/events and what is shown of one event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit.dialects.contract import MAX_EVENT_BYTES
from tests.dialects.provenlog import page
from tests.dialects.provenlog.conftest import Client

SCHEMA = {
    "id", "schema_version", "agent_id", "session_id", "source", "capture_method", "action_type", "action_name",
    "action_input", "action_output", "action_status", "error_message", "timestamp", "duration_ms", "sequence", "hash",
    "prev_hash", "labels", "metadata", "validation_warnings",
}  # fmt: skip


def stored(client: Client, event: Any) -> dict[str, Any]:
    """What POST answers; a GET by its id must say the same."""
    status, shown = client.post("/v1/events", event)
    assert status == 201, shown
    assert client.get(f"/v1/events/{shown['id']}") == (200, shown)
    return dict(shown)


@pytest.mark.parametrize("body", [page.EVENT, page.CURL_EVENT])
def test_the_pages_examples_are_recorded(client: Client, body: bytes) -> None:
    shown = stored(client, body)
    assert shown.items() >= json.loads(body).items()
    assert shown.keys() == SCHEMA
    assert shown["validation_warnings"] == []
    assert (shown["schema_version"], shown["sequence"]) == ("1.0", 1)


def test_a_field_that_was_not_sent_has_its_default_or_null(client: Client) -> None:
    shown = stored(client, {"agent_id": "a"})
    assert shown.keys() == SCHEMA
    assert (shown["source"], shown["capture_method"], shown["action_type"]) == ("sdk", "http-api", "CUSTOM")
    assert shown["timestamp"] == "2026-09-21T14:13:20.000000Z"
    assert {name for name, value in shown.items() if value is None} == {
        "session_id", "action_name", "action_input", "action_output", "action_status", "error_message", "duration_ms",
        "labels", "metadata",
    }  # fmt: skip


def test_null_is_as_good_as_absent(client: Client) -> None:
    ours = {"id", "sequence", "hash", "prev_hash"}
    nulls = stored(client, {"agent_id": "a", **dict.fromkeys(SCHEMA - {"agent_id"})})
    absent = stored(client, {"agent_id": "a"})
    assert {k: nulls[k] for k in SCHEMA - ours} == {k: absent[k] for k in SCHEMA - ours}


def test_an_agents_events_are_one_chain(client: Client) -> None:
    first, second, other = (stored(client, {"agent_id": agent}) for agent in ("a", "a", "b"))
    assert (first["sequence"], second["sequence"], other["sequence"]) == (1, 2, 1)
    assert first["prev_hash"] == other["prev_hash"] == "0" * 64
    assert second["prev_hash"] == first["hash"]
    assert len(bytes.fromhex(second["hash"])) == 32


@pytest.mark.parametrize("agent", [{}, {"agent_id": None}, {"agent_id": ""}])
def test_agent_id_is_required(client: Client, agent: dict[str, Any]) -> None:
    assert client.post("/v1/events", agent) == (400, {"error": "agent_id is required"})


WRONG = {"a string": "x", "a number": 1.5, "true or false": True, "an array": [], "an object": {}}
FIELDS = {
    "agent_id": "a string", "session_id": "a string", "source": "a string", "capture_method": "a string",
    "action_type": "a string", "action_name": "a string", "action_status": "a string", "error_message": "a string",
    "timestamp": "a string", "duration_ms": "a number", "labels": "an object", "metadata": "an object",
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "given"), [(field, given) for field, kind in FIELDS.items() for given in WRONG if given != kind]
)
def test_a_wrong_type_is_refused_by_name(client: Client, field: str, given: str) -> None:
    status, body = client.post("/v1/events", {"agent_id": "a", field: WRONG[given]})
    assert (status, body) == (400, {"error": f"{field} must be {FIELDS[field]}, not {given}"})
    assert client.store.size() == 0


@pytest.mark.parametrize("value", [*WRONG.values(), None])
def test_inputs_and_outputs_are_any_json(client: Client, value: Any) -> None:
    shown = stored(client, {"agent_id": "a", "action_input": value, "action_output": value})
    assert shown["action_input"] == shown["action_output"] == value
    assert shown["validation_warnings"] == []


@pytest.mark.parametrize("body", [b'"x"', b"1", b"null", b"true"])
def test_what_is_no_event_is_refused(client: Client, body: bytes) -> None:
    status, answer = client.post("/v1/events", body)
    assert status == 400
    assert answer["error"].startswith("an event must be a JSON object, not ")


def test_an_array_is_sent_to_the_batch_route(client: Client) -> None:
    status, answer = client.post("/v1/events", page.BATCH)
    assert status == 400
    assert "/v1/batch" in answer["error"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"agent_id":"a","agent_id":"b"}', b'{"agent_id":"\xff"}', b'{"agent_id":NaN}', b'{"agent_id":1e400}',
     b"[" * 10_000, b'{"agent_id":"a","x":' + b"[" * 200 + b"]" * 200 + b"}"],
)  # fmt: skip
def test_broken_json_is_400_in_words(client: Client, body: bytes) -> None:
    status, answer = client.post("/v1/events", body)
    assert status == 400
    assert set(answer) == {"error"}


def test_an_event_over_the_limit_is_413(client: Client) -> None:
    bare = len(b'{"agent_id":"a","x":""}')
    assert client.post("/v1/events", {"agent_id": "a", "x": "x" * (MAX_EVENT_BYTES - bare)})[0] == 201
    status, answer = client.post("/v1/events", {"agent_id": "a", "x": "x" * (MAX_EVENT_BYTES - bare + 1)})
    assert status == 413
    assert str(MAX_EVENT_BYTES) in answer["error"]


@pytest.mark.parametrize(
    ("sent", "warning"),
    [
        ({"action_type": "TELEPATHY"}, 'action_type "TELEPATHY" is not one of'),
        ({"action_status": "ok"}, 'action_status "ok" is not one of error, success, timeout'),
        ({"source": "fax"}, 'source "fax" is not one of'),
        ({"timestamp": "yesterday"}, 'timestamp "yesterday" is not an ISO 8601 instant with a zone'),
        ({"timestamp": "2026-02-17T10:30:00"}, 'timestamp "2026-02-17T10:30:00" is not an ISO 8601 instant'),
        ({"duration_ms": -1}, "duration_ms is negative"),
    ],
)
def test_oddities_are_recorded_with_a_warning(client: Client, sent: dict[str, Any], warning: str) -> None:
    shown = stored(client, {"agent_id": "a", **sent})
    assert shown.items() >= sent.items()
    (only,) = shown["validation_warnings"]
    assert only.startswith(warning)


def test_labels_may_hold_any_json(client: Client) -> None:
    sent = {"agent_id": "a", "labels": {"env": "prod", "n": 1, "deep": {"x": [None]}}}
    shown = stored(client, sent)
    assert shown.items() >= sent.items()
    assert shown["validation_warnings"] == []


def test_a_warning_repeats_little_of_a_long_text(client: Client) -> None:
    (warning,) = stored(client, {"agent_id": "a", "action_type": "x" * 100_000})["validation_warnings"]
    assert len(warning) < 300


def test_the_servers_own_fields_win_and_what_was_sent_is_kept(client: Client) -> None:
    sent = {
        "agent_id": "a", "id": "mine", "schema_version": 9, "sequence": 99, "hash": ["h"], "prev_hash": {"p": 1},
        "validation_warnings": ["mine"],
    }  # fmt: skip
    shown = stored(client, sent)
    assert (shown["schema_version"], shown["sequence"], shown["prev_hash"]) == ("1.0", 1, "0" * 64)
    assert [warning.split()[0] for warning in shown["validation_warnings"]] == sorted(sent.keys() - {"agent_id"})
    (entry,) = client.store.scan(0, 10)
    assert json.loads(entry.payload) == sent


def test_the_empty_fields_of_a_whole_structure_are_no_oddity(client: Client) -> None:
    sent = {
        "agent_id": "a", "id": "", "schema_version": "1.0", "sequence": 0, "hash": "", "prev_hash": None,
        "validation_warnings": [],
    }  # fmt: skip
    shown = stored(client, sent)
    assert shown["validation_warnings"] == []
    assert shown["sequence"] == 1


@pytest.mark.parametrize(
    "number", ["1.0", "-0.0", "1e21", "12345678901234567890", "1e-7", "123456789012345678901234567890", "0.1"]
)
def test_numbers_come_back_equal(client: Client, number: str) -> None:
    body = b'{"agent_id":"a","action_input":%b,"extra":[%b]}' % (number.encode(), number.encode())
    shown = stored(client, body)
    assert shown["action_input"] == json.loads(number)
    assert shown["extra"] == [json.loads(number)]


def test_surrogates_and_astral_keys_come_back_equal(client: Client) -> None:
    body = rb'{"agent_id":"cut \ud83d","action_type":"\ude00","\ud83d\ude00":"\ue000","\ue000":"\ud83d"}'
    shown = stored(client, body)
    assert shown.items() >= json.loads(body).items()
    assert client.get("/v1/events", {"agent_id": "cut \ud83d"}) == (200, [shown])


def test_what_is_stored_is_the_canonical_form_of_what_was_sent(client: Client) -> None:
    stored(client, b'{"z": 1.0, "agent_id": "a", "labels": {"b": "2", "a": "1"}, "session_id": null}')
    (entry,) = client.store.scan(0, 10)
    assert entry.payload == b'{"agent_id":"a","labels":{"a":"1","b":"2"},"session_id":null,"z":1}'


@pytest.mark.parametrize(
    ("status", "severity"),
    [(None, "info"), ("success", "info"), ("error", "error"), ("timeout", "error"), ("?", "info")],
)
def test_severity_follows_from_the_status(client: Client, status: str | None, severity: str) -> None:
    stored(client, {"agent_id": "a", "action_status": status})
    assert client.store.scan(0, 10)[0].severity == severity


def test_time_is_the_timestamp_or_the_receipt(client: Client) -> None:
    for timestamp in ("1970-01-01T01:00:01+01:00", "1970-01-01T00:00:01", None):
        stored(client, {"agent_id": "a", "timestamp": timestamp})
    assert [entry.time for entry in client.store.scan(0, 10)] == [1_000_000, client.now, client.now]


def test_a_text_and_its_escape_are_two_agents(client: Client) -> None:
    names = ["cut \ud83d", r"cut \ud83d", "nul \0", r"nul \u0000", r"cut \u005cud83d"]
    for name in names:
        assert stored(client, json.dumps({"agent_id": name}).encode())["sequence"] == 1
    for name in names:
        _, found = client.get("/v1/events", {"agent_id": name})
        assert [event["agent_id"] for event in found] == [name]
        assert client.get("/v1/verify", {"agent_id": name})[1]["events_verified"] == 1
    assert sorted(agent["agent_id"] for agent in client.get("/v1/agents")[1]) == sorted(names)


def test_labels_are_asked_for_as_they_were_sent(client: Client) -> None:
    shown = stored(client, json.dumps({"agent_id": "a", "labels": {r"\ud83d": r"\u0000"}}).encode())
    assert client.get("/v1/events", {r"label.\ud83d": r"\u0000"}) == (200, [shown])
