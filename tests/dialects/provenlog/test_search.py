"""GET /v1/search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.dialects.provenlog.conftest import Client
from tests.dialects.provenlog.page import EVENT


@pytest.fixture
def filled(client: Client) -> Client:
    """The page's event and four more, one a day."""
    client.post("/v1/events", EVENT)
    events: list[dict[str, Any]] = [
        {"agent_id": "a", "action_name": "Deploy", "action_output": {"log": ["50% done", 'say "hi"']}},
        {"agent_id": "b", "action_type": "TOOL_CALL", "metadata": {"note": "größer 日本語 \ud83d\ude00"}},
        {"agent_id": "deployer", "error_message": "timeout_1", "labels": {"env": "prod"}},
        {"agent_id": "a", "action_input": "deploy later"},
    ]
    for day, event in enumerate(events, 18):
        assert client.post("/v1/events", {**event, "timestamp": f"2026-02-{day}T12:00:00Z"})[0] == 201
    return client


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"q": "deploy"}, [21, 20, 18]),
        ({"q": "DEPLOY"}, [21, 20, 18]),
        ({"q": "deploy later"}, [21]),
        ({"q": "revenue Q4"}, [17]),
        ({"q": "action_output"}, [18, 17]),
        ({"q": "50% done"}, [18]),
        ({"q": 'say "hi"'}, [18]),
        ({"q": "größer"}, [19]),
        ({"q": "日本"}, [19]),
        ({"q": "😀"}, [19]),
        ({"q": "timeout_1"}, [20]),
        ({"q": "timeout%"}, []),
        ({"q": "timeoutX1"}, []),
        ({"q": "nowhere"}, []),
        ({"q": "validation_warnings"}, []),
        ({"q": "a", "limit": "2"}, [21, 20]),
        ({"q": "a", "limit": "2", "offset": "3"}, [18, 17]),
        ({"q": "deploy", "offset": "9"}, []),
        ({"q": "deploy", "limit": "", "offset": ""}, [21, 20, 18]),
        ({"q": "deploy", "agent_id": "a"}, [21, 18]),
        ({"q": "o", "action_type": "TOOL_CALL"}, [19, 17]),
        ({"q": "deploy", "since": "2026-02-19", "until": "2026-02-21"}, [20]),
        ({"q": "deploy", "label.env": "prod"}, [20]),
    ],
)
def test_a_text_anywhere_in_what_was_sent(filled: Client, query: dict[str, str], days: list[int]) -> None:
    status, events = filled.get("/v1/search", query)
    assert status == 200
    assert [int(event["timestamp"][8:10]) for event in events] == days
    assert all(event == filled.get(f"/v1/events/{event['id']}")[1] for event in events)


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"query": "deploy"}])
def test_there_must_be_something_to_search_for(filled: Client, query: dict[str, str]) -> None:
    assert filled.get("/v1/search", query) == (400, {"error": "q is required: the text to search for"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "0"), ("limit", "1001"), ("limit", "x"), ("offset", "-1"), ("since", "yesterday"), ("until", "1")],
)
def test_a_bad_parameter_is_named(filled: Client, name: str, value: str) -> None:
    status, answer = filled.get("/v1/search", {"q": "deploy", name: value})
    assert status == 400
    assert answer["error"].startswith(f"{name} must be ")


def test_a_page_holds_a_hundred_unless_told(client: Client) -> None:
    client.post("/v1/batch", [{"agent_id": "a", "metadata": {"word": "needle"}}] * 101)
    assert len(client.get("/v1/search", {"q": "needle"})[1]) == 100
    assert len(client.get("/v1/search", {"q": "needle", "limit": "1000"})[1]) == 101


def test_workspaces_see_nothing_of_each_other(tenant: Callable[[str], Client]) -> None:
    ours, theirs = tenant("ours"), tenant("theirs")
    theirs.post("/v1/events", {"agent_id": "a", "metadata": {"word": "secret"}})
    assert ours.get("/v1/search", {"q": "secret"}) == (200, [])
