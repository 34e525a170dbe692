"""Pages of large events: ProvenLog's have no cursor, so one is given whole or refused."""

from __future__ import annotations

from tests.dialects.provenlog.conftest import Client

COUNT = 36


def test_a_page_that_is_too_large_is_refused_in_words_that_help(client: Client) -> None:
    for _ in range(COUNT):
        assert client.post("/v1/events", {"agent_id": "a", "reasoning": "x" * 1_000_000})[0] == 201
    status, body = client.get("/v1/events", {"limit": "1000"})
    assert status == 400
    assert "ask for fewer at once, with a smaller limit" in body["error"]
    pages = [client.get("/v1/events", {"limit": "12", "offset": str(offset)}) for offset in (0, 12, 24)]
    assert [event["sequence"] for _, page in pages for event in page] == list(range(COUNT, 0, -1))
