"""GET /v1/events, with every parameter and every fault of one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from affidavit.errors import StoreUnreadable
from tests.dialects.pecta.conftest import Client, event


def ids_of(answer: Any) -> list[int]:
    return [int(row["evaluation_id"]) for row in answer["events"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"agent_id": "a"}, [5, 3, 1]),
        ({"agent_id": "A"}, []),
        ({"agent_id": "c"}, []),
        ({"passed": "true"}, [5, 2, 1]),
        ({"passed": "false"}, [4, 3]),
        ({"agent_id": "b", "passed": "false"}, [4]),
        ({"from": "2026-02-03T12:00:00Z"}, [5, 4, 3]),
        ({"to": "2026-02-02T12:00:00Z"}, [2, 1]),
        ({"from": "2026-02-02", "to": "2026-02-04"}, [3, 2]),
        ({"from": "2026-02-02T13:00:00+01:00", "to": "2026-02-02T13:00:00 01:00"}, [2]),
        ({"from": "2026-02-02T12:00:00", "to": "2026-02-02T12:00:00.000Z"}, [2]),
        ({"limit": "2"}, [5, 4]),
        ({"limit": "2", "offset": "2"}, [3, 2]),
        ({"limit": "100", "offset": "100000"}, []),
        ({"limit": "", "offset": "", "agent_id": "", "passed": "", "from": "", "to": "", "x": "y"}, [5, 4, 3, 2, 1]),
    ],
)
def test_events_are_filtered_newest_first(filled: Client, query: dict[str, str], expected: list[int]) -> None:
    status, answer = filled.get("/v1/events", query)
    assert status == 200
    assert ids_of(answer) == expected
    assert {**answer, "events": []} == {
        "events": [],
        "limit": int(query.get("limit") or 50),
        "offset": int(query.get("offset") or 0),
        "count": len(expected),
    }


def test_a_page_holds_fifty_unless_told(client: Client) -> None:
    for _ in range(2):
        client.ingest(*[event()] * 100)
    pages = [client.get("/v1/events", query)[1] for query in ({}, {"limit": "100"}, {"limit": "100", "offset": "150"})]
    assert [page["count"] for page in pages] == [50, 100, 50]
    assert [len(page["events"]) for page in pages] == [50, 100, 50]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("limit", value) for value in ("0", "-1", "101", "x", "1.5", "١", " 1", "9" * 5_000)],
        *[("offset", value) for value in ("-1", "x", "100001")],
        *[("passed", value) for value in ("True", "1", "yes")],
        *[(name, value) for name in ("from", "to") for value in ("x", "2026-02-30", "0")],
        ("agent_id", "x" * 201),
    ],
)
def test_a_bad_parameter_is_named(filled: Client, name: str, value: str) -> None:
    status, answer = filled.get("/v1/events", {name: value})
    assert (status, answer["code"], answer["status"]) == (400, "validation_error", 400)
    assert answer["error"].startswith(f"{name} must ")


def test_a_row(client: Client) -> None:
    gate = {"name": "g", "passed": False, "latency_ms": 2.5, "reason": "why", "unknown": 1}
    sent = event("cut \ud83d", False, gates=[gate], timestamp="2026-05-07T16:22:10.123456+02:00", total_latency_ms=0.5)
    client.ingest(event("cut \ud83d"), sent)
    _, answer = client.get("/v1/events", {"agent_id": "cut \ud83d"})
    second, first = answer["events"][1], answer["events"][0]
    assert second.pop("id") != first.pop("id")
    assert second == {
        "evaluation_id": None,
        "agent_id": "cut \ud83d",
        "tool_name": None,
        "passed": False,
        "gates": [gate],
        "total_latency_ms": 0.5,
        "reputation_score": 444,  # 200 + 250 * 0.9775 + 0 + 0.6
        "created_at": "2026-05-07T14:22:10.123Z",
    }
    assert (first["created_at"], first["reputation_score"]) == ("2026-09-21T14:13:20.000Z", 644)


def test_a_rows_score_stays_what_it_was(client: Client) -> None:
    scores = []
    for passed in (True, True, False, True):
        answer = client.ingest(event(passed=passed, timestamp=f"2026-02-{len(scores) + 1:02}T00:00:00Z"))[1]
        scores.append(answer["reputation_updates"][0]["score"])
    rows = client.get("/v1/events")[1]["events"]
    assert [row["reputation_score"] for row in reversed(rows)] == scores


def test_a_payload_that_is_no_evaluation_any_more_is_the_stores_fault(
    filled: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = filled.reader.find
    for payload in (b"{", b"[]", b'{"agent_id":"a","passed":true}'):

        def find(query: Any, payload: bytes = payload) -> Any:
            found = page(query)
            broken = [msgspec.structs.replace(entry, payload=payload) for entry in found.entries]
            return msgspec.structs.replace(found, entries=broken)

        monkeypatch.setattr(filled.reader, "find", find)
        with pytest.raises(StoreUnreadable, match="affidavit verify"):
            filled.get("/v1/events")
