"""Scores with their reasons, for each dialect that knows the agent."""

from __future__ import annotations

import pytest

from .conftest import ONE, TWO, Client, draft


def test_a_score_with_its_reasons(client: Client) -> None:
    client.record(draft("other"), draft("a"), draft("a"))
    (last,) = client.record(draft("a"))
    (shown,) = client.get("scores", agent="a")["scores"]
    assert shown.pop("values")["status"] == "provisional"
    assert shown == {
        "dialect": ONE,
        "agent": "a",
        "algorithm": "beta/1",
        "entries": 3,
        "first": 1,
        "last": 3,
        "head": last.hash.hex(),
        "computed_at": "2026-09-21T14:13:20.000000Z",
    }


def test_one_for_each_dialect_that_knows_the_agent(clients: tuple[Client, Client]) -> None:
    client, other = clients
    client.record(draft("a"))
    client.record(draft("a"), draft("b"), dialect=TWO)
    assert [score["dialect"] for score in client.get("scores", agent="a")["scores"]] == [ONE, TWO]
    assert [score["dialect"] for score in client.get("scores", agent="b")["scores"]] == [TWO]
    assert [score["dialect"] for score in client.get("scores", agent="a", dialect=TWO)["scores"]] == [TWO]
    assert client.get("scores", agent="nobody") == other.get("scores", agent="a") == {"scores": []}


def test_the_score_of_nothing(client: Client) -> None:
    (shown,) = client.get("scores", agent="nobody", dialect=ONE)["scores"]
    assert (shown["values"]["status"], shown["entries"]) == ("unknown", 0)
    assert shown["first"] is shown["last"] is shown["head"] is None


def test_another_algorithm(client: Client) -> None:
    client.record(draft("a"))
    (shown,) = client.get("scores", agent="a", algorithm="pecta/1")["scores"]
    assert (shown["algorithm"], shown["values"]["evaluations"]) == ("pecta/1", 1)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "agent is required"),
        ({"agent": ""}, "agent is required"),
        ({"agent": "a", "dialect": "three"}, "dialect must be one of one, two"),
        ({"agent": "a", "algorithm": "beta/0"}, "algorithm must be one of pecta/1, beta/1"),
    ],
)
def test_bad_parameters(client: Client, query: dict[str, str], words: str) -> None:
    assert client.refused("scores", **query) == (400, words)
