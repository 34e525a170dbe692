"""A field of the wrong JSON type: refused by name in the vendor's shape, or in a ProvenLog batch reported beside it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.dialects.agentlens.examples import NULLABLE, OPTIONAL, REQUIRED, event
from tests.server.conftest import Unchanged
from tests.server.endpoints import AGENTLENS, PROVENLOG

OF_EACH_TYPE: tuple[Any, ...] = (None, True, 7, 7.5, "a text", ["a text"], {"a": "member"})
ANYTHING = {("tool_response", "result")}

FIELDS = [
    (kind, name, example)
    for kind, payload in REQUIRED.items()
    for name, example in (payload | OPTIONAL.get(kind, {})).items()
    if (kind, name) not in ANYTHING
]


def wrong_for(example: Any, *, or_null: bool) -> list[Any]:
    """A value of each JSON type but the example's; null only where it is no way to say nothing."""

    def kind(value: Any) -> type:
        return float if type(value) is int else type(value)

    return [value for value in OF_EACH_TYPE if kind(value) is not kind(example) and not (value is None and or_null)]


@pytest.mark.parametrize(("kind", "name", "example"), FIELDS, ids=[f"{kind}.{name}" for kind, name, _ in FIELDS])
def test_agentlens_names_every_field_of_the_wrong_type(
    clients: dict[str, httpx.Client], kind: str, name: str, example: Any
) -> None:
    optional_number = name in OPTIONAL.get(kind, {}) and type(example) is int
    wrong = wrong_for("" if (kind, name) in NULLABLE else example, or_null=optional_number or (kind, name) in NULLABLE)
    assert len(wrong) >= 4
    good = event(kind)
    events = [event(kind, {**REQUIRED[kind], name: value}) for value in wrong]
    answer = clients["agentlens"].post("/api/events", json={"events": [good, *events]})
    assert answer.status_code == 400
    assert AGENTLENS.is_refusal(400, answer.json())
    paths = [problem["path"] for problem in answer.json()["details"]]
    for index in range(1, len(events) + 1):
        assert any(path.startswith(f"events.{index}.payload.{name}") for path in paths), (wrong[index - 1], paths)
    assert not any(path.startswith("events.0.") for path in paths)


@pytest.mark.parametrize(
    ("name", "example"),
    [("sessionId", ""), ("agentId", ""), ("eventType", ""), ("severity", ""), ("payload", {}), ("metadata", {}),
     ("timestamp", "")],
)  # fmt: skip
def test_agentlens_names_every_field_around_a_payload(
    clients: dict[str, httpx.Client], name: str, example: Any
) -> None:
    wrong = wrong_for(example, or_null=False)
    events = [{**event("custom"), name: value} for value in wrong]
    answer = clients["agentlens"].post("/api/events", json={"events": events})
    assert AGENTLENS.is_refusal(answer.status_code, answer.json())
    paths = {problem["path"] for problem in answer.json()["details"]}
    assert {f"events.{index}.{name}" for index in range(len(events))} <= paths


@pytest.mark.parametrize("value", OF_EACH_TYPE[:-1], ids=repr)
def test_an_event_that_is_no_object_is_refused(
    clients: dict[str, httpx.Client], unchanged: Unchanged, value: Any
) -> None:
    with unchanged():
        several = clients["agentlens"].post("/api/events", json={"events": [event(), value]})
        batch = clients["provenlog"].post("/v1/batch", json=[value])
        single = clients["provenlog"].post("/v1/events", json=value)
    assert several.json()["details"][0]["path"] == "events.1"
    assert batch.status_code == 207
    assert "must be a JSON object" in batch.json()[0]["error"]
    assert PROVENLOG.is_refusal(400, single.json())


PROVENLOG_FIELDS: dict[str, Any] = {
    "agent_id": "", "session_id": "", "source": "", "capture_method": "", "action_type": "", "action_name": "",
    "action_status": "", "error_message": "", "timestamp": "", "duration_ms": 0, "labels": {}, "metadata": {},
}  # fmt: skip
"""Fields that have a type, with a value of it."""


@pytest.mark.parametrize(("name", "example"), PROVENLOG_FIELDS.items(), ids=PROVENLOG_FIELDS)
def test_provenlog_names_the_field_of_the_wrong_type(
    clients: dict[str, httpx.Client], unchanged: Unchanged, name: str, example: Any
) -> None:
    wrong = wrong_for(example, or_null=name != "agent_id")
    events = [{"agent_id": "types", name: value} for value in wrong]
    with unchanged():
        for sent in events:
            answer = clients["provenlog"].post("/v1/events", json=sent)
            assert answer.status_code == 400
            assert PROVENLOG.is_refusal(400, answer.json())
            assert name in answer.json()["error"]
    client = clients["provenlog"]
    before = PROVENLOG.count(client)
    answer = client.post("/v1/batch", json=[*events, {"agent_id": "types"}])
    assert answer.status_code == 207
    assert [name in item["error"] for item in answer.json()[:-1]] == [True] * len(events)
    assert answer.json()[-1]["event"]["agent_id"] == "types"
    assert PROVENLOG.count(client) == before + 1


def test_one_bad_event_of_agentlens_leaves_none_of_its_batch(
    clients: dict[str, httpx.Client], unchanged: Unchanged
) -> None:
    events = [event(sessionId=f"atomic {number}") for number in range(20)]
    for place in (0, 10, 19):
        spoiled = [*events[:place], {**events[place], "eventType": "nothing known"}, *events[place + 1 :]]
        with unchanged():
            answer = clients["agentlens"].post("/api/events", json={"events": spoiled})
        assert [problem["path"] for problem in answer.json()["details"]] == [f"events.{place}.eventType"]
    assert clients["agentlens"].get("/api/events?sessionId=atomic 3").json()["total"] == 0
