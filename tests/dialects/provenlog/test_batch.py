"""POST /v1/batch: each event has its own fate."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit.dialects.contract import MAX_EVENT_BYTES
from tests.dialects.provenlog import page
from tests.dialects.provenlog.conftest import Client

REQUIRED = "agent_id is required"


@pytest.mark.parametrize("body", [page.BATCH, page.CURL_BATCH])
def test_the_pages_examples_are_recorded(client: Client, body: bytes) -> None:
    status, results = client.post("/v1/batch", body)
    assert status == 201
    assert [result["index"] for result in results] == [0, 1]
    assert [result["event"]["sequence"] for result in results] == [1, 2]
    for result, sent in zip(results, json.loads(body), strict=True):
        assert result["event"].items() >= sent.items()


def test_a_bad_event_does_not_hold_the_good_ones_back(client: Client) -> None:
    status, results = client.post("/v1/batch", [{"agent_id": "a"}, {}, {"agent_id": "b"}, 7, {"agent_id": "a"}])
    assert status == 207
    assert results[1] == {"index": 1, "error": REQUIRED}
    assert results[3] == {"index": 3, "error": "an event must be a JSON object, not a number"}
    shown = [(r["index"], r["event"]["agent_id"], r["event"]["sequence"]) for r in results if "event" in r]
    assert shown == [(0, "a", 1), (2, "b", 1), (4, "a", 2)]
    assert [entry.id for entry in client.store.scan(0, 10)] == sorted(entry.id for entry in client.store.scan(0, 10))
    assert client.store.size() == 3


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"agent_id": "a", "labels": []}, "labels must be an object, not an array"),
        ({"agent_id": "a", "x": "x" * MAX_EVENT_BYTES}, "at most 1048576 are recorded"),
        ([{"agent_id": "a"}], "an event must be a JSON object, not an array"),
        (None, "an event must be a JSON object, not null"),
        ({"agent_id": False}, "agent_id must be a string, not true or false"),
    ],
)
def test_each_fault_is_the_items_own(client: Client, bad: Any, error: str) -> None:
    status, results = client.post("/v1/batch", [bad, {"agent_id": "good"}])
    assert status == 207
    assert error in results[0]["error"]
    assert results[1]["event"]["agent_id"] == "good"


def test_an_event_that_nests_too_deep_is_the_items_own_fault(client: Client) -> None:
    deep = b'{"agent_id":"a","x":' + b"[" * 128 + b"]" * 128 + b"}"
    status, results = client.post("/v1/batch", b"[" + deep + b',{"agent_id":"good"}]')
    assert status == 207
    assert "128 levels" in results[0]["error"]
    assert "event" in results[1]


def test_all_refused_is_207_and_nothing_is_stored(client: Client) -> None:
    status, results = client.post("/v1/batch", [{}, {}])
    assert (status, results) == (207, [{"index": 0, "error": REQUIRED}, {"index": 1, "error": REQUIRED}])
    assert client.store.size() == 0


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"[]", "a batch holds 1 to 10000 events, this one has 0"),
        (b'{"agent_id":"a"}', "the body must be a JSON array of events: send a single event to /v1/events"),
        (b'{"events":[]}', "the body must be a JSON array of events"),
        (b"[{]", "body is not JSON"),
        (b'[{"agent_id":"a"},{"agent_id":"a","agent_id":"b"}]', 'duplicate key "agent_id"'),
    ],
)
def test_a_body_that_is_no_batch_is_refused_whole(client: Client, body: bytes, error: str) -> None:
    status, answer = client.post("/v1/batch", body)
    assert status == 400
    assert error in answer["error"]
    assert client.store.size() == 0


def test_the_limit_of_a_batch(client: Client) -> None:
    status, results = client.post("/v1/batch", b"[" + b",".join([b'{"agent_id":"a"}'] * 10_000) + b"]")
    assert status == 201
    assert results[-1]["event"]["sequence"] == 10_000
    status, answer = client.post("/v1/batch", b"[" + b",".join([b"{}"] * 10_001) + b"]")
    assert (status, answer) == (400, {"error": "a batch holds 1 to 10000 events, this one has 10001"})


def test_odd_values_in_one_event_leave_the_others_alone(client: Client) -> None:
    body = rb'[{"agent_id":"\ud83d","n":12345678901234567890},{"agent_id":"a","id":"x"},{"agent_id":"a","n":1e21}]'
    status, results = client.post("/v1/batch", body)
    assert status == 201
    assert [r["event"]["agent_id"] for r in results] == ["\ud83d", "a", "a"]
    assert [r["event"].get("n") for r in results] == [12345678901234567890, None, 1e21]
