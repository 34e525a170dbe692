"""Entries: one by one, filtered, and in pages while others arrive."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from affidavit.core.entry import Entry, entry_hash, payload_commitment
from affidavit.core.ids import ulid_text, uuid_text
from affidavit.errors import StoreUnreadable

from .conftest import NOON, ONE, TWO, Client, draft

SECOND = 1_000_000


def _ids(listed: list[Any]) -> list[str]:
    return [entry["id"] for entry in listed]


def _by_time(entries: list[Entry], *, ascending: bool = False) -> list[str]:
    ordered = sorted(entries, key=lambda entry: (entry.time, entry.position), reverse=not ascending)
    return [uuid_text(entry.id) for entry in ordered]


def test_an_entry_can_be_hashed_again(client: Client) -> None:
    first, second = client.record(draft(kind="a", number=1e300), draft(kind="b", text="ü\ud83d", time=NOON - 1))
    shown = client.get(f"entries/{second.position}")
    assert shown == {
        "id": uuid_text(second.id),
        "ulid": ulid_text(second.id),
        "position": 1,
        "dialect": ONE,
        "chain": second.chain.hex(),
        "seq": 2,
        "at": "2026-09-21T14:13:20.000000Z",
        "by": "key_1",
        "header": second.header.decode(),
        "hash": second.hash.hex(),
        "prev": first.hash.hex(),
        "salt": second.salt.hex(),
        "commitment": second.commitment.hex(),
        "projections": {
            "agent": "a", "session": "s", "type": "b", "severity": "info", "time": "2026-09-21T14:13:19.999999Z"
        },
        "payload": {"agent": "a", "kind": "b", "text": "ü\ud83d"},
    }  # fmt: skip
    assert entry_hash(shown["header"].encode()).hex() == shown["hash"]
    raw = client.ask(f"entries/{second.position}").body.partition(b'"payload":')[2][:-1]
    assert payload_commitment(bytes.fromhex(shown["salt"]), raw).hex() == shown["commitment"]
    assert json.loads(shown["header"])["payload"] == shown["commitment"]


def test_an_entry_by_all_its_names(client: Client) -> None:
    (entry,) = client.record(draft())
    names = uuid_text(entry.id), uuid_text(entry.id).upper(), ulid_text(entry.id), ulid_text(entry.id).lower(), "0"
    assert len({client.ask(f"entries/{name}").body for name in names}) == 1


@pytest.mark.parametrize("name", ["1", "9" * 18, "9" * 40, "-1", "x", "0" * 26, uuid_text(bytes(16)), "٣"])
def test_no_such_entry(client: Client, name: str) -> None:
    client.record(draft())
    assert client.refused(f"entries/{name}")[0] == 404


def test_another_workspace_sees_nothing(clients: tuple[Client, Client]) -> None:
    alice, bob = clients
    (entry,) = alice.record(draft())
    for name in ("0", uuid_text(entry.id), ulid_text(entry.id)):
        assert bob.refused(f"entries/{name}")[0] == 404
    assert bob.get("entries") == {"entries": [], "next": None}


def test_filters(client: Client) -> None:
    first = client.record(
        draft("a", "s", "x", time=NOON - 2 * SECOND),
        draft("b", None, "y", severity="error", needle="Hay Needle", time=NOON - SECOND),
    )
    second = client.record(draft("a", "t", "y", severity=None), dialect=TWO)
    for query, found in (
        ({}, [*first, *second]),
        ({"dialect": ""}, [*first, *second]),
        ({"dialect": TWO}, second),
        ({"agent": "a"}, [first[0], *second]),
        ({"agent": "a", "dialect": ONE}, [first[0]]),
        ({"session": "t"}, second),
        ({"type": "y"}, [first[1], *second]),
        ({"severity": "error"}, [first[1]]),
        ({"text": "hay NEEDLE"}, [first[1]]),
        ({"since": "2026-09-21T14:13:19Z"}, [first[1], *second]),
        ({"until": "2026-09-21T14:13:19"}, first),
        ({"since": "2026-09-21T16:13:18 02:00", "until": "2026-09-21T14:13:18Z"}, [first[0]]),
        ({"until": "2026-09-21"}, []),
        ({"agent": "nobody"}, []),
        ({"unheard": "of"}, [*first, *second]),
    ):
        assert _ids(client.get("entries", **query)["entries"]) == _by_time(found), query
    assert _ids(client.get("entries", order="asc")["entries"]) == _by_time([*first, *second], ascending=True)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"dialect": "three"}, "dialect must be one of one, two"),
        ({"order": "up"}, "order must be asc or desc"),
        ({"limit": "0"}, "limit must be a whole number from 1 to 200"),
        ({"limit": "201"}, "limit must be a whole number from 1 to 200"),
        ({"since": "yesterday"}, "since must be an ISO 8601 instant, like 2026-05-07T14:22:10Z, or a date"),
        ({"until": "2026-02-30"}, "until must be an ISO 8601 instant, like 2026-05-07T14:22:10Z, or a date"),
        ({"cursor": "x"}, "cursor must be the next of a page before, as it was given"),
        ({"cursor": "é" * 22}, "cursor must be the next of a page before, as it was given"),
    ],
)
def test_bad_parameters(client: Client, query: dict[str, str], words: str) -> None:
    assert client.refused("entries", **query) == (400, words)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    before=st.lists(st.tuples(st.sampled_from((ONE, TWO)), st.integers(-5, 5)), max_size=30),
    between=st.lists(st.tuples(st.sampled_from((ONE, TWO)), st.integers(-5, 5)), max_size=30),
    limit=st.integers(1, 7),
    order=st.sampled_from(("asc", "desc")),
)
def test_a_walk_misses_and_doubles_nothing_while_entries_arrive(
    client: Client, before: list[tuple[str, int]], between: list[tuple[str, int]], limit: int, order: str
) -> None:
    session = sha256(repr((before, between, limit, order, client.store.size())).encode()).hexdigest()

    def record(dialect: str, offset: int) -> str:
        return uuid_text(client.record(draft(session=session, time=NOON + offset), dialect=dialect)[0].id)

    there = [record(*one) for one in before]
    arriving = iter(between)
    seen: list[str] = []
    query: dict[str, Any] = {"session": session, "limit": limit, "order": order}
    while True:
        body = client.get("entries", **query)
        assert len(body["entries"]) <= limit
        seen += _ids(body["entries"])
        if body["next"] is None:
            break
        query["cursor"] = body["next"]
        for one, _ in zip(arriving, range(3), strict=False):
            record(*one)
    assert len(seen) == len(set(seen))
    assert [identity for identity in seen if identity in there] == sorted(there, key=seen.index)


def test_an_erased_entry_says_so_and_a_changed_one_is_told(client: Client) -> None:
    (entry,) = client.record(draft())
    store = client.store
    store._entries[0] = store._by_id[entry.id] = replace(entry, salt=b"", payload=b"")
    shown = client.get("entries/0")
    assert (shown["erased"], shown["payload"], shown["salt"]) == (True, None, None)
    for payload in (b"", b'{"a": 1}', b"{"):
        store._entries[0] = store._by_id[entry.id] = replace(entry, payload=payload)
        with pytest.raises(StoreUnreadable, match="was changed"):
            client.ask("entries/0")
