"""Every GET, with every parameter and every fault of a parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from affidavit.core.entry import Entry
from affidavit.core.instants import DAY
from affidavit.errors import StoreUnreadable
from tests.dialects.provenlog.conftest import NOON, Client


@pytest.fixture
def filled(client: Client) -> Client:
    """Six events of two agents, one a day; the last has no timestamp of its own."""
    events: list[dict[str, Any]] = [
        {"agent_id": "a", "action_type": "TOOL_CALL", "labels": {"env": "prod", "team": "x"}},
        {"agent_id": "b", "action_type": "LLM_CALL", "labels": {"env": "prod"}, "session_id": "s1"},
        {"agent_id": "a", "action_type": "LLM_CALL", "labels": {"env": "test"}, "session_id": "s1"},
        {"agent_id": "a", "labels": {"env": 1}},
        {"agent_id": "b", "action_type": "MY_OWN"},
    ]
    for day, event in enumerate(events, 1):
        assert client.post("/v1/events", {**event, "timestamp": f"2026-02-{day:02}T12:00:00Z", "n": day})[0] == 201
    assert client.post("/v1/events", {"agent_id": "c", "n": 6})[0] == 201
    return client


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"agent_id": "a"}, [4, 3, 1]),
        ({"agent_id": "nobody"}, []),
        ({"agent_id": ""}, [6, 5, 4, 3, 2, 1]),
        ({"action_type": "LLM_CALL"}, [3, 2]),
        ({"action_type": "CUSTOM"}, [6, 4]),
        ({"action_type": "MY_OWN"}, [5]),
        ({"session_id": "s1"}, [3, 2]),
        ({"label.env": "prod"}, [2, 1]),
        ({"label.env": "prod", "label.team": "x"}, [1]),
        ({"label.env": "1"}, [4]),
        ({"label.nope": "prod"}, []),
        ({"since": "2026-02-04T12:00:00Z"}, [6, 5, 4]),
        ({"until": "2026-02-02T12:00:00Z"}, [2, 1]),
        ({"since": "2026-02-02", "until": "2026-02-04"}, [3, 2]),
        ({"since": "2026-02-02T13:00:00+01:00", "until": "2026-02-02T13:00:00 01:00"}, [2]),
        ({"agent_id": "a", "action_type": "LLM_CALL", "label.env": "test", "since": "2026-02-03"}, [3]),
        ({"limit": "2"}, [6, 5]),
        ({"limit": "2", "offset": "2"}, [4, 3]),
        ({"offset": "6"}, []),
        ({"limit": "1000", "offset": "0005"}, [1]),
        ({"unknown": "x", "limit": "", "offset": "", "since": "", "until": ""}, [6, 5, 4, 3, 2, 1]),
    ],
)
def test_events_are_filtered_newest_first(filled: Client, query: dict[str, str], expected: list[int]) -> None:
    status, events = filled.get("/v1/events", query)
    assert status == 200
    assert [event["n"] for event in events] == expected


def test_a_page_holds_a_hundred_unless_told(client: Client) -> None:
    client.post("/v1/batch", [{"agent_id": "a"}] * 1_100)
    assert [len(client.get("/v1/events", query)[1]) for query in ({}, {"limit": "1000"})] == [100, 1_000]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("limit", value) for value in ("0", "-1", "1001", "abc", "1.5", "١", "1e2", " 1", "9" * 5_000)],
        *[("offset", value) for value in ("-1", "x", "9" * 5_000, "9007199254740992")],
        *[(name, value) for name in ("since", "until") for value in ("x", "2026-02-30", "2026-02-01T00:00:00", "0")],
    ],
)
def test_a_bad_parameter_is_named(filled: Client, name: str, value: str) -> None:
    status, answer = filled.get("/v1/events", {name: value})
    assert status == 400
    assert answer["error"].startswith(f"{name} must be ")


@pytest.mark.parametrize("identity", ["x", "0190163d-8694-739b-aea5-966c26f8ad91", "0" * 32, "%00"])
def test_an_unknown_id_is_404(filled: Client, identity: str) -> None:
    status, answer = filled.get(f"/v1/events/{identity}")
    assert status == 404
    assert set(answer) == {"error"}


def test_another_workspace_sees_nothing(filled: Client, tenant: Callable[[str], Client]) -> None:
    stranger = tenant("stranger")
    known = filled.get("/v1/events")[1][0]["id"]
    assert stranger.get(f"/v1/events/{known}")[0] == 404
    assert stranger.get("/v1/events") == (200, [])
    assert stranger.get("/v1/agents") == (200, [])
    assert stranger.get("/v1/verify", {"agent_id": "a"})[1]["events_verified"] == 0
    assert stranger.get("/v1/stats")[1]["total_events"] == 0


def test_a_chain_verifies(filled: Client) -> None:
    answer = {"valid": True, "agent_id": "a", "events_verified": 3}
    assert filled.get("/v1/verify", {"agent_id": "a"}) == (200, answer)


def test_an_agent_without_events_is_valid(filled: Client) -> None:
    answer = {"valid": True, "agent_id": "nobody", "events_verified": 0}
    assert filled.get("/v1/verify", {"agent_id": "nobody"}) == (200, answer)


@pytest.mark.parametrize("query", [{}, {"agent_id": ""}])
def test_verify_needs_an_agent(filled: Client, query: dict[str, str]) -> None:
    assert filled.get("/v1/verify", query) == (400, {"error": "agent_id is required"})


def tamper(client: Client, monkeypatch: pytest.MonkeyPatch, which: int, **changes: Any) -> None:
    """From now on the store gives that entry of each chain out changed."""
    read = client.store.scan_chain

    def scan_chain(chain: bytes, after_seq: int, limit: int) -> list[Entry]:
        return [
            msgspec.structs.replace(entry, **changes) if entry.seq == which else entry
            for entry in read(chain, after_seq, limit)
        ]

    monkeypatch.setattr(client.store, "scan_chain", scan_chain)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"payload": b'{"agent_id":"a"}'}, "hash mismatch at sequence 2"),
        ({"by": "somebody"}, "hash mismatch at sequence 2"),
        ({"hash": b"x" * 32}, "hash mismatch at sequence 2"),
        ({"seq": 7}, "hash mismatch at sequence 2"),
    ],
)
def test_a_changed_event_is_found(
    filled: Client, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], error: str
) -> None:
    assert filled.get("/v1/verify", {"agent_id": "a"})[1]["valid"]
    tamper(filled, monkeypatch, 2, **changes)
    assert filled.get("/v1/verify", {"agent_id": "a"}) == (200, {"valid": False, "agent_id": "a", "error": error})


def test_agents_are_listed_with_their_chains(filled: Client) -> None:
    received = "2026-09-21T14:13:20.000000Z"
    agents = [
        {"agent_id": agent, "event_count": count, "last_activity": received, "chain_valid": True}
        for agent, count in (("a", 3), ("b", 2), ("c", 1))
    ]
    assert filled.get("/v1/agents") == (200, agents)


def test_a_broken_chain_shows_in_agents_and_stats(filled: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    tamper(filled, monkeypatch, 3, payload=b"{}")
    assert [agent["chain_valid"] for agent in filled.get("/v1/agents")[1]] == [False, True, True]
    assert filled.get("/v1/stats")[1]["chain_health"] == pytest.approx(2 / 3)


def test_stats_of_an_empty_ledger(client: Client) -> None:
    stats = {"total_events": 0, "events_last_24h": 0, "active_agents": 0, "chain_health": 1.0}
    assert client.get("/v1/stats") == (200, stats)


def test_stats_look_back_a_day_from_now(filled: Client) -> None:
    stats = {"total_events": 6, "events_last_24h": 1, "active_agents": 3, "chain_health": 1.0}
    assert filled.get("/v1/stats") == (200, stats)
    filled.now = NOON + DAY + 1
    assert filled.get("/v1/stats") == (200, {**stats, "events_last_24h": 0, "active_agents": 0})
    filled.post("/v1/events", {"agent_id": "b"})
    assert filled.get("/v1/stats") == (200, {**stats, "total_events": 7, "events_last_24h": 1, "active_agents": 1})


def test_a_payload_that_is_no_event_any_more_is_the_stores_fault(
    filled: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = filled.store.scan(0, 1)
    for payload in (b"{", b"[]", b'{"agent_id":"a","labels":7}', b' {"agent_id":"a"}', b'{"x":1,"agent_id":"a"}'):
        broken = msgspec.structs.replace(entry, payload=payload)
        monkeypatch.setattr(filled.store, "entry", lambda _, broken=broken: broken)
        with pytest.raises(StoreUnreadable, match="affidavit verify"):
            filled.get("/v1/events/0190163d-8694-739b-aea5-966c26f8ad91")


def test_a_query_takes_so_many_labels_and_no_more(client: Client) -> None:
    labels = {f"k{number}": f"v{number}" for number in range(11)}
    client.post("/v1/events", {"agent_id": "a", "labels": labels})
    ten = {f"label.{key}": value for key, value in list(labels.items())[:10]}
    status, found = client.get("/v1/events", ten)
    assert (status, len(found)) == (200, 1)
    status, body = client.get("/v1/events", {**ten, "label.k10": "v10"})
    assert (status, body["error"]) == (400, "a query takes at most 10 labels, this one has 11")
