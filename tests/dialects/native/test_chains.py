"""Chains with their heads, in pages by dialect and chain key."""

from __future__ import annotations

import pytest

from .conftest import ONE, TWO, Client, draft


def test_a_chain(client: Client) -> None:
    entries = client.record(draft("a"), draft("a"), draft("b"))
    shown = client.get(f"chains/{entries[0].chain.hex()}")
    assert shown == {
        "id": entries[0].chain.hex(),
        "dialect": ONE,
        "key": "a",
        "head": {"seq": 2, "hash": entries[1].hash.hex(), "at": "2026-09-21T14:13:20.000000Z"},
    }
    assert client.get(f"chains/{entries[0].chain.hex().upper()}") == shown
    assert client.get("chains")["chains"][0] == shown


@pytest.mark.parametrize("name", ["0" * 32, "x" * 32, "0" * 31, "é"])
def test_no_such_chain(client: Client, name: str) -> None:
    assert client.refused(f"chains/{name}")[0] == 404


def test_another_workspace_sees_nothing(clients: tuple[Client, Client]) -> None:
    alice, bob = clients
    (entry,) = alice.record(draft())
    assert bob.refused(f"chains/{entry.chain.hex()}")[0] == 404
    assert bob.get("chains") == {"chains": [], "next": None}
    assert bob.refused("chains", cursor=entry.chain.hex())[0] == 400


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_pages(client: Client, limit: int) -> None:
    for dialect in (TWO, ONE):
        client.record(*(draft(name) for name in "cabd"), dialect=dialect)
    walked = [(chain["dialect"], chain["key"]) for chain in client.walk("chains", limit=limit)]
    assert walked == [(dialect, name) for dialect in (ONE, TWO) for name in "abcd"]
    assert [chain["key"] for chain in client.walk("chains", limit=limit, dialect=TWO)] == list("abcd")


def test_a_walk_goes_on_while_chains_appear(client: Client) -> None:
    client.record(*(draft(name) for name in "bdf"))
    first = client.get("chains", limit=2)
    client.record(*(draft(name) for name in "ace"))
    rest = client.get("chains", limit=9, cursor=first["next"])
    assert [chain["key"] for chain in first["chains"] + rest["chains"]] == ["b", "d", "e", "f"]


def test_a_cursor_of_another_dialect(client: Client) -> None:
    client.record(draft("a"), draft("b"))
    client.record(draft("a"), dialect=TWO)
    cursor = client.get("chains", dialect=ONE, limit=1)["next"]
    assert [chain["dialect"] for chain in client.get("chains", dialect=TWO, cursor=cursor)["chains"]] == [TWO]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"dialect": "three"}, "dialect must be one of one, two"),
        ({"limit": "1001"}, "limit must be a whole number from 1 to 1000"),
        ({"cursor": "0" * 32}, "cursor must be the next of a page before, as it was given"),
        ({"cursor": "x"}, "cursor must be the next of a page before, as it was given"),
    ],
)
def test_bad_parameters(client: Client, query: dict[str, str], words: str) -> None:
    assert client.refused("chains", **query) == (400, words)
