"""GET /api/events with its parameters, GET /api/events/:id, GET /api/health."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit import __version__
from affidavit.core import canonical
from affidavit.core.ids import ulid_text, uuid_text
from affidavit.dialects.agentlens import DIALECT
from affidavit.model.query import Query

from .examples import Ledger, ask, decode_events, entries_of, event, refusal

NOON = 1_770_552_000_000_000  # 2026-02-08T12:00:00Z


def query(**parameters: str) -> Query:
    """What the ledger is asked for."""
    ledger = Ledger()
    ask(ledger, "/api/events", {name.rstrip("_"): value for name, value in parameters.items()})
    assert ledger.asked is not None
    return ledger.asked


def test_without_parameters() -> None:
    assert query() == Query("agentlens", limit=50, offset=0, ascending=False)


@pytest.mark.parametrize(
    ("sent", "limit"),
    [
        ("", 50), ("0", 50), ("abc", 50), ("-1", 1), ("501", 500), ("500", 500), ("2", 2), ("7x", 7), (" 8", 8),
        ("+9", 9), ("1e3", 1), ("0x10", 50), ("2.9", 2), ("9" * 5000, 500), ("-" + "9" * 5000, 1), ("٣", 50),
    ],
)  # fmt: skip
def test_limit(sent: str, limit: int) -> None:
    assert query(limit=sent).limit == limit


@pytest.mark.parametrize(("sent", "offset"), [("", 0), ("5", 5), ("-5", 0), ("abc", 0), ("3x", 3), ("9" * 5000, 2**53)])
def test_offset(sent: str, offset: int) -> None:
    assert query(offset=sent).offset == offset


@pytest.mark.parametrize(("sent", "ascending"), [("asc", True), ("desc", False), ("ASC", False), ("x", False)])
def test_order(sent: str, ascending: bool) -> None:
    assert query(order=sent).ascending is ascending


def test_filters() -> None:
    asked = query(sessionId="s\ud83d", agentId="a", eventType="tool_call,nope,tool_error,tool_call", severity="error")
    assert (asked.session, asked.agent) == ("s\\ud83d", "a")
    assert (asked.types, asked.severities) == (("tool_call", "tool_error"), ("error",))
    assert query(search="100%_Done").text == "100%_Done"
    assert query(search="", sessionId="", agentId="", eventType="", severity="", from_="", to="") == query()


@pytest.mark.parametrize(
    ("sent", "micros"),
    [
        ("2026-02-08T12:00:00Z", NOON), ("2026-02-08T12:00:00", NOON), ("2026-02-08T12:00", NOON),
        ("2026-02-08T14:00:00+02:00", NOON), ("2026-02-08T14:00:00 02:00", NOON), ("2026-02-08", NOON - 43_200_000_000),
        ("0000-01-01", -62_167_219_200_000_000),
    ],
)  # fmt: skip
def test_from_and_to(sent: str, micros: int) -> None:
    assert (query(from_=sent).since, query(to=sent).until) == (micros, micros)


@pytest.mark.parametrize("parameters", [{"from": "garbage"}, {"eventType": "nope"}, {"severity": "nope,"}])
def test_what_nothing_can_match_is_an_empty_list(parameters: dict[str, str]) -> None:
    ledger = Ledger(entries_of(decode_events(event())))
    answer = ask(ledger, "/api/events", parameters)
    assert (answer.status, answer.body) == (200, b'{"events":[],"total":0,"hasMore":false}')
    assert ledger.asked is None


def test_an_unreadable_end_is_no_end() -> None:
    assert query(to="garbage").until is None


@pytest.mark.parametrize(
    ("offset", "total", "more"), [("", 3, True), ("", 2, False), ("1", 3, False), ("1", 4, True), ("9", 2, False)]
)
def test_has_more(offset: str, total: int, more: bool) -> None:
    ledger = Ledger(entries_of(decode_events(event(), event())), total)
    page = json.loads(ask(ledger, "/api/events", {"offset": offset}).body)
    assert (len(page["events"]), page["total"], page["hasMore"]) == (2, total, more)


def test_an_event_is_shown_as_the_vendor_shows_it() -> None:
    first, second = entries_of(decode_events(event(foo=1, id="mine", hash="h", prevHash="p"), event(timestamp="")))
    shown = json.loads(ask(Ledger([first]), "/api/events/{id}", id=ulid_text(first.id)).body)
    assert list(shown) == [
        "id", "timestamp", "sessionId", "agentId", "eventType", "severity", "payload", "metadata", "prevHash", "hash",
        "tenantId",
    ]  # fmt: skip
    assert shown == {
        "id": ulid_text(first.id), "timestamp": "2026-09-21T14:13:20.123Z", "sessionId": "s1", "agentId": "a1",
        "eventType": "tool_call", "severity": "info", "payload": event()["payload"], "metadata": {}, "prevHash": None,
        "hash": first.hash.hex(), "tenantId": "team-a",
    }  # fmt: skip
    shown = json.loads(ask(Ledger([second]), "/api/events/{id}", id=uuid_text(second.id)).body)
    assert (shown["prevHash"], shown["timestamp"]) == (second.prev.hex(), "2026-09-21T14:13:20.123Z")


def test_what_was_sent_is_shown_and_not_the_default() -> None:
    sent = event(timestamp="2026-02-08T12:00+02:00", severity="critical", metadata={"k": [1]})
    (shown,) = json.loads(ask(Ledger(entries_of(decode_events(sent))), "/api/events").body)["events"]
    assert {name: shown[name] for name in sent} == sent


def test_numbers_and_surrogates_read_back_as_they_were_sent() -> None:
    data = b'{"a":1.0,"b":-0.0,"c":1e21,"d":12345678901234567890,"e":"\\ud83d","\xf0\x9f\x98\x80":1}'
    body = (
        b'{"sessionId":"s1","agentId":"a1","eventType":"custom","payload":{"type":"t","data":' + data
        + b'},"timestamp":"2026-02-08T10:00:00Z"}'
    )  # fmt: skip
    entries = entries_of(decode_events(canonical.parse(body)))
    answer = ask(Ledger(entries), "/api/events").body
    assert json.loads(answer)["events"][0]["payload"]["data"] == json.loads(data)
    assert b'"d":12345678901234567890' in answer
    assert b'"e":"\\ud83d"' in answer


def test_a_page_may_nest_as_deep_as_an_event_may() -> None:
    depth = 128 - 3
    nested: Any = "\ud83d"
    for _ in range(depth):
        nested = [nested]
    entries = entries_of(decode_events(event("custom", {"type": "t", "data": {"x": nested}})))
    assert json.loads(ask(Ledger(entries), "/api/events").body)["events"][0]["payload"]["data"]["x"] == nested


@pytest.mark.parametrize("identity", ["01HXYZNOTHERE", "", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "00000000000000000000000009"])
def test_an_unknown_event(identity: str) -> None:
    ledger = Ledger(entries_of(decode_events(event())))
    assert refusal(lambda: ask(ledger, "/api/events/{id}", id=identity)) == (
        404,
        {"error": "Event not found", "status": 404},
    )


def test_health() -> None:
    ledger = Ledger()
    answer = ask(ledger, "/api/health")
    body = {"status": "ok", "version": __version__, "db": {"ok": True, "latencyMs": 2}}
    assert (answer.status, json.loads(answer.body)) == (200, body)
    ledger.broken = True
    answer = ask(ledger, "/api/health")
    body = {"status": "degraded", "version": __version__, "db": {"ok": False, "latencyMs": 0}}
    assert (answer.status, json.loads(answer.body)) == (503, body)


def test_what_the_server_says_of_itself_asks_for_no_key() -> None:
    assert [read.path for read in DIALECT.reads if read.scope is None] == [
        "/api/health", "/api/server-info", "/api/version",
    ]  # fmt: skip
