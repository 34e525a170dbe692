"""GET /api/v1/sessions: what the ledger knows of each session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from affidavit.core.ids import uuid_text

from .conftest import NOON, SESSION, Ledger, paged, plugged

META = {"requestId": f"req_{NOON:x}", "timestamp": "2026-09-21T14:13:20.000Z"}


def at(minute: int, session: str = "s1", **more: Any) -> dict[str, Any]:
    """An event of the plugin some minutes into a day."""
    return plugged(session_id=session, ts=f"2026-01-01T00:{minute:02}:00Z", **more)


def names(ledger: Ledger, **query: str) -> list[str]:
    """The sessions of a page."""
    status, body = ledger.get("/sessions", query)
    assert status == 200
    return [session["session_id"] for session in body["data"]["sessions"]]


def test_a_session_is_summed_up(ledger: Ledger) -> None:
    ledger.by = "key_2"
    ledger.send(at(5, event="tool_use"), at(9, event="session_end"))
    ledger.by = "key_1"
    ledger.send(at(3, event="tool_result"), at(4, event="prompt_submit"), at(3, "other"))
    chain = ledger.store.scan(0, 1)[0].chain
    status, body = ledger.get("/sessions", {"limit": "1"})
    assert status == 200
    assert body == {
        "data": {
            "sessions": [
                {
                    "id": uuid_text(chain),
                    "session_id": "s1",
                    "user_id": "team-a",
                    "started_at": "2026-01-01T00:03:00.000Z",
                    "ended_at": "2026-01-01T00:09:00.000Z",
                    "duration_ms": 360_000,
                    "event_count": 4,
                    "tool_count": 2,
                    "api_key_id": "key_1",
                }
            ],
            "pagination": {"total": 2, "limit": 1, "offset": 0, "hasMore": True},
        },
        "meta": META,
    }


def test_a_session_needs_no_start_and_both_forms_meet_in_it(ledger: Ledger) -> None:
    ledger.send(paged(event_type="tool_result"))
    ledger.send(plugged(session_id=SESSION, ts="2026-01-01T00:00:00.0019Z"))
    (session,) = ledger.get("/sessions")[1]["data"]["sessions"]
    assert (session["session_id"], session["event_count"], session["duration_ms"]) == (SESSION, 2, 1)


def test_a_session_of_one_moment_has_no_duration(ledger: Ledger) -> None:
    ledger.send(plugged(ts="2026-01-01T00:00:00.0001Z"), plugged(ts="2026-01-01T00:00:00.0009Z"))
    (session,) = ledger.get("/sessions")[1]["data"]["sessions"]
    assert session["duration_ms"] is None
    assert session["started_at"] == session["ended_at"]


def test_the_last_begun_is_first(ledger: Ledger) -> None:
    ledger.send(at(2, "b"), at(1, "a"), at(2, "c"), at(9, "a"))
    assert names(ledger) == ["c", "b", "a"]


def test_pages(ledger: Ledger) -> None:
    ledger.send(*[at(minute, f"s{minute}") for minute in range(5)])
    assert names(ledger, limit="2") == ["s4", "s3"]
    assert names(ledger, limit="2", offset="4") == ["s0"]
    assert names(ledger, limit="2", offset="9") == []
    pages = [ledger.get("/sessions", {"limit": "2", "offset": offset})[1]["data"] for offset in ("0", "2", "3", "4")]
    assert [page["pagination"]["hasMore"] for page in pages] == [True, True, False, False]
    assert {page["pagination"]["total"] for page in pages} == {5}


def test_limits(ledger: Ledger) -> None:
    ledger.send(*[at(0, f"s{number}") for number in range(201)])
    for query, limit in (({}, 50), ({"limit": ""}, 50), ({"limit": "007"}, 7), ({"limit": "500"}, 200)):
        data = ledger.get("/sessions", query)[1]["data"]
        assert (data["pagination"]["limit"], len(data["sessions"]), data["pagination"]["total"]) == (limit, limit, 201)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"from": "2026-01-01T00:02:00Z"}, ["s3", "s2"]),
        ({"to": "2026-01-01T00:02:00Z"}, ["s2", "s1"]),
        ({"from": "2026-01-01T00:02:00", "to": "2026-01-01T00:02:00"}, ["s2"]),
        ({"from": "2026-01-01T02:02:00+02:00"}, ["s3", "s2"]),
        ({"from": "2026-01-01T02:02:00 02:00"}, ["s3", "s2"]),
        ({"from": "2026-01-01", "to": "2026-01-02"}, ["s3", "s2", "s1"]),
        ({"to": "2026-01-01"}, []),
        ({"from": "2026-01-02"}, []),
        ({"from": "", "to": ""}, ["s3", "s2", "s1"]),
        ({"from": "2026-01-02", "to": "2026-01-01"}, []),
    ],
)
def test_from_and_to_bound_the_begin(ledger: Ledger, query: dict[str, str], expected: list[str]) -> None:
    ledger.send(at(1, "s1"), at(2, "s2"), at(3, "s3"), at(30, "s1"))
    assert names(ledger, **query) == expected
    for session in ledger.get("/sessions", query)[1]["data"]["sessions"]:
        assert session["event_count"] == (2 if session["session_id"] == "s1" else 1)


@pytest.mark.parametrize("name", ["limit", "offset", "from", "to"])
@pytest.mark.parametrize("value", ["x", "-1", "1.5", "²", "9" * 40, "2026-02-30"])
def test_what_cannot_be_read_is_named(ledger: Ledger, name: str, value: str) -> None:
    status, body = ledger.get("/sessions", {name: value})
    assert (status, body["error"]["code"]) == (400, "BAD_REQUEST")
    assert body["error"]["message"].startswith(f"{name} must be ")


def test_no_sessions(ledger: Ledger) -> None:
    assert ledger.get("/sessions", {"unknown": "x"}) == (
        200,
        {
            "data": {"sessions": [], "pagination": {"total": 0, "limit": 50, "offset": 0, "hasMore": False}},
            "meta": META,
        },
    )


def test_the_requests_id_is_the_one_that_was_sent(ledger: Ledger) -> None:
    _, body = ledger.get("/sessions", {}, **{"x-request-id": "mine-1"})
    assert body["meta"]["requestId"] == "mine-1"


def test_workspaces_see_nothing_of_each_other(tenant: Callable[[str], Ledger]) -> None:
    ours, theirs = tenant("ours"), tenant("theirs")
    ours.send(at(0), at(1))
    theirs.send(at(2, event="tool_result", data={"tool_name": "Bash"}))
    (session,) = ours.get("/sessions")[1]["data"]["sessions"]
    assert (session["event_count"], session["user_id"]) == (2, "ours")
    days = {"from": "2026-01-01", "to": "2026-01-01"}
    assert ours.get("/analytics/overview", days)[1]["data"]["total_events"] == 2
    assert ours.get("/analytics/tools", days)[1]["data"] == []
